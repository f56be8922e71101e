// Secrets own plain heap memory, so that a move moves a pointer and leaves nothing behind, and the
// one place that frees it is the one place that wipes it.
//
// Tested by tests/unit/crypto/secret_test.cc.
#include "mail/crypto/secret.h"

#include <cstring>

#include <openssl/mem.h>

namespace mail::crypto {

bool constant_time_equal(std::string_view a, std::string_view b) {
  // The length is no secret: it is that of a digest, or of what the peer sent itself.
  if (a.size() != b.size()) return false;
  return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Secret::Secret(std::string_view bytes) : size_(bytes.size()) {
  if (size_ == 0) return;
  bytes_ = new char[size_];
  std::memcpy(bytes_, bytes.data(), size_);
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  return *this;
}

Secret::~Secret() {
  wipe(bytes_, size_);
  delete[] bytes_;
}

}  // namespace mail::crypto
