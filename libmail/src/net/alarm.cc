// Tested by tests/unit/net/alarm_test.cc and transport_test.cc.
#include "net/alarm.h"

#include <algorithm>

namespace mail::net {

TimePoint steady_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

void Alarm::ring_by(TimePoint deadline) {
  const TimePoint time = std::max(deadline, rests_until_);
  if (rings_at_ && *rings_at_ <= time) return;
  rings_at_ = time;
  timer_.expires_at(time);
  timer_.async_wait([this, time](asio::error_code error) {
    if (!error && rings_at_ == time) ring();
  });
}

void Alarm::ring() {
  rings_at_.reset();
  const Walk walk = look_(steady_now());
  rests_until_ = steady_now() + walk.looked_at * kRestPerSocket;
  if (walk.next) ring_by(*walk.next);
}

}  // namespace mail::net
