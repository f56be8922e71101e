// One timer for all sockets of a loop.
#pragma once

#include <functional>
#include <optional>

#include "mail/base/time.h"
#include "net/asio.h"

namespace mail::net {

/// What is left of a walk over a loop's sockets.
struct Walk {
  std::size_t looked_at = 0;
  std::optional<TimePoint> next;  // the earliest deadline that has not come
};

/// Rings when a deadline has come, and often before: deadlines move on with every command, and
/// connections end, so it looks only at the time that was told first. A timer for each connection
/// would cost it a system call or two and its memory. The price is a walk over all sockets when it
/// rings; it rests `kRestPerSocket` for each that it looked at, so walks take a hundredth of the
/// time at most, and a deadline among 10,000 sockets is told up to a second late.
/// Belongs to the loop's thread.
class Alarm {
 public:
  using Look = std::function<Walk(TimePoint now)>;

  /// `look` tells those whose deadline has come.
  Alarm(asio::io_context& loop, Look look) : timer_(loop), look_(std::move(look)) {}

  /// Rings at `deadline` or before.
  void ring_by(TimePoint deadline);

 private:
  void ring();

  asio::steady_timer timer_;
  const Look look_;
  std::optional<TimePoint> rings_at_;
  TimePoint rests_until_{};
};

inline constexpr Duration kRestPerSocket{100};  // microseconds

/// What deadlines are compared with.
TimePoint steady_now();

}  // namespace mail::net
