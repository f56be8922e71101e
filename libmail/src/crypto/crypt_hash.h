// What verifying and making stored passwords share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mail::crypto {

/// The crypt hash of the password with the method, cost and salt of `setting`; empty when the
/// library refuses.
std::string crypt_with(std::string_view setting, std::string_view password);

/// An empty password is refused whatever is stored. crypt reads C strings: "secret\0x" must not
/// pass for "secret".
bool is_possible_password(std::string_view password);

/// Dovecot's {PBKDF2}: "$1$salt$rounds$hex", HMAC-SHA1, the salt as it is written.
struct Pbkdf2Hash {
  std::string_view salt;
  std::uint32_t rounds = 0;
  std::string_view hex;
};
std::optional<Pbkdf2Hash> parse_pbkdf2(std::string_view hash);
std::string pbkdf2_hex(std::string_view password, std::string_view salt, std::uint32_t rounds);

}  // namespace mail::crypto
