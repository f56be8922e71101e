// From an accepted connection to the right service: names it, does the TLS handshake that comes
// first on the "s" ports, and lets `drive` run.
//
// Tested by tests/unit/server and tests/sim.
#include "mail/server/service.h"

#include <utility>

#include "mail/directory/attributes.h"
#include "mail/directory/current.h"
#include "server/connection.h"
#include "server/imap_service.h"
#include "server/pop3_service.h"
#include "server/proxied.h"
#include "server/smtp_service.h"

namespace mail::server {

std::string_view to_string(Protocol protocol) {
  switch (protocol) {
    case Protocol::kSmtp: return "smtp";
    case Protocol::kSubmission: return "submission";
    case Protocol::kSubmissions: return "submissions";
    case Protocol::kLmtp: return "lmtp";
    case Protocol::kImap: return "imap";
    case Protocol::kImaps: return "imaps";
    case Protocol::kPop3: return "pop3";
    case Protocol::kPop3s: return "pop3s";
  }
  return "unknown";
}

std::shared_ptr<Shared> make_shared_state(ServiceOptions options) {
  return std::make_shared<Shared>(std::move(options));
}

std::shared_ptr<Shared> make_shared_state(ServiceOptions options, const Shared& before) {
  return std::make_shared<Shared>(std::move(options), before);
}

Task<void> pause(Connection& connection, Duration duration) {
  const TimePoint end = connection.world.clock.now() + duration;
  const Transport::Interest nothing{};
  for (;;) {
    const auto readiness = co_await connection.transport->wait(nothing, end);
    if (readiness == Transport::Readiness::kStopping) connection.was_stopped = true;
    if (readiness != Transport::Readiness::kWoken) co_return;
    connection.was_woken = true;
  }
}

void Connection::watch_login(const directory::Login& login) {
  login_watch.emplace(world, *transport, login);
  // A change between the check and the subscription woke nobody.
  if (is_login_revoked()) was_woken = true;
}

bool Connection::is_login_revoked() const {
  return login_watch && login_watch->is_revoked(*world.directory.get(), world.clock.now());
}

store::AccountPlace Connection::place_of(const std::string& address) const {
  const auto snapshot = world.directory.get();
  const directory::Account* account = snapshot->find_mailbox(address);
  if (account == nullptr || account->extra.empty()) return {address, {}};
  return {address, directory::attributes_of(*account, options().mail_folder).mail};
}

namespace {

/// How long a client may take for the handshake that comes before the first byte of the protocol.
constexpr Duration kHandshakeTimeout = seconds(60);

Task<void> serve_connection(Connection& connection) {
  const bool is_known = co_await hear_proxy(connection);
  if (!is_known) co_return;
  std::optional<TlsInfo> tls;
  if (has_implicit_tls(connection.protocol)) {
    const TimePoint deadline = connection.world.clock.now() + kHandshakeTimeout;
    auto info = co_await connection.transport->start_tls(deadline);
    if (!info.ok()) {
      connection.log(Logger::Level::kInfo, "TLS handshake failed",
                     {{"reason", std::string(message_of(info.status()))}});
      co_return;
    }
    tls = std::move(*info);
  }
  switch (connection.protocol) {
    case Protocol::kSmtp:
    case Protocol::kSubmission:
    case Protocol::kSubmissions:
    case Protocol::kLmtp: co_await serve_smtp(connection, std::move(tls)); break;
    case Protocol::kImap:
    case Protocol::kImaps: co_await serve_imap(connection, std::move(tls)); break;
    case Protocol::kPop3:
    case Protocol::kPop3s: co_await serve_pop3(connection, std::move(tls)); break;
  }
}

}  // namespace

Task<void> serve(World& world, std::shared_ptr<Shared> shared, Protocol protocol,
                 std::unique_ptr<Transport> transport) {
  const std::string id = cat(to_string(protocol), "-", shared->next_connection());
  Connection connection{world, std::move(shared), protocol, std::move(transport), id};
  connection.proof_deadline = world.clock.now() + connection.options().proof_timeout;
  connection.log(Logger::Level::kDebug, "connected");
  co_await serve_connection(connection);
  connection.transport->close();
  connection.log(Logger::Level::kDebug, "disconnected");
}

}  // namespace mail::server
