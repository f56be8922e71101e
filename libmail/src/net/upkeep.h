#pragma once

#include <memory>

#include "mail/base/ports.h"
#include "mail/store/store.h"
#include "net/socket.h"

namespace mail::net {

/// From when a store has something to do until it is done; what comes meanwhile is done with it.
inline constexpr Duration kUpkeepDelay = milliseconds(500);

/// A descriptor for a task that waits for wakes and deadlines only.
Descriptor never_readable();

/// Calls `store.tend()` when something is due, until the transport tells that the server stops.
Task<void> tend_store(store::Store& store, EventBus& events, Clock& clock, Worker& worker,
                      std::unique_ptr<Transport> transport);

}  // namespace mail::net
