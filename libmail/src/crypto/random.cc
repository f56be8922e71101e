// Tested by tests/unit/crypto/digest_test.cc.
#include "mail/crypto/random.h"

#include <cstdint>

#include <openssl/rand.h>

namespace mail::crypto {

void fill_random(std::span<std::byte> to) {
  RAND_bytes(reinterpret_cast<std::uint8_t*>(to.data()), to.size());
}

std::string random_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  fill_random(std::as_writable_bytes(std::span<char>(bytes)));
  return bytes;
}

}  // namespace mail::crypto
