// The whole server in a virtual world: its ports, its disk, its power switch.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/forgetful.h"
#include "mail/directory/current.h"
#include "mail/server/service.h"
#include "mail/store/store.h"
#include "sim/network.h"
#include "sim/random.h"
#include "sim/scheduler.h"
#include "sim/trace.h"
#include "sim/traced_disk.h"
#include "sim/worker.h"

namespace mail::sim {

/// What the world is like. A value.
struct Setup {
  std::uint64_t seed = 1;
  /// Of each connection: how often, in percent, a fault is waiting in it.
  std::uint64_t bad_links = 0;
  /// Mean virtual time between two power cuts; zero: never.
  Duration power_cuts{0};
  /// Mean virtual time between two failing disk operations; zero: never.
  Duration disk_faults{0};
  /// The store in memory instead of Maildir; it survives no power cut.
  bool in_memory = false;
  server::ServiceOptions options = default_options();
  std::uint64_t event_limit = 50'000'000;

  static server::ServiceOptions default_options();
};

/// Accounts and aliases of the world; every password is "secret".
inline constexpr std::string_view kAccounts[] = {"ann@example.com", "bob@example.com",
                                                 "carol@example.com", "dave@example.com",
                                                 "eve@example.com"};
inline constexpr std::string_view kPassword = "secret";

/// An address that clients send to, and who gets it.
struct KnownAddress {
  std::string_view address;
  std::vector<std::string_view> accounts;
};
/// Accounts, extensions, aliases, an alias of aliases, a catch-all.
const std::vector<KnownAddress>& known_addresses();

/// One run. Everything in it happens on the caller's thread, inside `scheduler.run…`.
class Simulation {
 public:
  explicit Simulation(Setup setup);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  Scheduler scheduler;
  Trace trace;
  Network network;
  /// Clients live here.
  TaskGroup clients;

  /// A stream of chance for one part of the run.
  Dice dice(std::string_view name) const { return Dice(setup_.seed).fork(name); }
  const Setup& setup() const { return setup_; }

  /// A client's end. The connection exists once the first octets flow; while the server is down, it
  /// is reset.
  std::unique_ptr<SimTransport> connect(server::Protocol protocol, const Weather& weather,
                                        std::string_view who);
  std::unique_ptr<SimTransport> connect(server::Protocol protocol, Dice& dice,
                                        std::string_view who) {
    return connect(protocol, draw_weather(dice, is_calm_ ? 0 : setup_.bad_links), who);
  }

  bool is_up() const { return server_ != nullptr; }
  /// The power goes now, and comes back after some virtual seconds.
  void cut_power();
  /// Says kStopping to every connection.
  void stop_server() { network.stop_all(); }
  /// No more faults of any kind from here; the server comes up if it was down.
  void calm_down();
  std::size_t connections() const;
  std::uint64_t power_cuts() const { return power_cuts_; }
  store::Store& store();
  ForgetfulFilesystem& disk() { return disk_; }

  /// A promise was broken: reported at the end of the run.
  void broken(std::string what);
  /// All of them, one a line, with the last lines of the trace and the command to repeat the run.
  std::string report() const;
  bool is_sound() const { return broken_.empty(); }

 private:
  struct Server;
  void boot();
  void after_event();
  Task<void> power_switch();
  Task<void> disk_trouble();
  void die();

  const Setup setup_;
  SimLogger logger_;
  ForgetfulFilesystem disk_;
  TracedDisk traced_disk_;
  std::unique_ptr<Server> server_;
  Scheduler::Timer reboot_;
  TaskGroup troubles_;
  bool is_calm_ = false;
  bool cut_is_armed_ = false;
  std::uint64_t power_cuts_ = 0;
  std::uint64_t boots_ = 0;
  std::uint64_t links_ = 0;
  std::uint64_t disk_operations_ = 0;  // as counted when last seen outside a job
  std::vector<std::string> broken_;
};

/// Seeds of a test: MAIL_SIM_SEED alone when it is set; else from 1 on, `count` of them, or
/// MAIL_SIM_SEEDS.
std::vector<std::uint64_t> seeds(std::uint64_t count);

}  // namespace mail::sim
