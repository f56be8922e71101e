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
#include "net/mail_watch.h"
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
        files(options.helper != nullptr ? options.helper->files() : real_filesystem()),
        certificate(files) {}

  /// An address that is listened on.
  struct Bound {
    server::Protocol protocol;
    directory::ListenAddress wanted;
    directory::ListenAddress actual;
    net::Descriptor descriptor;         // until it is accepted from
    net::Acceptor* acceptor = nullptr;  // from then on
  };

  Status read_config();
  Status make_test_config();
  Task<void> serve(server::Protocol protocol, net::Loop& loop,
                   std::unique_ptr<Transport> transport);
  /// Takes the addresses of one listener that are not taken yet.
  Status bind_listener(const directory::Listener& listener);
  StatusOr<net::ListeningSocket> listen_on(const directory::ListenAddress& address);
  void accept_from(Bound& bound);
  std::vector<directory::Listener> listeners() const;
  Status write_listeners();
  Status make_services();
  Status open_control();
  void watch_config();
  /// What sessions do not do themselves: the store's upkeep, a look-out for other programs.
  void tend_mail();

  /// Each of these blocks on files; safe from any thread.
  void reload();
  /// `certain` is false when the watcher only guesses: then files that look the same are not read.
  /// What to watch from now on.
  std::vector<std::string> reload_after_change(bool certain);
  void apply_settings(directory::Settings now);
  void apply_certificates(const directory::Settings& now);
  void apply_listeners(const directory::Settings& now);
  void choose_watched(const net::CertificatePlan& plan);
  StatusOr<server::ServiceOptions> service_options() const;
  net::Limits limits() const;
  std::shared_ptr<server::Shared> current_shared() const;
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
  Filesystem& files;  // of the config folder and of certificates

  /// Of what a reload replaces: settings, directory_options, shared, bound.
  mutable std::mutex mutex;
  directory::Settings settings;
  directory::Options directory_options;
  std::unique_ptr<directory::Current> current;
  net::Certificate certificate;
  std::vector<Bound> bound;

  std::unique_ptr<EventBus> events;
  std::unique_ptr<net::MailWatch> mail_watch;  // none for mail in memory
  std::unique_ptr<store::Store> store;
  std::shared_ptr<server::Shared> shared;
  TimePoint started{};

  std::mutex reload_mutex;                     // one reload at a time
  std::vector<std::string> watched;            // paths of all files that a reload reads
  std::vector<std::optional<FileInfo>> marks;  // of them, at the last reload

  net::ControlAnswers answers;
  bool owns_run_folder = false;  // another server's files are not ours to remove
  std::unique_ptr<net::Watcher> watcher;
  std::unique_ptr<net::Network> network;
};

/// All that have listeners, in the order in which they are told.
std::span<const server::Protocol> served_protocols();

}  // namespace mail
