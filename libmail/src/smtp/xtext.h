// xtext: octets in the values of parameters and attributes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail::smtp {

/// `allow_utf8`: octets above 127 stand for themselves (RFC 6533 §3). Fails: nullopt where it is
/// not xtext.
std::optional<std::string> decode_xtext(std::string_view text, bool allow_utf8 = false);
std::string encode_xtext(std::string_view octets);

}  // namespace mail::smtp
