#pragma once

#include <cstddef>
#include <string>

#include "sim/model.h"
#include "sim/world.h"

namespace mail::sim {

/// Sends `messages` messages to known addresses, each again and again until it is accepted; drops
/// connections in any weather and on its own whims. Ends when all are accepted.
Task<void> smtp_client(Simulation& sim, Model& model, std::string name, std::size_t messages);

}  // namespace mail::sim
