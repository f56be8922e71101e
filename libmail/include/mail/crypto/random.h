// Random bytes from the system, fit for keys. The server layer takes randomness from its `Random`
// port; this is what stands behind that port, and what password salts use.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace mail::crypto {

/// Never fails: a system without randomness is aborted by the crypto library. Safe from any thread.
void fill_random(std::span<std::byte> to);

/// `size` raw octets.
std::string random_bytes(std::size_t size);

}  // namespace mail::crypto
