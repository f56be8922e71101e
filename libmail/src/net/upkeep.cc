// A server in which nothing happens is not woken for this: the store publishes its topic when the
// first thing falls due, and `tend` tells when it wants to be called again.
//
// Tested by tests/unit/net/upkeep_test.cc.
#include "net/upkeep.h"

#include <utility>

#include <sys/eventfd.h>

namespace mail::net {

Descriptor never_readable() { return Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

Task<void> tend_store(store::Store& store, EventBus& events, Clock& clock, Worker& worker,
                      std::unique_ptr<Transport> transport) {
  auto subscription = events.subscribe(store::upkeep_topic(), transport->waker());
  std::optional<TimePoint> due = clock.now() + kUpkeepDelay;
  const Transport::Interest nothing;
  while (true) {
    const auto why = co_await transport->wait(nothing, due);
    if (why == Transport::Readiness::kStopping) break;
    const TimePoint soon = clock.now() + kUpkeepDelay;
    if (why == Transport::Readiness::kWoken) due = std::min(due.value_or(soon), soon);
    if (why != Transport::Readiness::kDeadline) continue;
    auto tend = [&store] { return store.tend(); };
    const auto next = co_await run_on(worker, std::move(tend));
    due.reset();
    if (next) due = clock.now() + *next;
  }
  subscription.reset();
  transport->close();
}

}  // namespace mail::net
