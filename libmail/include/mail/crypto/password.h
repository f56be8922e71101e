// Stored passwords in Dovecot's notation: `{SCHEME}hash`; without a prefix it is SHA512-CRYPT.
//
//   {SHA512-CRYPT} {SHA256-CRYPT} {BLF-CRYPT} {CRYPT}   libxcrypt
//   {ARGON2ID} {ARGON2I}                                libargon2
//   {PBKDF2}                                            HMAC-SHA1: $1$salt$rounds$hex
//   {SCRAM-SHA-256}                                     iterations,salt,StoredKey,ServerKey
//   {SSHA} {SSHA256} {SSHA512} {SHA} {SHA1} {SHA256} {SHA512}   digests, `.HEX` or `.B64` may
//   follow {PLAIN} {CLEARTEXT} {CLEAR}                         the password itself
//
// Scheme names are compared without case. Verification takes tens of milliseconds on purpose: call
// it through the `Worker` port. All functions are safe from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mail/base/status.h"
#include "mail/crypto/scram.h"

namespace mail::crypto {

enum class PasswordVerdict {
  kMatch,
  kMismatch,
  kUnknownScheme,  // "{MD4}…": report it, file and line; no password can match
  kMalformed,      // the scheme is known, its hash is not one
};
std::string_view to_string(PasswordVerdict verdict);

/// A longer password never matches and is never hashed: work must not grow with the peer's input.
/// libxcrypt's own limit (CRYPT_MAX_PASSPHRASE_SIZE, which counts the final NUL).
inline constexpr std::size_t kMaxPasswordOctets = 511;

PasswordVerdict verify_password(std::string_view stored, std::string_view password);

/// For a user that does not exist: the work of a SHA512-CRYPT verification, always kMismatch. So
/// the time of the answer does not tell who exists.
PasswordVerdict verify_nobody(std::string_view password);

/// kMatch or kMismatch means usable; nothing is hashed. For diagnostics when accounts are read.
bool is_usable_password(std::string_view stored, PasswordVerdict* why = nullptr);

/// What a SCRAM exchange needs, when that is how the password is stored.
std::optional<ScramCredential> scram_credential(std::string_view stored);

/// The schemes that new passwords may be stored in.
enum class PasswordScheme {
  kSha512Crypt,
  kSha256Crypt,
  kBlfCrypt,
  kArgon2id,
  kSsha512,
  kPbkdf2,
  kScramSha256,
};
std::string_view to_string(PasswordScheme scheme);
/// "SHA512-CRYPT", in any case. Fails: nullopt.
std::optional<PasswordScheme> parse_password_scheme(std::string_view name);

/// `{SHA512-CRYPT}$6$…` with a fresh random salt. Fails: InvalidArgument for an empty password, one
/// with a NUL octet, or one longer than kMaxPasswordOctets (BLF-CRYPT: than the 72 that it reads).
StatusOr<std::string> hash_password(std::string_view password,
                                    PasswordScheme scheme = PasswordScheme::kSha512Crypt);

/// A password for a program to keep: 120 random bits as six groups of four letters and digits,
/// none of which looks like another ("k7qm-x3fd-…").
std::string generate_password();

}  // namespace mail::crypto
