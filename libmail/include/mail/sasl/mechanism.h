// Which mechanisms there are, which a server offers, which a client takes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mail/base/session.h"

namespace mail::sasl {

/// The strongest first: the order in which a server names them, and a client prefers them.
enum class Mechanism : std::uint8_t {
  kScramSha256Plus,  // RFC 7677, bound to the TLS connection (RFC 5056)
  kScramSha256,      // RFC 7677
  kPlain,            // RFC 4616
  kLogin,            // draft-murchison-sasl-login: obsolete, and all that some devices speak
};
inline constexpr std::array kMechanisms = {Mechanism::kScramSha256Plus, Mechanism::kScramSha256,
                                           Mechanism::kPlain, Mechanism::kLogin};

/// "SCRAM-SHA-256-PLUS", …
std::string_view to_string(Mechanism mechanism);
/// In any case. Fails: nullopt for a name that is not among ours.
std::optional<Mechanism> parse_mechanism(std::string_view name);

/// The client proves that it knows the password and does not send it.
constexpr bool is_scram(Mechanism mechanism) {
  return mechanism == Mechanism::kScramSha256Plus || mechanism == Mechanism::kScramSha256;
}

/// What a server does. A value, part of each engine's options.
struct ServerPolicy {
  /// Only while every account has a SCRAM credential: clients that prefer SCRAM do not fall back.
  bool offers_scram = false;
  /// An authorization identity that is not the authentication identity reaches the application;
  /// otherwise the exchange fails (attack B7).
  bool allows_authorization_identity = false;

  bool operator==(const ServerPolicy&) const = default;
};

/// `tls`: null in the clear. Whether a password may cross this connection at all is the engine's
/// question, not asked here.
bool is_offered(Mechanism mechanism, const ServerPolicy& policy, const TlsInfo* tls);

/// Appends " AUTH=SCRAM-SHA-256 AUTH=PLAIN": each offered mechanism behind the prefix.
void append_offered(std::string& to, std::string_view prefix, const ServerPolicy& policy,
                    const TlsInfo* tls);

/// What a client is willing to do. A value.
struct ClientPolicy {
  /// The password may be sent to the server (over TLS, one hopes). False: SCRAM or nothing.
  bool allows_password = true;
};
/// The strongest of the names that a server offers and this client can do. `tls`: null in the
/// clear. Fails: nullopt when there is none.
std::optional<Mechanism> choose_mechanism(std::span<const std::string_view> offered,
                                          const ClientPolicy& policy, const TlsInfo* tls);

}  // namespace mail::sasl
