// Flushes that are waited for at the same time.
#include "base/together.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <vector>

using namespace mail;

TEST_CASE("each call is made once, however many there are") {
  for (const std::size_t count : {0u, 1u, 2u, 7u, 8u, 9u, 100u}) {
    std::vector<std::atomic<int>> made(count);
    CHECK(run_together(count, [&made](std::size_t i) {
            ++made[i];
            return absl::OkStatus();
          }).ok());
    for (const auto& times : made) CHECK(times == 1);
  }
}

TEST_CASE("two calls wait at the same time") {
  // Each waits for the other: one after the other would wait for ever.
  std::mutex mutex;
  std::condition_variable changed;
  int arrived = 0;
  CHECK(run_together(2, [&](std::size_t) {
          std::unique_lock lock(mutex);
          ++arrived;
          changed.notify_all();
          changed.wait(lock, [&arrived] { return arrived == 2; });
          return absl::OkStatus();
        }).ok());
}

TEST_CASE("a call that fails fails them all, and the others are made nevertheless") {
  std::atomic<int> made = 0;
  const Status status = run_together(20, [&made](std::size_t i) {
    ++made;
    if (i == 5) return unavailable("the fifth");
    if (i == 19) return unavailable("the last");
    return absl::OkStatus();
  });
  CHECK(message_of(status) == "the fifth");
  CHECK(made == 20);
}
