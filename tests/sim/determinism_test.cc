#include <catch2/catch.hpp>

#include "sim/runs.h"

namespace mail::sim {
namespace {

std::string trace_of(std::uint64_t seed) {
  Setup setup;
  setup.seed = seed;
  setup.bad_links = 20;
  setup.power_cuts = seconds(20);
  setup.disk_faults = seconds(20);
  Simulation sim(setup);
  Model model(sim);
  play(sim, model, {.smtp_clients = 8, .messages = 4, .imap_clients = 5, .actions = 10});
  return sim.trace.text();
}

TEST_CASE("Ten runs of one seed give one trace") {
  for (const std::uint64_t seed : seeds(1)) {
    const std::string first = trace_of(seed);
    CHECK(first.size() > 10'000);
    for (int run = 2; run <= 10; ++run) {
      CAPTURE(seed, run);
      REQUIRE(first_difference(first, trace_of(seed)) == "");
    }
  }
}

TEST_CASE("Another seed gives another trace") { CHECK(trace_of(101) != trace_of(102)); }

}  // namespace
}  // namespace mail::sim
