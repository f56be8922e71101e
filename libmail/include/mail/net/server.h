// mail::Server: the whole server, to embed.
//
//     mail::ServerOptions options;
//     options.accounts = {{"ann@example.com", "secret"}};
//     auto server = mail::Server::run(std::move(options));
//     if (!server.ok()) …;
//     connect_to((*server)->port("submission"));       // trusts (*server)->authority()
//
// Nothing is global: a process may run as many servers as it likes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/base/ports.h"
#include "mail/base/status.h"
#include "mail/directory/settings.h"
#include "mail/directory/snapshot.h"
#include "mail/net/helper.h"
#include "mail/net/limits.h"
#include "mail/store/store.h"

namespace mail {

struct ServerOptions {
  struct Account {
    std::string address;
    std::string password;
  };

  /// A folder of config files as docker-mailserver has them (docs/settings.md). Empty: a test
  /// server, which has `accounts` and `aliases`, listens on free loopback ports and makes its own
  /// certificate.
  std::string config;
  std::vector<Account> accounts;  // without a config folder only, as the next two
  std::string aliases;            // lines of postfix-virtual.cf
  std::string hostname = "localhost.localdomain";

  std::string mail;   // the mail folder; empty: mail lives in memory
  std::string state;  // for <state>/run: control socket and listeners.json; empty: neither
  directory::Environment environment;  // settings; they win over those of the config folder
  net::Limits limits;
  Logger* logger = nullptr;  // outlives the server; null: nobody listens
  /// Opens config files, keys and ports that this process may not open any more. Outlives the
  /// server; null: there is none.
  net::Helper* helper = nullptr;
  /// Told of the settings in force when a reload has changed them, by some thread of the server.
  std::function<void(const directory::Settings&)> settings_changed;
};

/// A resource. Its functions are for one thread, the one that made it; the server itself runs in
/// threads of its own.
class Server {
 public:
  /// Reads config and keys and binds all ports; no thread runs and nothing is accepted yet. What is
  /// privileged is done afterwards. Fails: with file, line, value and fix where a file is at fault.
  static StatusOr<std::unique_ptr<Server>> bind(ServerOptions options);
  /// Begins to serve. Returns when connections are accepted. Once.
  Status start();
  /// `bind` and `start`.
  static StatusOr<std::unique_ptr<Server>> run(ServerOptions options);

  /// Accepts no more, lets connections say goodbye for `limits.stop_grace`, ends. A server that was
  /// stopped stays stopped.
  void stop();
  ~Server();

  /// Reads settings, the config folder and the certificates again, now. What cannot be read keeps
  /// its last good version; diagnostics are logged. New connections follow new settings, and
  /// listeners come and go; those that are open stay as they are.
  void reload();

  /// Name, as in LISTEN_*, and the addresses with their actual ports.
  std::vector<directory::Listener> listeners() const;
  /// The first port of that listener; 0 when there is none.
  std::uint16_t port(std::string_view listener) const;
  std::string hostname() const;
  /// In force.
  directory::Settings settings() const;
  /// What a helper must be able to open: the config folder, certificates and keys; absolute.
  std::vector<std::string> protected_paths() const;
  /// The directory in force.
  std::shared_ptr<const directory::Snapshot> directory() const;
  /// Safe to use while the server runs. Only after `start`.
  store::Store& store();
  /// PEM of the CA that signed the certificate made here (a test server, SSL_TYPE=self-signed):
  /// what a client should trust. Otherwise empty.
  std::string authority() const;
  std::size_t connections() const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mail
