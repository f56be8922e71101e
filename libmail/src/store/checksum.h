// CRC-32C (Castagnoli, as in iSCSI): tells octets that a crash or a bad disk left from those
// that were written.
#pragma once

#include <cstdint>
#include <string_view>

namespace mail::store {

/// `before`: the checksum of what stands in front of `bytes`.
std::uint32_t checksum(std::string_view bytes, std::uint32_t before = 0);

}  // namespace mail::store
