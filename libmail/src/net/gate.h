#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "mail/base/absl.h"
#include "mail/base/time.h"

namespace mail::net {

/// Counts connections, as a whole and by service and address, and says when there are enough. When
/// all places are taken, the oldest of those that have not proven who they are makes room: a flood
/// of strangers cannot keep out more than strangers.
///
/// Connections from this machine itself count only as a whole: a proxy or a webmail in front of us
/// is one address with many people behind it. Safe from any thread; outlives its tickets.
class Gate {
  struct Place;
  using Places = std::list<Place>;

 public:
  enum class Verdict { kAdmitted, kAdmittedForAnother, kTooMany, kTooManyFromAddress };

  /// Connections that may be there beyond the limit while others are on their way out.
  static constexpr std::size_t kOverlap = 64;

  /// A connection that was admitted; leaves when destroyed. A resource.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&&) = default;
    Ticket& operator=(Ticket&&) = default;
    ~Ticket();

    /// `shed` is called, by any thread, when this connection must make room. False: it must have
    /// already.
    bool on_shed(std::function<void()> shed);
    /// It will not be asked to make room any more.
    void establish();
    /// From now on it counts for another address. False: that one has as many as it may, and
    /// nothing changed.
    bool count_as(std::string_view service, std::string_view address);

   private:
    friend class Gate;
    struct Leave {
      Places::iterator place;
      void operator()(Gate* gate) const { gate->leave(place); }
    };
    std::unique_ptr<Gate, Leave> gate_;
  };

  /// 0 for `per_address`: no limit.
  Gate(std::size_t connections, std::size_t per_address)
      : connections_(connections), per_address_(per_address) {}

  void set_limits(std::size_t connections, std::size_t per_address);
  Verdict admit(std::string_view service, std::string_view address, Ticket& ticket);
  /// The oldest that has not proven who it is must go. False: there is none.
  bool shed_one();
  std::size_t count() const;
  /// False when somebody is still there after `timeout`.
  bool wait_until_empty(Duration timeout);

 private:
  struct Place {
    std::string key;  // empty: does not count by address
    std::function<void()> shed;
    bool is_established = false;
    bool must_go = false;
  };

  bool take_oldest(std::function<void()>& shed);
  void leave(Places::iterator place);
  bool is_full(const std::string& key) const;
  void forget(const std::string& key);

  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::size_t connections_;
  std::size_t per_address_;
  std::size_t leaving_ = 0;  // asked to make room and still there
  Places strangers_;         // in the order of their coming
  Places established_;
  StringMap<std::size_t> by_address_;
};

}  // namespace mail::net
