// SipHash-2-4: a fast 64-bit hash under a secret key. Who does not know the key cannot make two
// inputs collide on purpose; no digest for anything that is kept from forgery.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mail::crypto {

using HashKey = std::array<std::uint64_t, 2>;

std::uint64_t keyed_hash(const HashKey& key, std::string_view bytes);

}  // namespace mail::crypto
