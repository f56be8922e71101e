// BoringSSL of this age takes one certificate an SSL_CTX and leaves the choice between several to
// its owner, who sees the ClientHello as it came. A TLS 1.2 client says with its suites which kind
// of key it wants, and with signature_algorithms what it can check; in TLS 1.3 the latter alone
// counts. Tested by tests/unit/net/tls_choice_test.cc.
#include "net/client_offer.h"

#include <string_view>

#include <openssl/bytestring.h>
#include <openssl/evp.h>

#include "mail/base/ascii.h"

namespace mail::net {
namespace {

CBS extension(const SSL_CLIENT_HELLO& hello, std::uint16_t type) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  CBS bytes{};
  if (SSL_early_callback_ctx_extension_get(&hello, type, &data, &size) == 1) {
    CBS_init(&bytes, data, size);
  }
  return bytes;
}

// server_name_list = 2OCTET *( name_type 2OCTET name )                       RFC 6066 §3
std::string server_name(const SSL_CLIENT_HELLO& hello) {
  CBS bytes = extension(hello, TLSEXT_TYPE_server_name);
  CBS list{};
  CBS name{};
  std::uint8_t type = 0;
  if (CBS_get_u16_length_prefixed(&bytes, &list) != 1 || CBS_get_u8(&list, &type) != 1 ||
      type != TLSEXT_NAMETYPE_host_name || CBS_get_u16_length_prefixed(&list, &name) != 1 ||
      CBS_len(&name) > TLSEXT_MAXLEN_host_name) {
    return {};
  }
  std::string text = ascii::to_lower(
      std::string_view(reinterpret_cast<const char*>(CBS_data(&name)), CBS_len(&name)));
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void note_signatures(CBS bytes, ClientOffer& offer) {
  CBS list{};
  std::uint16_t scheme = 0;
  if (CBS_get_u16_length_prefixed(&bytes, &list) != 1) return;
  while (CBS_get_u16(&list, &scheme) == 1) {
    switch (scheme) {
      case SSL_SIGN_ECDSA_SECP256R1_SHA256: offer.has_p256 = true; break;
      case SSL_SIGN_ECDSA_SECP384R1_SHA384: offer.has_p384 = true; break;
      case SSL_SIGN_ECDSA_SECP521R1_SHA512: offer.has_p521 = true; break;
      case SSL_SIGN_RSA_PSS_RSAE_SHA256:
      case SSL_SIGN_RSA_PSS_RSAE_SHA384:
      case SSL_SIGN_RSA_PSS_RSAE_SHA512:
      case SSL_SIGN_RSA_PKCS1_SHA256:
      case SSL_SIGN_RSA_PKCS1_SHA384:
      case SSL_SIGN_RSA_PKCS1_SHA512: offer.has_rsa_signature = true; break;
      default: break;
    }
  }
}

void note_suites(const SSL_CLIENT_HELLO& hello, ClientOffer& offer) {
  CBS list{};
  std::uint16_t suite = 0;
  CBS_init(&list, hello.cipher_suites, hello.cipher_suites_len);
  while (CBS_get_u16(&list, &suite) == 1) {
    switch (suite) {
      case 0xC02B:  // ECDHE-ECDSA: AES128-GCM, AES256-GCM, CHACHA20
      case 0xC02C:
      case 0xCCA9: offer.has_ecdsa_suite = true; break;
      case 0xC02F:  // ECDHE-RSA
      case 0xC030:
      case 0xCCA8: offer.has_rsa_suite = true; break;
      default: break;
    }
  }
}

bool speaks_1_3(const SSL_CLIENT_HELLO& hello) {
  CBS bytes = extension(hello, TLSEXT_TYPE_supported_versions);
  CBS list{};
  std::uint16_t version = 0;
  if (CBS_get_u8_length_prefixed(&bytes, &list) != 1) return false;
  while (CBS_get_u16(&list, &version) == 1) {
    if (version == TLS1_3_VERSION) return true;
  }
  return false;
}

}  // namespace

bool ClientOffer::can_check(int key_type, std::uint16_t signature) const {
  if (key_type == EVP_PKEY_RSA) return has_rsa_signature && (speaks_1_3 || has_rsa_suite);
  if (key_type != EVP_PKEY_EC || !(speaks_1_3 || has_ecdsa_suite)) return false;
  switch (signature) {
    case SSL_SIGN_ECDSA_SECP256R1_SHA256: return has_p256;
    case SSL_SIGN_ECDSA_SECP384R1_SHA384: return has_p384;
    case SSL_SIGN_ECDSA_SECP521R1_SHA512: return has_p521;
    default: return false;
  }
}

ClientOffer offer_of(const SSL_CLIENT_HELLO& hello) {
  ClientOffer offer;
  offer.server_name = server_name(hello);
  offer.speaks_1_3 = speaks_1_3(hello);
  note_signatures(extension(hello, TLSEXT_TYPE_signature_algorithms), offer);
  note_suites(hello, offer);
  return offer;
}

}  // namespace mail::net
