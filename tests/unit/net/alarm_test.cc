#include "net/alarm.h"

#include <vector>

#include <catch2/catch.hpp>

namespace mail::net::test {

TEST_CASE("An alarm looks at the earliest time it was told, and then at what is left") {
  asio::io_context loop;
  const TimePoint begun = steady_now();
  const std::vector<TimePoint> left = {begun + milliseconds(4), begun + milliseconds(6)};
  std::vector<TimePoint> looks;
  Alarm alarm(loop, [&](TimePoint now) {
    looks.push_back(now);
    return looks.size() > left.size() ? Walk{}
                                      : Walk{.looked_at = 1, .next = left[looks.size() - 1]};
  });
  alarm.ring_by(begun + hours(1));
  alarm.ring_by(begun + milliseconds(2));
  alarm.ring_by(begun + milliseconds(3));  // it rings before that anyway
  loop.run();                              // until there is nothing left to wait for
  REQUIRE(looks.size() == 3);
  CHECK(looks[0] >= begun + milliseconds(2));
  CHECK(looks[1] >= left[0]);
  CHECK(looks[2] >= left[1]);
}

TEST_CASE("An alarm rests after a walk, the longer the more sockets there were") {
  constexpr std::size_t kSockets = 100;
  asio::io_context loop;
  const TimePoint begun = steady_now();
  std::vector<TimePoint> looks;
  Alarm alarm(loop, [&](TimePoint now) {
    looks.push_back(now);
    return looks.size() == 2 ? Walk{} : Walk{.looked_at = kSockets, .next = begun};
  });
  alarm.ring_by(begun);
  loop.run();
  REQUIRE(looks.size() == 2);
  CHECK(looks[1] - looks[0] >= kSockets * kRestPerSocket);
}

}  // namespace mail::net::test
