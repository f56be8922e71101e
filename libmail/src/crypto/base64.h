// Base64 for the notations of this module: `text` is a sibling.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail::crypto {

std::string encode_base64(std::string_view octets);
/// Padding may be missing: some tools leave it out. Fails: nullopt.
std::optional<std::string> decode_base64(std::string_view base64);

}  // namespace mail::crypto
