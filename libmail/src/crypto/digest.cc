// Digests over BoringSSL's EVP interface, which picks the processor's own instructions.
//
// Tested by tests/unit/crypto/digest_test.cc.
#include "mail/crypto/digest.h"

#include <cstdint>
#include <span>

#include <openssl/digest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "mail/crypto/random.h"

namespace mail::crypto {
namespace {

const EVP_MD* method(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kSha1: return EVP_sha1();
    case Algorithm::kSha256: return EVP_sha256();
    case Algorithm::kSha512: return EVP_sha512();
  }
  return EVP_sha512();
}

}  // namespace

std::size_t digest_size(Algorithm algorithm) { return EVP_MD_size(method(algorithm)); }

struct Digest::State {
  bssl::ScopedEVP_MD_CTX context;
  const EVP_MD* md = nullptr;
};

// Initialising and updating a digest in memory cannot fail: their results say nothing.
Digest::Digest(Algorithm algorithm) : state_(std::make_unique<State>()) {
  state_->md = method(algorithm);
  EVP_DigestInit_ex(state_->context.get(), state_->md, nullptr);
}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(std::string_view bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

std::string Digest::finish() {
  std::uint8_t octets[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(state_->context.get(), octets, &size);
  EVP_DigestInit_ex(state_->context.get(), state_->md, nullptr);
  return std::string(reinterpret_cast<const char*>(octets), size);
}

std::string digest(Algorithm algorithm, std::string_view bytes) {
  Digest running(algorithm);
  running.update(bytes);
  return running.finish();
}

std::string hmac(Algorithm algorithm, std::string_view key, std::string_view bytes) {
  std::uint8_t octets[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(method(algorithm), key.data(), key.size(),
       reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), octets, &size);
  return std::string(reinterpret_cast<const char*>(octets), size);
}

std::string pbkdf2(Algorithm algorithm, std::string_view password, std::string_view salt,
                   std::uint32_t iterations, std::size_t size) {
  std::string key(size, '\0');
  // Fails only for no iterations, or without memory: a key of zeros would fit nothing that is
  // stored, but might be stored itself.
  if (PKCS5_PBKDF2_HMAC(password.data(), password.size(),
                        reinterpret_cast<const std::uint8_t*>(salt.data()), salt.size(),
                        iterations == 0 ? 1 : iterations, method(algorithm), size,
                        reinterpret_cast<std::uint8_t*>(key.data())) != 1) {
    fill_random(std::as_writable_bytes(std::span(key)));
  }
  return key;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto octet = static_cast<unsigned char>(c);
    hex += kDigits[octet >> 4];
    hex += kDigits[octet & 15];
  }
  return hex;
}

}  // namespace mail::crypto
