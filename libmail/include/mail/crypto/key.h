// RSA and Ed25519 keys that sign and verify, as DKIM needs them (RFC 6376, RFC 8301, RFC 8463).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "mail/base/status.h"
#include "mail/crypto/digest.h"

namespace mail::crypto {

enum class KeyType { kRsa, kEd25519 };

/// Smaller RSA keys prove nothing, bigger ones cost the verifier more than they are worth.
inline constexpr std::size_t kMinRsaBits = 512;
inline constexpr std::size_t kMaxRsaBits = 16384;

/// Immutable, cheap to copy, safe from any thread.
class PublicKey {
 public:
  /// DER: SubjectPublicKeyInfo (what RFC 6376 §3.6.1 means by p=), or RSAPublicKey (what RFC 6376
  /// writes and some publish). Fails: InvalidArgument.
  static StatusOr<PublicKey> from_der(std::string_view der);
  /// "-----BEGIN PUBLIC KEY-----"
  static StatusOr<PublicKey> from_pem(std::string_view pem);
  /// 32 octets (RFC 8463 §4: p= without any DER).
  static StatusOr<PublicKey> from_ed25519(std::string_view octets);

  KeyType type() const;
  /// Of an RSA modulus; 256 of Ed25519.
  std::size_t bits() const;
  /// SubjectPublicKeyInfo.
  std::string der() const;
  /// The 32 octets of an Ed25519 key; empty for RSA.
  std::string raw() const;

  /// RSA: PKCS #1 v1.5 over the digest of `message` by `algorithm` (RFC 8017 §8.2.2). Ed25519 signs
  /// the message itself (RFC 8032 §5.1): hand in what RFC 8463 §3 wants signed, the SHA-256 of the
  /// header hash input; `algorithm` plays no part.
  bool verify(std::string_view message, std::string_view signature,
              Algorithm algorithm = Algorithm::kSha256) const;

 private:
  friend class PrivateKey;
  struct State;
  explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

/// Immutable; the key is wiped with the last copy. Safe from any thread.
class PrivateKey {
 public:
  /// PKCS #8 or PKCS #1, not encrypted. Fails: InvalidArgument; the words hold nothing of the key.
  static StatusOr<PrivateKey> from_pem(std::string_view pem);
  static StatusOr<PrivateKey> from_der(std::string_view der);
  /// The seed of 32 octets (RFC 8032 §5.1.5).
  static StatusOr<PrivateKey> from_ed25519(std::string_view seed);
  /// A fresh one. `bits` of RSA: kMinRsaBits to kMaxRsaBits; slow from 2,048 on.
  static StatusOr<PrivateKey> make_rsa(std::size_t bits);
  static StatusOr<PrivateKey> make_ed25519();

  KeyType type() const;
  PublicKey public_key() const;
  /// PKCS #8.
  std::string pem() const;
  /// See PublicKey::verify. Fails: Internal, when the library refuses (an RSA key too small for the
  /// digest).
  StatusOr<std::string> sign(std::string_view message,
                             Algorithm algorithm = Algorithm::kSha256) const;

 private:
  explicit PrivateKey(std::shared_ptr<const PublicKey::State> state) : state_(std::move(state)) {}
  std::shared_ptr<const PublicKey::State> state_;
};

}  // namespace mail::crypto
