// ASCII rules for protocols that are ASCII. Never <cctype>: its answers change with the locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mail::ascii {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_alpha(char c) { return is_upper(c) || is_lower(c); }
constexpr bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }
constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
/// SP or HTAB (RFC 5234 WSP).
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
/// WSP, CR or LF.
constexpr bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
constexpr bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }
constexpr char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 32) : c; }

std::string to_lower(std::string_view s);
std::string to_upper(std::string_view s);
/// Most comparisons end at the length, inline.
bool equal_octets_ignoring_case(const char* a, const char* b, std::size_t size);
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && equal_octets_ignoring_case(a.data(), b.data(), a.size());
}
inline bool starts_with_ignoring_case(std::string_view s, std::string_view prefix) {
  return s.size() >= prefix.size() && equal_ignoring_case(s.substr(0, prefix.size()), prefix);
}

/// Without leading and trailing WSP, CR and LF.
std::string_view trim(std::string_view s);

/// The checked parser for integers from the wire: one or more digits, nothing else, at most `max`.
std::optional<std::uint64_t> parse_number(std::string_view digits, std::uint64_t max = UINT64_MAX);

}  // namespace mail::ascii
