// UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mail::text {

/// What stands where octets could not be read as text.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

bool is_ascii(std::string_view octets);
bool is_valid_utf8(std::string_view octets);

/// The length in octets of the longest valid beginning.
std::size_t valid_utf8_prefix(std::string_view octets);

/// Each maximal piece that is not UTF-8 becomes one U+FFFD (Unicode §3.9, "maximal subpart").
std::string sanitize_utf8(std::string_view octets);

/// Appends the UTF-8 form; a value that is no Unicode scalar value becomes U+FFFD.
void append_code_point(std::string& to, char32_t code_point);

/// The code point at `position`, which must be inside valid UTF-8; moves `position` behind it.
char32_t next_code_point(std::string_view utf8, std::size_t& position);

}  // namespace mail::text
