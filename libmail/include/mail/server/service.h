// The entry of the server layer: one coroutine serves one connection from its first byte to its
// last.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/ip_network.h"
#include "mail/base/limits.h"
#include "mail/base/ports.h"
#include "mail/base/task.h"
#include "mail/directory/folders.h"
#include "mail/directory/networks.h"
#include "mail/server/world.h"
#include "mail/smtp/types.h"

namespace mail::server {

/// What a listener speaks. The "s" ones have TLS from the first byte.
enum class Protocol { kSmtp, kSubmission, kSubmissions, kLmtp, kImap, kImaps, kPop3, kPop3s };

/// "smtp", "submission", … as in LISTEN_SMTP and listeners.json.
std::string_view to_string(Protocol protocol);
constexpr bool has_implicit_tls(Protocol protocol) {
  return protocol == Protocol::kSubmissions || protocol == Protocol::kImaps ||
         protocol == Protocol::kPop3s;
}

/// Whether SCRAM is offered. kAuto: while every account has a credential for it.
enum class SaslScram { kAuto, kOn, kOff };

/// A value, the same for all connections.
struct ServiceOptions {
  std::string hostname = "localhost";    // HOSTNAME: banner, Received, Message-ID
  std::string mail_folder;               // what "~" of a userdb_mail begins with
  directory::Networks trusted_networks;  // may relay without a password
  bool has_tls = false;                  // a certificate is there: STARTTLS is offered
  /// SSL_TYPE is empty on purpose: passwords may cross in the clear.
  bool allows_cleartext_auth = false;
  std::uint64_t message_size = limits::kMessageSize;  // POSTFIX_MESSAGE_SIZE_LIMIT
  std::uint64_t message_memory = 256ULL
                                 << 20;     // octets of all messages under way; beyond it 452 4.3.1
  bool dedupe_recipients = true;            // DEDUPE_RECIPIENTS
  bool delivered_to = true;                 // DELIVERED_TO
  smtp::ExtensionSet withheld_extensions;   // SMTPD_DISCARD_EHLO_KEYWORDS
  std::vector<IpNetwork> xclient_networks;  // SMTPD_AUTHORIZED_XCLIENT_HOSTS
  std::vector<Protocol> proxied;            // PROXY_PROTOCOL: a PROXY header comes first
  directory::Networks proxy_networks;       // PROXY_TRUSTED_NETWORKS
  Duration proxy_timeout = seconds(5);      // PROXY_TIMEOUT: for that header
  /// FOLDERS: what every account has, and the special uses (RFC 6154) of names.
  std::vector<directory::FolderRule> folders = directory::default_folders();
  std::size_t hops = 50;  // Received fields before a message counts as looping (RFC 5321 §6.3)
  SaslScram sasl_scram = SaslScram::kAuto;  // SASL_SCRAM
  /// Octets that the salts of names without account are made of (attack B8); the same after a
  /// restart, or a restart tells who exists. Empty: random.
  std::string secret = {};
  /// Passwords that are verified or wait for it; beyond it 454 4.7.0, NO [UNAVAILABLE].
  std::size_t waiting_logins = 100;
  /// Logins of one user from one address to one kind of service (MAIL_MAX_USERIP_CONNECTIONS); 0:
  /// no limit. This machine's own addresses count too, as in Dovecot.
  std::size_t connections_per_user = 10;
  /// From connect to login, or to the first recipient that is accepted.
  Duration proof_timeout = minutes(10);
  Duration auth_failure_delay = seconds(2);  // before a refused login is answered
  Duration write_timeout = minutes(5);       // a peer that takes nothing for so long is dropped
  // How often IDLE looks for what other programs did, in a folder that is not watched, and in one
  // that is: a network file system does not tell what other machines do.
  Duration idle_refresh = seconds(5);
  Duration idle_refresh_watched = seconds(30);
};

/// State that connections share beyond the World: made once, outlives them.
class Shared;
std::shared_ptr<Shared> make_shared_state(ServiceOptions options);
/// For connections that come after a change of options: goes on counting where `before`, which
/// serves the others until they end, is.
std::shared_ptr<Shared> make_shared_state(ServiceOptions options, const Shared& before);

/// Whether a proxy at `address` may forward connections of this kind.
bool is_proxy(const Shared& shared, Protocol protocol, std::string_view address);

/// Serves until the peer leaves, a rule is broken for good, or the server stops. With implicit TLS
/// the handshake comes first. `world` outlives the task; the transport is closed at the end.
Task<void> serve(World& world, std::shared_ptr<Shared> shared, Protocol protocol,
                 std::unique_ptr<Transport> transport);

}  // namespace mail::server
