// Comparing text as people do: case and compatibility forms do not count (RFC 5051,
// i;unicode-casemap).
#pragma once

#include <string>
#include <string_view>

namespace mail::text {

/// Unicode case folding with compatibility decomposition (NFKD); octets that are not UTF-8 become
/// U+FFFD. ASCII takes a fast path.
std::string casefold(std::string_view utf8);

/// True when `folded_needle` (made by `casefold`, once a search) occurs in the folded `haystack`.
/// An empty needle occurs everywhere.
bool contains_folded(std::string_view haystack, std::string_view folded_needle);

}  // namespace mail::text
