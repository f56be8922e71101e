// Making stored passwords: a random salt, and the cost that each scheme's users expect.
//
// Tested by tests/unit/crypto/password_hash_test.cc.
#include <array>

#include <argon2.h>
#include <crypt.h>

#include "crypto/base64.h"
#include "crypto/crypt_hash.h"
#include "mail/base/ascii.h"
#include "mail/base/wipe.h"
#include "mail/crypto/digest.h"
#include "mail/crypto/password.h"
#include "mail/crypto/random.h"
#include "mail/crypto/scram.h"

namespace mail::crypto {
namespace {

struct SchemeName {
  PasswordScheme scheme;
  std::string_view name;
};
constexpr std::array kNames = {
    SchemeName{PasswordScheme::kSha512Crypt, "SHA512-CRYPT"},
    SchemeName{PasswordScheme::kSha256Crypt, "SHA256-CRYPT"},
    SchemeName{PasswordScheme::kBlfCrypt, "BLF-CRYPT"},
    SchemeName{PasswordScheme::kArgon2id, "ARGON2ID"},
    SchemeName{PasswordScheme::kSsha512, "SSHA512"},
    SchemeName{PasswordScheme::kPbkdf2, "PBKDF2"},
    SchemeName{PasswordScheme::kScramSha256, "SCRAM-SHA-256"},
};

/// bcrypt ignores what comes behind: longer passwords would all be alike.
constexpr std::size_t kBcryptOctets = 72;
/// Each step doubles the work; Dovecot makes 5, which was enough long ago.
constexpr unsigned long kBcryptCost = 10;
constexpr std::size_t kDigestSaltOctets = 8;
constexpr std::uint32_t kPbkdf2Rounds = 5000;  // Dovecot's
constexpr std::size_t kPbkdf2SaltOctets = 12;  // 16 characters of base64
/// RFC 9106 §4 asks for more memory than a small mail server can give to each of its workers; this
/// is OWASP's least.
constexpr std::uint32_t kArgonMemory = 19456;  // KiB
constexpr std::uint32_t kArgonPasses = 2;
constexpr std::size_t kArgonOctets = 32;

StatusOr<std::string> crypt_hash(const char* prefix, unsigned long cost,
                                 std::string_view password) {
  const std::string entropy = random_bytes(16);
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  std::string hash;
  if (crypt_gensalt_rn(prefix, cost, entropy.data(), static_cast<int>(entropy.size()), setting,
                       sizeof setting) != nullptr) {
    hash = crypt_with(setting, password);
  }
  if (hash.empty()) return internal_error("this system's crypt library does not know ", prefix);
  return hash;
}

StatusOr<std::string> argon2_hash(std::string_view password) {
  const std::string salt = random_bytes(16);
  char encoded[256] = {};
  const int result =
      argon2id_hash_encoded(kArgonPasses, kArgonMemory, 1, password.data(), password.size(),
                            salt.data(), salt.size(), kArgonOctets, encoded, sizeof encoded);
  if (result != ARGON2_OK) return exhausted("Argon2: ", argon2_error_message(result));
  return std::string(encoded);
}

std::string salted_digest(std::string_view password) {
  const std::string salt = random_bytes(kDigestSaltOctets);
  Digest running(Algorithm::kSha512);
  running.update(password);
  running.update(salt);
  return encode_base64(running.finish() + salt);
}

std::string pbkdf2_hash(std::string_view password) {
  std::string salt = encode_base64(random_bytes(kPbkdf2SaltOctets));
  return cat("$1$", salt, "$", kPbkdf2Rounds, "$", pbkdf2_hex(password, salt, kPbkdf2Rounds));
}

StatusOr<std::string> hash_by(PasswordScheme scheme, std::string_view password) {
  switch (scheme) {
    case PasswordScheme::kSha512Crypt: return crypt_hash("$6$", 0, password);
    case PasswordScheme::kSha256Crypt: return crypt_hash("$5$", 0, password);
    case PasswordScheme::kBlfCrypt:
      if (password.size() > kBcryptOctets) {
        return invalid("BLF-CRYPT reads at most ", kBcryptOctets, " octets of a password");
      }
      return crypt_hash("$2y$", kBcryptCost, password);
    case PasswordScheme::kArgon2id: return argon2_hash(password);
    case PasswordScheme::kSsha512: return salted_digest(password);
    case PasswordScheme::kPbkdf2: return pbkdf2_hash(password);
    case PasswordScheme::kScramSha256:
      return to_string(
          make_scram_credential(password, random_bytes(kScramSaltOctets), kScramIterations));
  }
  return internal_error("unknown scheme");
}

}  // namespace

std::string_view to_string(PasswordScheme scheme) {
  for (const auto& [known, name] : kNames) {
    if (known == scheme) return name;
  }
  return "unknown";
}

std::optional<PasswordScheme> parse_password_scheme(std::string_view name) {
  for (const auto& [scheme, known] : kNames) {
    if (ascii::equal_ignoring_case(known, name)) return scheme;
  }
  return std::nullopt;
}

StatusOr<std::string> hash_password(std::string_view password, PasswordScheme scheme) {
  if (password.empty()) return invalid("Password must not be empty");
  if (password.size() > kMaxPasswordOctets) {
    return invalid("Password has ", password.size(), " octets; at most ", kMaxPasswordOctets,
                   " are allowed");
  }
  if (!is_possible_password(password)) return invalid("Password must not contain a NUL octet");
  MAIL_ASSIGN_OR_RETURN(const std::string hash, hash_by(scheme, password));
  return cat("{", to_string(scheme), "}", hash);
}

std::string generate_password() {
  constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";  // without l, o, 0, 1
  static_assert(kLetters.size() == 32);
  constexpr std::size_t kCharacters = 24;
  std::string random = random_bytes(kCharacters);
  std::string password;
  for (std::size_t i = 0; i < kCharacters; ++i) {
    if (i != 0 && i % 4 == 0) password += '-';
    password += kLetters[static_cast<unsigned char>(random[i]) % 32];
  }
  wipe(random);
  return password;
}

}  // namespace mail::crypto
