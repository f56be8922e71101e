#include <catch2/catch.hpp>

#include "sim/runs.h"

namespace mail::sim {
namespace {

TEST_CASE("Every acknowledged message survives power cuts, and UIDs keep their meaning") {
  for (const std::uint64_t seed : seeds(2)) {
    Setup setup;
    setup.seed = seed;
    setup.bad_links = 10;
    setup.power_cuts = seconds(4);
    Simulation sim(setup);
    Model model(sim);
    play(sim, model, {.smtp_clients = 20, .messages = 10, .imap_clients = 10, .actions = 40});
    INFO(sim.report());
    CHECK(sim.is_sound());
    CHECK(sim.power_cuts() > 5);
  }
}

TEST_CASE("Power cuts and a failing disk together lose nothing that was acknowledged") {
  for (const std::uint64_t seed : seeds(2)) {
    Setup setup;
    setup.seed = seed;
    setup.bad_links = 20;
    setup.power_cuts = seconds(10);
    setup.disk_faults = seconds(1);
    Simulation sim(setup);
    Model model(sim);
    play(sim, model, {.smtp_clients = 15, .messages = 8, .imap_clients = 5, .actions = 40});
    INFO(sim.report());
    CHECK(sim.is_sound());
  }
}

}  // namespace
}  // namespace mail::sim
