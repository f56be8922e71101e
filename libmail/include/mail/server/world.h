// What every service shares: the ports and the state. `net` and `tests/sim` each make one.
#pragma once

#include <memory>

#include "mail/base/filesystem.h"
#include "mail/base/ports.h"

namespace mail::directory {
class Current;
}
namespace mail::store {
class Store;
}

namespace mail::server {

/// References to parts that outlive every connection. Safe from any loop, as its parts are;
/// `worker` resumes its caller on the caller's loop, so each loop has its own World.
struct World {
  Clock& clock;
  Random& random;
  Worker& worker;
  Logger& logger;
  EventBus& events;
  store::Store& store;
  directory::Current& directory;
};

}  // namespace mail::server
