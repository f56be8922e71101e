#include <catch2/catch.hpp>

#include "sim/runs.h"

namespace mail::sim {
namespace {

TEST_CASE("In fair weather every message arrives exactly once") {
  for (const std::uint64_t seed : seeds(1)) {
    Setup setup;
    setup.seed = seed;
    Simulation sim(setup);
    Model model(sim);
    play(sim, model, {.smtp_clients = 20, .messages = 5, .imap_clients = 0, .actions = 0});
    INFO(sim.report());
    CHECK(sim.is_sound());
    CHECK(model.found() >= 100);
  }
}

TEST_CASE("Every acknowledged message exists exactly once, however connections break") {
  for (const std::uint64_t seed : seeds(1)) {
    Setup setup;
    setup.seed = seed;
    setup.bad_links = 30;
    Simulation sim(setup);
    Model model(sim);
    play(sim, model, {.smtp_clients = 50, .messages = 20, .imap_clients = 10, .actions = 40});
    INFO(sim.report());
    CHECK(sim.is_sound());
    CHECK(model.acknowledged() >= 1000);
  }
}

TEST_CASE("The store in memory delivers exactly once as well") {
  for (const std::uint64_t seed : seeds(1)) {
    Setup setup;
    setup.seed = seed;
    setup.bad_links = 20;
    setup.in_memory = true;
    Simulation sim(setup);
    Model model(sim);
    play(sim, model, {.smtp_clients = 30, .messages = 10, .imap_clients = 10, .actions = 40});
    INFO(sim.report());
    CHECK(sim.is_sound());
    CHECK(model.acknowledged() >= 300);
  }
}

TEST_CASE("A disk that fails now and then loses and doubles nothing") {
  for (const std::uint64_t seed : seeds(1)) {
    Setup setup;
    setup.seed = seed;
    setup.bad_links = 10;
    setup.disk_faults = milliseconds(500);
    Simulation sim(setup);
    Model model(sim);
    play(sim, model, {.smtp_clients = 15, .messages = 8, .imap_clients = 5, .actions = 40});
    INFO(sim.report());
    CHECK(sim.is_sound());
  }
}

}  // namespace
}  // namespace mail::sim
