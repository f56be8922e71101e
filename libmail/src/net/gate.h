#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "mail/base/absl.h"
#include "mail/base/time.h"

namespace mail::net {

/// Counts connections, as a whole and by address, and says when there are enough. Connections from
/// this machine itself count only as a whole: a proxy or a webmail in front of us is one address
/// with many people behind it. Safe from any thread; outlives its tickets.
class Gate {
 public:
  enum class Verdict { kAdmitted, kTooMany, kTooManyFromAddress };

  /// A connection that was admitted; leaves when destroyed. A resource.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&&) = default;
    Ticket& operator=(Ticket&&) = default;
    ~Ticket();

   private:
    friend class Gate;
    struct Leave {
      std::string address;
      void operator()(Gate* gate) const { gate->leave(address); }
    };
    std::unique_ptr<Gate, Leave> gate_;
  };

  Gate(std::size_t connections, std::size_t per_address)
      : connections_(connections), per_address_(per_address) {}

  Verdict admit(std::string_view address, Ticket& ticket);
  std::size_t count() const;
  /// False when somebody is still there after `timeout`.
  bool wait_until_empty(Duration timeout);

 private:
  void leave(const std::string& address);

  const std::size_t connections_;
  const std::size_t per_address_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::size_t count_ = 0;
  StringMap<std::size_t> by_address_;
};

}  // namespace mail::net
