// Digests and HMAC. SHA-1 is here for formats that are fixed (SSHA passwords, SRS), not for new
// uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mail::crypto {

enum class Algorithm { kSha1, kSha256, kSha512 };

/// Octets of a digest: 20, 32, 64.
std::size_t digest_size(Algorithm algorithm);

/// A running digest. A resource; one thread at a time.
class Digest {
 public:
  explicit Digest(Algorithm algorithm);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void update(std::string_view bytes);
  /// The raw octets; the digest then starts anew.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Raw octets, not hex.
std::string digest(Algorithm algorithm, std::string_view bytes);
inline std::string sha1(std::string_view bytes) { return digest(Algorithm::kSha1, bytes); }
inline std::string sha256(std::string_view bytes) { return digest(Algorithm::kSha256, bytes); }
inline std::string sha512(std::string_view bytes) { return digest(Algorithm::kSha512, bytes); }

/// RFC 2104: as many raw octets as the digest has.
std::string hmac(Algorithm algorithm, std::string_view key, std::string_view bytes);
inline std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  return hmac(Algorithm::kSha256, key, bytes);
}

/// PBKDF2 with HMAC (RFC 8018 §5.2): `size` raw octets. Costs `iterations` (at least 1) rounds.
std::string pbkdf2(Algorithm algorithm, std::string_view password, std::string_view salt,
                   std::uint32_t iterations, std::size_t size);

/// Lower-case hex of raw octets.
std::string to_hex(std::string_view bytes);

}  // namespace mail::crypto
