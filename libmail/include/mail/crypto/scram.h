// What SCRAM-SHA-256 computes (RFC 5802 §3, RFC 7677), for both sides. The messages are
// `mail/sasl`'s.
//
// Names and passwords are taken as they are, octet by octet, as Dovecot takes them: RFC 5802's
// SASLprep changes only what is typed in unusual forms of Unicode.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/base/status.h"
#include "mail/crypto/secret.h"

namespace mail::crypto {

/// Iterations of new credentials: RFC 7677 §4's rule of thumb.
inline constexpr std::uint32_t kScramIterations = 15'000;
/// Fewer are not worth storing; more would let one login occupy a thread for seconds (attack B8).
inline constexpr std::uint32_t kScramMinIterations = 4096;
inline constexpr std::uint32_t kScramMaxIterations = 1'000'000;
inline constexpr std::size_t kScramSaltOctets = 16;
/// Of StoredKey, ServerKey, proof and signature.
inline constexpr std::size_t kScramKeyOctets = 32;

/// What a server keeps of a password. A value; who has it can pretend to be the server, and can try
/// passwords, but cannot log in with it.
struct ScramCredential {
  std::uint32_t iterations = 0;
  std::string salt;        // raw octets
  std::string stored_key;  // raw octets
  std::string server_key;  // raw octets

  bool operator==(const ScramCredential&) const = default;
};

/// Costs `iterations` rounds. `iterations` at least 1, the salt not empty.
ScramCredential make_scram_credential(std::string_view password, std::string_view salt,
                                      std::uint32_t iterations);

/// Dovecot's notation behind {SCRAM-SHA-256}: "4096,salt,storedkey,serverkey", the last three in
/// base64. Fails: InvalidArgument, also for iterations outside the limits.
StatusOr<ScramCredential> parse_scram_credential(std::string_view text);
std::string to_string(const ScramCredential& credential);

/// The credential of nobody: no proof fits it. The same `secret` and `name` always give the same
/// salt, so that asking twice does not tell who exists (attack B8).
ScramCredential fake_scram_credential(const Secret& secret, std::string_view name,
                                      std::uint32_t iterations, std::size_t salt_octets);

/// ServerSignature when the client's proof fits, else nullopt. Takes the same time for both.
std::optional<std::string> verify_scram_proof(const ScramCredential& credential,
                                              std::string_view auth_message,
                                              std::string_view proof);

/// The client's side. Costs `iterations` rounds.
struct ScramClientProof {
  std::string proof;             // ClientProof, raw octets
  std::string server_signature;  // what the server must answer with
};
ScramClientProof make_scram_proof(std::string_view password, std::string_view salt,
                                  std::uint32_t iterations, std::string_view auth_message);

}  // namespace mail::crypto
