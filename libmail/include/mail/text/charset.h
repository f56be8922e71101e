// Charsets by their MIME names, through iconv. Safe from any thread: nothing is kept between calls.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail::text {

/// True when text in this charset can be converted: what SEARCH CHARSET accepts (RFC 3501 §6.4.4).
bool is_known_charset(std::string_view charset);

/// Text for people and for SEARCH: never fails. Octets that mean nothing in the charset become
/// U+FFFD; in an unknown charset every run of octets outside ASCII does. "us-ascii" and "" with
/// octets outside ASCII are taken as UTF-8 if they are valid UTF-8.
std::string to_utf8(std::string_view octets, std::string_view charset);

/// Exact: nullopt for an unknown charset and for octets that mean nothing in it.
std::optional<std::string> to_utf8_exactly(std::string_view octets, std::string_view charset);

}  // namespace mail::text
