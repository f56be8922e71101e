// The client's side of a SASL exchange (RFC 4422), in the same manner as the server's: base64 lines
// and questions, nothing secret computed here.
//
//     start                        the initial response; or none: LOGIN is asked first
//     receive (challenge) …        Respond, or ScramPassword? → prove_scram
//     finish                       the protocol said OK: is it one that we may believe?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mail/base/status.h"
#include "mail/sasl/mechanism.h"

namespace mail::sasl {

/// RFC 7677 §4: less is an invitation to guess the password from what the client sends.
inline constexpr std::uint32_t kMinIterations = 4096;
/// More is an attack on the client's processor (attack B8).
inline constexpr std::uint32_t kMaxIterations = 1'000'000;

/// Who logs in. Views: they outlive the exchange.
struct ClientIdentity {
  std::string_view authorization;  // as whom to act; empty: as oneself. LOGIN has no such thing
  std::string_view authentication;
  std::string_view password;  // not used by SCRAM: see ScramPassword
};

/// Send this line: base64.
struct Respond {
  std::string line;
};
/// Question: the proof, for a password that is the caller's secret. It costs `iterations` rounds of
/// HMAC: not for a network thread.
struct ScramPassword {
  std::string_view salt;
  std::uint32_t iterations = 0;
  std::string_view auth_message;
};
/// The answer to it, in raw octets (RFC 5802 §3: ClientProof, ServerSignature).
struct ScramAnswer {
  std::string proof;
  std::string server_signature;
};
/// Something is wrong with the server: send "*" (RFC 4954 §4, RFC 3501 §6.2.2) and do not log in.
struct GiveUp {
  std::string_view text;  // constant text
};
using ClientStep = std::variant<Respond, ScramPassword, GiveUp>;

/// A resource of one exchange.
class ClientExchange {
 public:
  /// `nonce`: fresh and printable, without comma (SCRAM only). `tls`: null in the clear; only
  /// looked at here. `server_offers_plus`: SCRAM-SHA-256-PLUS was among the server's names; with
  /// plain SCRAM-SHA-256 the server can then tell whether somebody hid it (RFC 5802 §6).
  ClientExchange(Mechanism mechanism, const ClientIdentity& identity, std::string nonce,
                 const TlsInfo* tls, bool server_offers_plus);
  ~ClientExchange();
  ClientExchange(const ClientExchange&) = delete;
  ClientExchange& operator=(const ClientExchange&) = delete;

  /// The initial response in base64 ("=" where it has no octets), or nullopt for LOGIN. A protocol
  /// without initial responses sends it as the answer to the first, empty challenge. Fails:
  /// InvalidArgument, when name or password cannot be sent by this mechanism.
  StatusOr<std::optional<std::string>> start();
  /// A challenge, in base64.
  ClientStep receive(std::string_view line);
  /// The answer to ScramPassword.
  ClientStep prove_scram(const ScramAnswer& answer);
  /// The server said OK. Fails: Unavailable, when it has not proven that it knows the password too
  /// (SCRAM), or the exchange was not over: then it is not the server we want.
  Status finish() const;

  Mechanism mechanism() const { return mechanism_; }

 private:
  enum class State : std::uint8_t {
    kBegin,
    kLoginName,
    kLoginPassword,
    kServerFirst,
    kAskedPassword,
    kServerFinal,
    kDone,
    kFailed,
  };
  ClientStep give_up(std::string_view text);
  ClientStep server_first(std::string_view message);
  ClientStep server_final(std::string_view message);

  const Mechanism mechanism_;
  const ClientIdentity identity_;
  const std::string nonce_;
  std::string channel_binding_;  // gs2-header and cbind-data
  std::string gs2_header_;
  State state_ = State::kBegin;
  std::string client_first_bare_;
  std::string without_proof_;
  std::string salt_;
  std::string auth_message_;
  std::string server_signature_;
};

}  // namespace mail::sasl
