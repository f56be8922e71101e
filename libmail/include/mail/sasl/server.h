// The server's side of a SASL exchange (RFC 4422): lines of base64 in; lines of base64 and
// questions out. Every protocol engine embeds it, so that each mechanism is written once.
//
// It computes nothing secret. SCRAM's keys, digests and random nonces belong to whoever answers the
// questions (`mail/crypto/scram.h` can), so that an engine links no cryptography and a stored key
// never enters it:
//
//     Challenge …   send the line to the client
//     ScramUser?    → challenge_scram (salt, iterations, nonce)   whoever it is, known or not
//     ScramProof?   → confirm_scram (server signature), or the end
//     Authenticate? → the end: yes or no
//     Failure       the end: tell the client
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mail/sasl/mechanism.h"

namespace mail::sasl {

/// Octets of one response in base64 (RFC 4954 §4: 12288). An engine's lines are usually shorter.
inline constexpr std::size_t kResponseLimit = 12288;
/// Octets of the client's part of a SCRAM nonce. RFC 5802 has no limit; clients send 24 to 48.
inline constexpr std::size_t kNonceLimit = 256;

/// Send this to the client, behind "334 " or "+ ". A value.
struct Challenge {
  std::string line;  // base64; may be empty

  bool operator==(const Challenge&) const = default;
};

/// Question, the last one: is this who it claims to be, and may they come in? A value of views,
/// alive as long as the exchange has not moved on.
struct Authenticate {
  std::string_view mechanism;       // "PLAIN"
  std::string_view authorization;   // as whom to act; empty: as oneself
  std::string_view authentication;  // the login name
  std::string_view password;        // empty when it is proven
  /// SCRAM: the proof was confirmed before; what is left is whether they may come in.
  bool is_proven = false;
};

/// Question: which salt, how many iterations? A name that does not exist, or has no SCRAM
/// credential, is answered like the others, with the same salt each time (attack B8).
struct ScramUser {
  std::string_view authorization;
  std::string_view authentication;
};
/// The answer. A value; everything in it is sent to the client.
struct ScramChallenge {
  std::string salt;  // raw octets, not empty
  std::uint32_t iterations = 0;
  std::string nonce;  // fresh, printable ASCII without comma; 24 characters of base64 will do
};

/// Question: does the proof fit the stored key of this user (RFC 5802 §3)?
struct ScramProof {
  std::string_view authentication;
  std::string_view auth_message;  // AuthMessage
  std::string_view proof;         // ClientProof, raw octets
};

/// The exchange is over, and nobody was authenticated.
struct Failure {
  enum class Reason : std::uint8_t {
    kCancelled,  // the client sent "*"
    kNotBase64,
    kTooLong,
    kMalformed,  // base64, but not what the mechanism says
    kRefused,    // well-formed, and the answer is no, whatever the password: see the text
  };
  Reason reason = Reason::kMalformed;
  /// Constant text for log and client; holds nothing that the peer sent.
  std::string_view text;
};

using ServerStep = std::variant<Challenge, Authenticate, ScramUser, ScramProof, Failure>;

/// One exchange, from the client's naming of a mechanism to its end. A resource of one session;
/// wipes what it was told when it goes. Steps out of order are the caller's fault and fail.
class ServerExchange {
 public:
  /// The mechanism must be offered. `tls` is only looked at here.
  ServerExchange(Mechanism mechanism, const ServerPolicy& policy, const TlsInfo* tls);
  ~ServerExchange();
  ServerExchange(const ServerExchange&) = delete;
  ServerExchange& operator=(const ServerExchange&) = delete;

  /// The first step. An initial response is base64, "=" for one of no octets (RFC 4954 §4, RFC 4959
  /// §3); none: the client waits for a challenge.
  ServerStep start(std::optional<std::string_view> initial_response);
  /// The client's line after a challenge: base64, or "*" to cancel.
  ServerStep receive(std::string_view line);

  /// The answer to ScramUser.
  ServerStep challenge_scram(const ScramChallenge& challenge);
  /// Yes to ScramProof; ServerSignature in raw octets. (No is: end the exchange.)
  ServerStep confirm_scram(std::string_view server_signature);

  Mechanism mechanism() const { return mechanism_; }

 private:
  enum class State : std::uint8_t {
    kBegin,
    kFirst,     // PLAIN's message, LOGIN's name, SCRAM's client-first-message
    kPassword,  // of LOGIN
    kAskedUser,
    kClientFinal,
    kAskedProof,
    kAcknowledgement,  // an empty response to server-final-message
    kEnded,
  };

  ServerStep on_message(std::string message);
  ServerStep plain();
  ServerStep login();
  ServerStep client_first();
  ServerStep client_final();
  ServerStep authenticated();
  ServerStep fail(Failure::Reason reason, std::string_view text);
  bool acts_for_another() const;
  std::string_view binding(std::string_view type) const;

  const Mechanism mechanism_;
  const ServerPolicy policy_;
  const ChannelBindings bindings_;
  State state_ = State::kBegin;
  std::string first_;   // the first message; the views below refer to it
  std::string second_;  // the second
  std::string authorization_;
  std::string authentication_;
  std::string_view password_;
  std::string client_first_bare_;
  std::string channel_binding_;  // what the client must repeat: gs2-header and cbind-data
  std::string nonce_;            // the client's part, then both
  std::string auth_message_;
  std::string proof_;
};

}  // namespace mail::sasl
