// The shape of every whole run: trouble, calm, judgement, and nobody left behind.
//
// Tested by use in delivery_test.cc and power_cut_test.cc.
#include "sim/runs.h"

#include "sim/imap_client.h"
#include "sim/smtp_client.h"

namespace mail::sim {

namespace {

/// Longer than any timeout of the server: a connection that is still there then, stays for ever.
constexpr Duration kLongest = hours(2);

bool run_clients(Simulation& sim) {
  const bool ended = sim.scheduler.run_while([&] { return sim.clients.running() != 0; });
  if (sim.scheduler.ran_away()) {
    sim.broken("the run met its limit of events: something goes round in circles");
  } else if (!ended) {
    sim.broken(cat(sim.clients.running(), " clients wait for what never comes"));
  }
  return ended;
}

}  // namespace

void play(Simulation& sim, Model& model, const Traffic& traffic) {
  for (std::size_t i = 1; i <= traffic.smtp_clients; ++i) {
    sim.clients.start(smtp_client(sim, model, cat("smtp", i), traffic.messages));
  }
  for (std::size_t i = 1; i <= traffic.imap_clients; ++i) {
    const std::string account(kAccounts[i % std::size(kAccounts)]);
    sim.clients.start(imap_client(sim, model, cat("imap", i), account, traffic.actions));
  }
  if (!run_clients(sim)) return;
  sim.calm_down();
  sim.clients.start(judge_everything(sim, model));
  if (!run_clients(sim)) return;
  sim.scheduler.run_for(kLongest);
  if (sim.connections() != 0) {
    sim.broken(cat(sim.connections(), " connections of clients that left are still served"));
  }
  if (sim.network.unclosed() != 0) {
    sim.broken(cat(sim.network.unclosed(), " transports were destroyed without close"));
  }
}

}  // namespace mail::sim
