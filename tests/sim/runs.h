// What the tests of whole runs share.
#pragma once

#include <cstddef>

#include "sim/model.h"
#include "sim/world.h"

namespace mail::sim {

/// How much happens in a run. A value.
struct Traffic {
  std::size_t smtp_clients = 50;
  std::size_t messages = 20;  // of each
  std::size_t imap_clients = 10;
  std::size_t actions = 40;  // of each
};

/// All clients to their end; then calm, and the model's judgement; then nothing may be left behind.
void play(Simulation& sim, Model& model, const Traffic& traffic);

}  // namespace mail::sim
