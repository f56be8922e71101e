#include "unit/net/pairs.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>

#include "mail/net/identity.h"

namespace mail::net::test {
namespace {

std::string contents(BIO* bio) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  REQUIRE(BIO_mem_contents(bio, &data, &size) == 1);
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

TlsPair ecdsa_pair(const std::vector<std::string>& names) {
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  const auto identity = make_identity(names, now);
  REQUIRE(identity.ok());
  TlsPair pair;
  pair.certificate = identity->certificate;
  pair.certificate_name = "ecdsa.pem";
  pair.key = identity->key;
  pair.key_name = "ecdsa-key.pem";
  return pair;
}

TlsPair rsa_pair(const std::vector<std::string>& names) {
  bssl::UniquePtr<BIGNUM> exponent(BN_new());
  bssl::UniquePtr<RSA> rsa(RSA_new());
  bssl::UniquePtr<EVP_PKEY> key(EVP_PKEY_new());
  REQUIRE(BN_set_word(exponent.get(), RSA_F4) == 1);
  REQUIRE(RSA_generate_key_ex(rsa.get(), 2048, exponent.get(), nullptr) == 1);
  REQUIRE(EVP_PKEY_set1_RSA(key.get(), rsa.get()) == 1);
  bssl::UniquePtr<X509> x(X509_new());
  X509_set_version(x.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x.get()), 3600 * 24);
  X509_set_pubkey(x.get(), key.get());
  std::string alternatives;
  for (const std::string& name : names) {
    append(alternatives, alternatives.empty() ? "DNS:" : ",DNS:", name);
  }
  X509V3_CTX context;
  X509V3_set_ctx(&context, x.get(), x.get(), nullptr, nullptr, 0);
  bssl::UniquePtr<X509_EXTENSION> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, NID_subject_alt_name, alternatives.data()));
  REQUIRE(extension);
  X509_add_ext(x.get(), extension.get(), -1);
  REQUIRE(X509_sign(x.get(), key.get(), EVP_sha256()) > 0);
  bssl::UniquePtr<BIO> certificate_bio(BIO_new(BIO_s_mem()));
  bssl::UniquePtr<BIO> key_bio(BIO_new(BIO_s_mem()));
  REQUIRE(PEM_write_bio_X509(certificate_bio.get(), x.get()) == 1);
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                        nullptr) == 1);
  TlsPair pair;
  pair.certificate = contents(certificate_bio.get());
  pair.certificate_name = "rsa.pem";
  pair.key = contents(key_bio.get());
  pair.key_name = "rsa-key.pem";
  return pair;
}

}  // namespace mail::net::test
