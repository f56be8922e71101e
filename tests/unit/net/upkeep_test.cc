#include <condition_variable>
#include <mutex>

#include <catch2/catch.hpp>

#include "mail/server/event_bus.h"
#include "mail/store/store.h"
#include "net/system.h"
#include "net/upkeep.h"
#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

/// Counts how often it was tended.
class TendedStore final : public store::Store {
 public:
  StatusOr<std::shared_ptr<store::Account>> account(const store::AccountPlace&) override {
    return unavailable("not asked for");
  }
  Status deliver(std::span<const store::Target>, std::span<const std::string_view>,
                 WallTime) override {
    return unavailable("not asked for");
  }
  StatusOr<store::Usage> usage(const store::AccountPlace&) override {
    return unavailable("not asked for");
  }
  std::optional<Duration> tend() override {
    const std::lock_guard lock(mutex_);
    ++count_;
    tended_.notify_all();
    return std::exchange(next_, std::nullopt);
  }

  void ask_again_after(Duration delay) {
    const std::lock_guard lock(mutex_);
    next_ = delay;
  }
  bool was_tended(int times) {
    std::unique_lock lock(mutex_);
    return tended_.wait_for(lock, seconds(20), [&] { return count_ >= times; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable tended_;
  std::optional<Duration> next_;
  int count_ = 0;
};

}  // namespace

TEST_CASE("A store is tended at the start, when it announces something, and when it asked for it") {
  SystemClock clock;
  SilentLogger logger;
  TendedStore store;
  const auto events = server::make_local_event_bus();
  store.ask_again_after(milliseconds(1));
  const auto network = std::move(Network::start({.loops = 1}, logger)).value();
  network->adopt(never_readable(), [&](Loop& loop, std::unique_ptr<Transport> transport) {
    return tend_store(store, *events, clock, loop.worker(), std::move(transport));
  });
  CHECK(store.was_tended(2));
  const TimePoint announced = clock.now();
  events->publish(store::upkeep_topic());
  CHECK(store.was_tended(3));
  CHECK(clock.now() - announced >= kUpkeepDelay);
  network->stop(seconds(10));
}

}  // namespace mail::net::test
