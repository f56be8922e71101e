#pragma once

#include <memory>

#include "mail/base/ports.h"

namespace mail::server {

/// Wake-ups inside one process.
std::unique_ptr<EventBus> make_local_event_bus();

}  // namespace mail::server
