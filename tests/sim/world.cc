// A server here is an object: its tasks, its services' shared state, its store. A power cut
// destroys it, in that order, in the middle of whatever its tasks were doing; the disk forgets what
// was not flushed; a new server starts on what is left. Nothing else survives, as in earnest.
//
// Two promises are watched all the time: files are touched only inside Worker jobs (a blocking call
// on a network thread would stall every connection of that loop), and every transport is closed
// before it is destroyed.
//
// Tested by tests/sim/delivery_test.cc and tests/sim/power_cut_test.cc.
#include "sim/world.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "mail/directory/snapshot.h"
#include "mail/server/event_bus.h"
#include "mail/server/world.h"
#include "mail/store/maildir.h"
#include "mail/store/memory.h"

namespace mail::sim {

namespace {
constexpr std::string_view kMailRoot = "/var/mail";
/// No machine is back sooner; locks of the dead may take this long to count as such.
constexpr Duration kShortestReboot = seconds(6);
constexpr std::size_t kReportedFaults = 20;
constexpr std::size_t kReportedLines = 40;

std::shared_ptr<const directory::Snapshot> make_snapshot() {
  directory::Snapshot::Texts texts;
  texts.accounts.emplace();
  for (const std::string_view account : kAccounts) {
    *texts.accounts += cat(account, "|{PLAIN}", kPassword, "\n");
  }
  texts.virtual_aliases =
      "info@example.com ann@example.com,bob@example.com\n"
      "team@example.com info@example.com,carol@example.com\n"
      "@catch.example dave@example.com\n";
  directory::Options options;
  options.hostname = "mx.example.com";
  return directory::Snapshot::from_texts(texts, options);
}
}  // namespace

const std::vector<KnownAddress>& known_addresses() {
  static const std::vector<KnownAddress> known = {
      {"ann@example.com", {"ann@example.com"}},
      {"bob@example.com", {"bob@example.com"}},
      {"carol@example.com", {"carol@example.com"}},
      {"dave@example.com", {"dave@example.com"}},
      {"eve@example.com", {"eve@example.com"}},
      {"ann+news@example.com", {"ann@example.com"}},
      {"Eve@Example.COM", {"eve@example.com"}},
      {"info@example.com", {"ann@example.com", "bob@example.com"}},
      {"team@example.com", {"ann@example.com", "bob@example.com", "carol@example.com"}},
      {"anybody@catch.example", {"dave@example.com"}},
  };
  return known;
}

server::ServiceOptions Setup::default_options() {
  server::ServiceOptions options;
  options.secret = "the same in every run";
  options.hostname = "mx.example.com";
  options.has_tls = true;
  options.allows_cleartext_auth = true;
  return options;
}

struct Simulation::Server {
  Server(Simulation& sim, Dice dice)
      : random(dice.fork("random")),
        worker(sim.scheduler, dice.fork("worker")),
        events(server::make_local_event_bus()),
        store(make_store(sim)),
        directory(make_snapshot()),
        world{sim.scheduler, random, worker, sim.logger_, *events, *store, directory},
        shared(server::make_shared_state(sim.setup_.options)),
        tasks(sim.scheduler) {}
  ~Server() { tasks.destroy_all(); }

  std::unique_ptr<store::Store> make_store(Simulation& sim) {
    if (sim.setup_.in_memory) return store::make_memory_store(sim.scheduler, events.get());
    store::MaildirOptions options;
    options.root = kMailRoot;
    options.hostname = "mx.example.com";
    options.boot_id = cat("boot ", sim.power_cuts_);
    return store::make_maildir_store(sim.traced_disk_, sim.scheduler, random, events.get(),
                                     options);
  }

