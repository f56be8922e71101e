// What a Server is made of, and the joints between its parts.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mail/directory/current.h"
#include "mail/net/server.h"
#include "mail/server/event_bus.h"
#include "mail/server/service.h"
#include "net/certificate.h"
#include "net/control.h"
#include "net/network.h"
#include "net/system.h"
#include "net/watcher.h"

namespace mail {

/// Members are destroyed from the last to the first: the network, which runs everybody's code,
/// goes before all that its connections use.
struct Server::State {
  explicit State(ServerOptions given)
      : options(std::move(given)),
        logger(options.logger != nullptr ? *options.logger : null_logger),
        certificate(real_filesystem()) {}

  struct Bound {
    server::Protocol protocol;
    net::ListeningSocket socket;
  };

  Status read_config();
  Status make_test_config();
  Task<void> serve(server::Protocol protocol, net::Loop& loop,
                   std::unique_ptr<Transport> transport);
  Status bind_listener(const directory::Listener& listener);
  Status start_services();
  Status open_control();
  void watch_config();

  /// Each of these blocks on files; safe from any thread.
  void reload();
  /// `certain` is false when the watcher only guesses: then files that look the same are not read.
  void reload_after_change(bool certain);
  std::string answer(const std::string& command);

  std::vector<std::optional<FileInfo>> take_marks() const;
  void log_diagnostics(std::span<const directory::Diagnostic> diagnostics,
                       std::span<const directory::Diagnostic> known);
  void log_complaints();
  bool has_config() const { return !options.config.empty(); }
  std::string run_folder() const { return cat(options.state, "/run"); }

  ServerOptions options;
  net::NullLogger null_logger;
  Logger& logger;
  net::SystemClock clock;
  net::SystemRandom random;

  directory::Settings settings;
  directory::Options directory_options;
  std::unique_ptr<directory::Current> current;
  net::Certificate certificate;
  std::vector<Bound> bound;
  std::vector<directory::Listener> listeners;

  std::unique_ptr<EventBus> events;
  std::unique_ptr<store::Store> store;
  std::shared_ptr<server::Shared> shared;
  TimePoint started{};

  std::mutex reload_mutex;                     // one reload at a time
  std::vector<std::string> watched;            // paths of all files that a reload reads
  std::vector<std::optional<FileInfo>> marks;  // of them, at the last reload
  bool complained_of_settings = false;

  net::ControlAnswers answers;
  bool owns_run_folder = false;  // another server's files are not ours to remove
  std::unique_ptr<net::Watcher> watcher;
  std::unique_ptr<net::Network> network;
};

}  // namespace mail
