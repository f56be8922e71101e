// What the two ends of a simulated connection share.
#pragma once

#include <array>
#include <coroutine>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/network.h"

namespace mail::sim {

/// One connection. Kept alive by its two ends and by the events that carry its octets.
class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Scheduler& scheduler, Trace& trace, Dice dice, std::string name, const Weather& weather,
       std::shared_ptr<std::uint64_t> unclosed)
      : scheduler_(scheduler),
        trace_(trace),
        dice_(dice),
        name_(std::move(name)),
        weather_(weather),
        unclosed_(std::move(unclosed)) {}

  /// What there is to tell whoever waits at `side`; telling a wake or a stop uses it up.
  std::optional<Transport::Readiness> look(Side side, Transport::Interest interest,
                                           std::optional<TimePoint> deadline);
  /// Whether `look` would tell anything.
  bool has_something(Side side, Transport::Interest interest,
                     std::optional<TimePoint> deadline) const;
  bool is_io_ready(Side side, Transport::Interest interest) const;
  void count_unclosed() { ++*unclosed_; }
  Transport::Moved read(Side side, std::span<char> to);
  Transport::Moved write(Side side, std::string_view bytes);
  void finish_writing(Side side);
  void close(Side side);
  void reset(Side side);
  void wake(Side side);
  void stop(Side side);
  /// The machine at `side` lost its power.
  void lose(Side side);

  /// A step of the TLS handshake. `take`: true when the next thing in the stream is one; false when
  /// nothing is there yet; an error when anything else is.
  void put_handshake(Side side);
  StatusOr<bool> take_handshake(Side side);

  bool is_closed(Side side) const { return end(side).closed; }
  bool has_failed(Side side) const { return end(side).failed; }
  Scheduler& scheduler() { return scheduler_; }
  /// A readiness seen without sleeping is handed out at once only sometimes.
  bool answers_at_once() { return dice_.percent(50) && scheduler_.spend(); }
  Duration jitter() { return dice_.between(Duration(0), Duration(20)); }
  void note(Side side, std::string_view what) { trace_.add(label(side), what); }

  /// Whoever sleeps at `side`; at most one.
  void set_sleeper(Side side, std::function<void()> poke) { end(side).poke = std::move(poke); }

 private:
  struct Piece {
    bool is_handshake = false;
    std::string bytes;
  };
  struct End {
    // What arrived here.
    std::deque<Piece> arrived;
    bool end_arrived = false;
    TimePoint last_arrival{};
    // What was sent from here.
    std::uint64_t written = 0;
    std::size_t under_way = 0;  // octets not yet read by the other end
    bool finished_writing = false;

    bool closed = false;
    bool failed = false;
    bool woken = false;
    bool stopping = false;
    std::function<void()> poke;
  };

  static Side other(Side side) { return side == Side::kClient ? Side::kServer : Side::kClient; }
  End& end(Side side) { return ends_[static_cast<std::size_t>(side)]; }
  const End& end(Side side) const { return ends_[static_cast<std::size_t>(side)]; }
  std::string label(Side side) const;
  void poke(Side side);
  /// Delivers to the end opposite of `from`, in order.
  void send(Side from, std::function<void()> arrival);
  void send_bytes(Side from, std::string_view bytes);
  void send_end(Side from);
  void fail(Side side);
  void arrive(Side at, Piece piece);
  void strike();

  Scheduler& scheduler_;
  Trace& trace_;
  Dice dice_;
  const std::string name_;
  const Weather weather_;
  const std::shared_ptr<std::uint64_t> unclosed_;
  bool struck_ = false;
  bool silent_ = false;
  std::array<End, 2> ends_;
};

}  // namespace mail::sim
