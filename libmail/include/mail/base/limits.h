// Limits that more than one module must agree on. Each engine's own limits stand in its options
// struct; docs/limits.md lists them all.
#pragma once

#include <cstdint>

namespace mail::limits {

/// DMS's and Postfix's default for POSTFIX_MESSAGE_SIZE_LIMIT, in octets.
inline constexpr std::uint64_t kMessageSize = 10'240'000;

}  // namespace mail::limits
