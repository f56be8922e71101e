#pragma once

#include <memory>

#include "mail/base/ports.h"
#include "mail/store/store.h"

namespace mail::store {

/// Everything in memory: for tests and the embedded test server. `clock` and `events` must outlive
/// it; `events` may be null.
std::unique_ptr<Store> make_memory_store(Clock& clock, EventBus* events);

}  // namespace mail::store
