// Base64 by BoringSSL.
//
// Tested by tests/unit/crypto/password_test.cc and scram_test.cc.
#include "crypto/base64.h"

#include <cstdint>

#include <openssl/base64.h>

namespace mail::crypto {

std::string encode_base64(std::string_view octets) {
  // Room for the NUL that the encoder adds.
  std::string text((octets.size() + 2) / 3 * 4 + 1, '\0');
  const std::size_t size =
      EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(text.data()),
                      reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
  text.resize(size);
  return text;
}

std::optional<std::string> decode_base64(std::string_view base64) {
  std::string padded(base64);
  while (padded.size() % 4 != 0) padded += '=';
  std::string bytes(padded.size() / 4 * 3, '\0');
  std::size_t size = 0;
  if (EVP_DecodeBase64(reinterpret_cast<std::uint8_t*>(bytes.data()), &size, bytes.size(),
                       reinterpret_cast<const std::uint8_t*>(padded.data()), padded.size()) != 1) {
    return std::nullopt;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace mail::crypto