  SimRandom random;
  SimWorker worker;
  std::unique_ptr<EventBus> events;
  std::unique_ptr<store::Store> store;
  directory::Current directory;
  server::World world;
  std::shared_ptr<server::Shared> shared;
  TaskGroup tasks;
};

Simulation::Simulation(Setup setup)
    : scheduler(setup.event_limit),
      trace(scheduler),
      network(scheduler, trace, Dice(setup.seed).fork("network")),
      clients(scheduler),
      setup_(std::move(setup)),
      logger_(trace),
      disk_(dice("disk").next(), [this] { return scheduler.wall(); }),
      traced_disk_(disk_, trace),
      troubles_(scheduler) {
  // The mail folder is there before the server: whoever installs it makes it.
  if (!make_directories(disk_, std::string(kMailRoot), 0755).ok()) broken("no mail folder");
  disk_.sync_all();
  scheduler.set_after_event([this] { after_event(); });
  boot();
  if (setup_.power_cuts.count() != 0) troubles_.start(power_switch());
  if (setup_.disk_faults.count() != 0) troubles_.start(disk_trouble());
}

Simulation::~Simulation() {
  clients.destroy_all();
  troubles_.destroy_all();
  die();
  scheduler.clear();
}

void Simulation::boot() {
  trace.add("server", "boots");
  const Dice dice = this->dice(cat("boot-", ++boots_));
  server_ = std::make_unique<Server>(*this, dice);
  server_->worker.set_around_job(
      [this] {
        if (disk_.operations() != disk_operations_) broken("the disk was touched outside a job");
      },
      [this] { disk_operations_ = disk_.operations(); });
  disk_operations_ = disk_.operations();
}

void Simulation::die() {
  if (!server_) return;
  network.reset_all();
  server_.reset();
}

void Simulation::cut_power() {
  if (!server_) return;
  trace.add("server", "loses power");
  ++power_cuts_;
  cut_is_armed_ = false;
  die();
  disk_.power_cut();
  Dice dice = this->dice(cat("downtime-", boots_));
  reboot_ = scheduler.post_in(dice.between(kShortestReboot, seconds(30)), [this] { boot(); });
}

void Simulation::after_event() {
  if (cut_is_armed_ && disk_.struck()) cut_power();
  if (server_ && disk_.operations() != disk_operations_) {
    broken("the disk was touched outside a job");
    disk_operations_ = disk_.operations();
  }
}

// Half of the cuts come between two events, half in the middle of a job: at one of its next
// operations on the disk.
Task<void> Simulation::power_switch() {
  Dice dice = this->dice("power");
  for (;;) {
    const Duration pause = dice.between(Duration(0), setup_.power_cuts * 2);
    co_await pause_for(scheduler, pause);
    if (is_calm_) co_return;
    if (!is_up()) continue;
    if (dice.percent(50)) {
      cut_is_armed_ = true;
      disk_.cut_power_at(dice.between(1, 40));
    } else {
      // Not from within this coroutine's own event: it belongs to no server, so it is safe.
      cut_power();
    }
  }
}

Task<void> Simulation::disk_trouble() {
  Dice dice = this->dice("disk trouble");
  for (;;) {
    const Duration pause = dice.between(Duration(0), setup_.disk_faults * 2);
    co_await pause_for(scheduler, pause);
    if (is_calm_) co_return;
    if (!is_up() || cut_is_armed_) continue;
    static constexpr int kErrors[] = {EIO, ENOSPC, EDQUOT, EMFILE};
    const int error = kErrors[dice.below(std::size(kErrors))];
    trace.add("disk", "will fail", std::to_string(error));
    disk_.fail_at(dice.between(1, 20), errno_status(error, "simulated"));
  }
}

void Simulation::calm_down() {
  is_calm_ = true;
  troubles_.destroy_all();
  if (cut_is_armed_) {
    // Also takes back what is armed; nothing is lost that was flushed, and that is what counts.
    cut_power();
  }
  disk_.fail_at(0, absl::OkStatus());
  reboot_.cancel();
  if (!is_up()) boot();
}

std::unique_ptr<SimTransport> Simulation::connect(server::Protocol protocol, const Weather& weather,
                                                  std::string_view who) {
  const std::uint64_t number = ++links_;
  std::string name = cat(who, "#", number);
  trace.add(name, "connects", server::to_string(protocol));
  const Endpoint client{"192.0.2.1", static_cast<std::uint16_t>(1024 + number % 60000)};
  auto ends = network.make_link(name, weather, client, {"192.0.2.25", 25});
  auto server_end = std::make_shared<std::unique_ptr<SimTransport>>(std::move(ends.server));
  const Duration latency = weather.latency_least;
  scheduler.post_for_good(scheduler.now() + latency, [this, protocol, server_end] {
    std::unique_ptr<SimTransport> transport = std::move(*server_end);
    if (!server_) {
      transport->reset();
      return;
    }
    server_->tasks.start(
        server::serve(server_->world, server_->shared, protocol, std::move(transport)));
  });
  return std::move(ends.client);
}

std::size_t Simulation::connections() const { return server_ ? server_->tasks.running() : 0; }

store::Store& Simulation::store() { return *server_->store; }

void Simulation::broken(std::string what) {
  trace.add("BROKEN", what);
  broken_.push_back(std::move(what));
}

std::string Simulation::report() const {
  if (const char* path = std::getenv("MAIL_SIM_TRACE")) {
    if (std::FILE* file = std::fopen(path, "w")) {
      std::fwrite(trace.text().data(), 1, trace.text().size(), file);
      std::fclose(file);
    }
  }
  if (broken_.empty()) return {};
  std::string text = cat("seed ", setup_.seed, ": ", broken_.size(), " broken promises\n");
  for (std::size_t i = 0; i < broken_.size() && i < kReportedFaults; ++i) {
    text += cat("  ", broken_[i], "\n");
  }
  text += cat("The end of the trace:\n", trace.tail(kReportedLines),
              "Repeat with: MAIL_SIM_SEED=", setup_.seed,
              " build/dev/bin/sim_test '<the name of this test>'\n");
  return text;
}

std::vector<std::uint64_t> seeds(std::uint64_t count) {
  if (const char* one = std::getenv("MAIL_SIM_SEED")) return {std::strtoull(one, nullptr, 0)};
  if (const char* many = std::getenv("MAIL_SIM_SEEDS")) count = std::strtoull(many, nullptr, 0);
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = 1; seed <= count; ++seed) all.push_back(seed);
  return all;
}

}  // namespace mail::sim
