#pragma once

#include <cstdint>
#include <string>

#include <openssl/ssl.h>

namespace mail::net {

/// What of a ClientHello decides which certificate it is answered with. A value.
struct ClientOffer {
  std::string server_name;  // SNI in lower case, without a final dot; empty: none
  bool speaks_1_3 = false;
  bool has_ecdsa_suite = false;  // of TLS 1.2, among those that we speak; the next likewise
  bool has_rsa_suite = false;
  bool has_rsa_signature = false;
  /// The ECDSA schemes of RFC 8446 §4.2.3 that it accepts.
  bool has_p256 = false;
  bool has_p384 = false;
  bool has_p521 = false;

  bool can_check(int key_type, std::uint16_t signature) const;
};

/// Malformed extensions count as absent: BoringSSL refuses them a moment later.
ClientOffer offer_of(const SSL_CLIENT_HELLO& hello);

}  // namespace mail::net
