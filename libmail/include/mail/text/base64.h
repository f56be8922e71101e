// Base64 (RFC 4648 §4): strict where a protocol defines the value, lenient where mail arrives as it
// is.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mail::text {

/// One line, padded.
std::string base64_encode(std::string_view octets);

/// In lines of at most `columns` characters, each ended by CRLF: a MIME body (RFC 2045 §6.8).
std::string base64_encode_lines(std::string_view octets, std::size_t columns = 76);

/// Strict: the alphabet, whole quanta, padding where it belongs, zero pad bits; nothing else. Two
/// different texts never decode to the same octets. Fails: nullopt.
std::optional<std::string> base64_decode(std::string_view text);

/// As a mail reader must (RFC 2045 §6.8): skips what is not in the alphabet, goes on behind
/// padding (concatenated parts), drops an incomplete last octet. Never fails.
std::string base64_decode_lenient(std::string_view text);

}  // namespace mail::text
