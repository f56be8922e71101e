// Tested by tests/unit/crypto/keyed_hash_test.cc.
#include "mail/crypto/keyed_hash.h"

#include <openssl/siphash.h>

namespace mail::crypto {

std::uint64_t keyed_hash(const HashKey& key, std::string_view bytes) {
  return SIPHASH_24(key.data(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace mail::crypto
