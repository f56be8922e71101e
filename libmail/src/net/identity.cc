// A CA and a server certificate under it, by BoringSSL's X.509 builder. Clients that check names
// look at subjectAltName alone (RFC 6125 §6.4.4), so every name goes there.
// Tested by tests/unit/net/tls_test.cc.
#include "mail/net/identity.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "mail/base/ascii.h"

namespace mail::net {
namespace {

constexpr std::size_t kMaxCommonName = 64;  // RFC 5280 A.1, ub-common-name

using Key = bssl::UniquePtr<EVP_PKEY>;
using Certificate = bssl::UniquePtr<X509>;

Key make_key() {
  bssl::UniquePtr<EC_KEY> ec(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  Key key(EVP_PKEY_new());
  if (!ec || !key || EC_KEY_generate_key(ec.get()) != 1 ||
      EVP_PKEY_set1_EC_KEY(key.get(), ec.get()) != 1) {
    return nullptr;
  }
  return key;
}

bool is_ip_address(const std::string& name) {
  in6_addr unused{};
  return inet_pton(AF_INET, name.c_str(), &unused) == 1 ||
         inet_pton(AF_INET6, name.c_str(), &unused) == 1;
}

/// The text goes into OpenSSL's extension language, where a comma would start another entry.
bool is_possible_name(const std::string& name) {
  if (name.empty() || name.size() > 253) return false;
  for (const char c : name) {
    if (!ascii::is_alnum(c) && c != '.' && c != '-' && c != '_' && c != ':' && c != '*') {
      return false;
    }
  }
  return name.find(':') == std::string::npos || is_ip_address(name);
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  bssl::UniquePtr<X509_EXTENSION> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, nid, const_cast<char*>(value.c_str())));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_common_name(X509_NAME* name, const std::string& text) {
  const std::string cut = text.substr(0, kMaxCommonName);
  return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(cut.data()),
                                    static_cast<int>(cut.size()), -1, 0) == 1;
}

/// Without extensions and signature.
Certificate make_certificate(const std::string& common_name, EVP_PKEY* key, WallTime now) {
  Certificate certificate(X509_new());
  std::uint8_t serial[16];
  RAND_bytes(serial, sizeof serial);
  serial[0] &= 0x7f;  // positive (RFC 5280 §4.1.2.2)
  bssl::UniquePtr<BIGNUM> number(BN_bin2bn(serial, sizeof serial, nullptr));
  if (!certificate || !number) return nullptr;
  const auto from = std::chrono::floor<seconds>(now) - std::chrono::days(1);
  const auto to = from + kIdentityLifetime;
  X509* x = certificate.get();
  const bool made =
      X509_set_version(x, X509_VERSION_3) == 1 &&
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)) != nullptr &&
      ASN1_TIME_set(X509_getm_notBefore(x), from.time_since_epoch().count()) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(x), to.time_since_epoch().count()) != nullptr &&
      set_common_name(X509_get_subject_name(x), common_name) && X509_set_pubkey(x, key) == 1;
  return made ? std::move(certificate) : nullptr;
}

Certificate make_authority(const std::string& name, EVP_PKEY* key, WallTime now) {
  Certificate ca = make_certificate(cat("CA of ", name), key, now);
  if (!ca) return nullptr;
  X509* x = ca.get();
  const bool made = X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
                    add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(x, x, NID_subject_key_identifier, "hash") &&
                    X509_sign(x, key, EVP_sha256()) > 0;
  return made ? std::move(ca) : nullptr;
}

Certificate make_leaf(std::span<const std::string> names, EVP_PKEY* key, X509* ca, EVP_PKEY* ca_key,
                      WallTime now) {
  std::string alternatives;
  for (const std::string& name : names) {
    append(alternatives, alternatives.empty() ? "" : ",",
           is_ip_address(name) ? "IP:" : "DNS:", name);
  }
  Certificate leaf = make_certificate(names.front(), key, now);
  if (!leaf) return nullptr;
  X509* x = leaf.get();
  const bool made = X509_set_issuer_name(x, X509_get_subject_name(ca)) == 1 &&
                    add_extension(x, ca, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(x, ca, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(x, ca, NID_ext_key_usage, "serverAuth") &&
                    add_extension(x, ca, NID_subject_key_identifier, "hash") &&
                    add_extension(x, ca, NID_authority_key_identifier, "keyid") &&
                    add_extension(x, ca, NID_subject_alt_name, alternatives) &&
                    X509_sign(x, ca_key, EVP_sha256()) > 0;
  return made ? std::move(leaf) : nullptr;
}

std::string contents(BIO* bio) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (BIO_mem_contents(bio, &data, &size) != 1) return {};
  return {reinterpret_cast<const char*>(data), size};
}

std::string to_pem(X509* certificate) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  return contents(bio.get());
}

std::string to_pem(EVP_PKEY* key) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return {};
  }
  return contents(bio.get());
}

}  // namespace

StatusOr<Identity> make_identity(std::span<const std::string> names, WallTime now) {
  if (names.empty()) return invalid("a certificate needs a host name");
  for (const std::string& name : names) {
    if (!is_possible_name(name)) {
      return invalid("'", name, "' cannot stand in a certificate: use a host name or an address");
    }
  }
  const Key ca_key = make_key();
  const Key key = make_key();
  if (!ca_key || !key) return internal_error("cannot make a key for ", names.front());
  const Certificate ca = make_authority(names.front(), ca_key.get(), now);
  if (!ca) return internal_error("cannot make a CA for ", names.front());
  const Certificate leaf = make_leaf(names, key.get(), ca.get(), ca_key.get(), now);
  if (!leaf) return internal_error("cannot make a certificate for ", names.front());
  return Identity{
      .certificate = to_pem(leaf.get()), .key = to_pem(key.get()), .authority = to_pem(ca.get())};
}

}  // namespace mail::net
