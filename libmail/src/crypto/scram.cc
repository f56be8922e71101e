// RFC 5802 §3, word for word:
//
//     SaltedPassword  := Hi(password, salt, i)          (PBKDF2)
//     ClientKey       := HMAC(SaltedPassword, "Client Key")
//     StoredKey       := H(ClientKey)
//     ServerKey       := HMAC(SaltedPassword, "Server Key")
//     ClientSignature := HMAC(StoredKey, AuthMessage)
//     ClientProof     := ClientKey XOR ClientSignature
//     ServerSignature := HMAC(ServerKey, AuthMessage)
//
// Tested by tests/unit/crypto/scram_test.cc.
#include "mail/crypto/scram.h"

#include "crypto/base64.h"
#include "mail/base/ascii.h"
#include "mail/base/wipe.h"
#include "mail/crypto/digest.h"

namespace mail::crypto {
namespace {

std::string exclusive_or(std::string_view a, std::string_view b) {
  std::string result(a);
  for (std::size_t i = 0; i < result.size() && i < b.size(); ++i) {
    result[i] = static_cast<char>(result[i] ^ b[i]);
  }
  return result;
}

std::string salted_password(std::string_view password, std::string_view salt,
                            std::uint32_t iterations) {
  return pbkdf2(Algorithm::kSha256, password, salt, iterations, kScramKeyOctets);
}

}  // namespace

ScramCredential make_scram_credential(std::string_view password, std::string_view salt,
                                      std::uint32_t iterations) {
  std::string salted = salted_password(password, salt, iterations);
  std::string client_key = hmac(Algorithm::kSha256, salted, "Client Key");
  ScramCredential credential{.iterations = iterations,
                             .salt = std::string(salt),
                             .stored_key = sha256(client_key),
                             .server_key = hmac(Algorithm::kSha256, salted, "Server Key")};
  wipe(salted);
  wipe(client_key);
  return credential;
}

// credential = 1*DIGIT "," base64 "," base64 "," base64
StatusOr<ScramCredential> parse_scram_credential(std::string_view text) {
  std::string_view fields[4];
  for (int i = 0; i < 4; ++i) {
    const std::size_t comma = text.find(',');
    if ((comma == std::string_view::npos) != (i == 3)) {
      return invalid("a SCRAM credential has four fields");
    }
    fields[i] = text.substr(0, comma);
    text.remove_prefix(i == 3 ? text.size() : comma + 1);
  }
  const auto iterations = ascii::parse_number(fields[0], UINT32_MAX);
  if (!iterations || *iterations < kScramMinIterations || *iterations > kScramMaxIterations) {
    return invalid("a SCRAM credential has ", kScramMinIterations, " to ", kScramMaxIterations,
                   " iterations");
  }
  auto salt = decode_base64(fields[1]);
  auto stored_key = decode_base64(fields[2]);
  auto server_key = decode_base64(fields[3]);
  if (!salt || salt->empty() || !stored_key || stored_key->size() != kScramKeyOctets ||
      !server_key || server_key->size() != kScramKeyOctets) {
    return invalid("salt and keys of a SCRAM credential are base64, the keys of ", kScramKeyOctets,
                   " octets");
  }
  return ScramCredential{static_cast<std::uint32_t>(*iterations), std::move(*salt),
                         std::move(*stored_key), std::move(*server_key)};
}

std::string to_string(const ScramCredential& credential) {
  return cat(credential.iterations, ",", encode_base64(credential.salt), ",",
             encode_base64(credential.stored_key), ",", encode_base64(credential.server_key));
}

ScramCredential fake_scram_credential(const Secret& secret, std::string_view name,
                                      std::uint32_t iterations, std::size_t salt_octets) {
  const std::string octets = hmac(Algorithm::kSha512, secret.reveal(), name);
  ScramCredential credential;
  credential.iterations = iterations;
  credential.salt = octets.substr(0, salt_octets);
  // No ClientKey with this digest is known to anybody.
  credential.stored_key = hmac(Algorithm::kSha256, secret.reveal(), octets);
  credential.server_key = credential.stored_key;
  return credential;
}

std::optional<std::string> verify_scram_proof(const ScramCredential& credential,
                                              std::string_view auth_message,
                                              std::string_view proof) {
  const std::string signature = hmac(Algorithm::kSha256, credential.stored_key, auth_message);
  std::string client_key = exclusive_or(proof, signature);
  std::string answer = hmac(Algorithm::kSha256, credential.server_key, auth_message);
  const bool fits = proof.size() == kScramKeyOctets &&
                    constant_time_equal(sha256(client_key), credential.stored_key);
  wipe(client_key);
  if (!fits) return std::nullopt;
  return answer;
}

ScramClientProof make_scram_proof(std::string_view password, std::string_view salt,
                                  std::uint32_t iterations, std::string_view auth_message) {
  std::string salted = salted_password(password, salt, iterations);
  std::string client_key = hmac(Algorithm::kSha256, salted, "Client Key");
  std::string server_key = hmac(Algorithm::kSha256, salted, "Server Key");
  const std::string signature = hmac(Algorithm::kSha256, sha256(client_key), auth_message);
  ScramClientProof result{.proof = exclusive_or(client_key, signature),
                          .server_signature = hmac(Algorithm::kSha256, server_key, auth_message)};
  wipe(salted);
  wipe(client_key);
  wipe(server_key);
  return result;
}

}  // namespace mail::crypto
