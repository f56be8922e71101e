// Both bindings are cheap beside the handshake: two rounds of HKDF, and one digest of a
// certificate.
//
// Tested by tests/unit/net/channel_binding_test.cc.
#include "net/channel_binding.h"

#include <cstdint>
#include <string_view>

#include <openssl/digest.h>
#include <openssl/obj.h>
#include <openssl/x509.h>

namespace mail::net {
namespace {

/// RFC 9266 §2: 32 octets, no context.
constexpr std::string_view kExporterLabel = "EXPORTER-Channel-Binding";
constexpr std::size_t kExporterOctets = 32;

std::string exporter_binding(const SSL* ssl) {
  // RFC 9266 §4: before TLS 1.3 only with the extended master secret (RFC 7627), or another
  // connection could have the same.
  if (SSL_version(ssl) < TLS1_3_VERSION && SSL_get_extms_support(ssl) != 1) return {};
  std::string octets(kExporterOctets, '\0');
  if (SSL_export_keying_material(
          const_cast<SSL*>(ssl), reinterpret_cast<std::uint8_t*>(octets.data()), octets.size(),
          kExporterLabel.data(), kExporterLabel.size(), nullptr, 0, 0) != 1) {
    return {};
  }
  return octets;
}

}  // namespace

// RFC 5929 §4.1: the digest of the certificate's signature; SHA-256 where that is MD5 or SHA-1;
// nothing where it has none, or more than one.
std::string end_point_binding(const X509* certificate) {
  int digest = NID_undef;
  int key = NID_undef;
  if (OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest, &key) != 1) return {};
  if (digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;
  const EVP_MD* method = digest == NID_undef ? nullptr : EVP_get_digestbynid(digest);
  if (method == nullptr) return {};
  std::uint8_t octets[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(certificate, method, octets, &size) != 1) return {};
  return std::string(reinterpret_cast<const char*>(octets), size);
}

ChannelBindings channel_bindings(const SSL* ssl) {
  ChannelBindings bindings;
  bindings.exporter = exporter_binding(ssl);
  // The connection's own configuration is gone after the handshake (it sheds it); the context that
  // was chosen for it is not.
  const X509* certificate = SSL_CTX_get0_certificate(SSL_get_SSL_CTX(ssl));
  if (certificate != nullptr) bindings.end_point = end_point_binding(certificate);
  return bindings;
}

}  // namespace mail::net
