#include "mail/crypto/key.h"

#include <catch2/catch.hpp>

#include "crypto/base64.h"

namespace mail::crypto {
namespace {

// Made by OpenSSL; its private half was thrown away.
constexpr std::string_view kPublic =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDP1Ibc1PPKHX3M0buu9vatwL/m\n"
    "1+dPrPnCxQp5R6EokKTTJ/mAzNmcy9pYC3y2A3IyERnizFi/zHak5+S2Kmk7sQqF\n"
    "bBPB8Sd3/cQaxPaB7T5H5ZxrI0Z5PVlvrxDjFuuB5iRsuwk7GzfkdPlVSwl7Mp0B\n"
    "k9XxQwIk7a1q8iyAuQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
constexpr std::string_view kRsaPublicKey =
    "MIGJAoGBAM/UhtzU88odfczRu6729q3Av+bX50+s+cLFCnlHoSiQpNMn+YDM2ZzL2lgLfLYDcjIRGeLM"
    "WL/MdqTn5LYqaTuxCoVsE8HxJ3f9xBrE9oHtPkflnGsjRnk9WW+vEOMW64HmJGy7CTsbN+R0+VVLCXsy"
    "nQGT1fFDAiTtrWryLIC5AgMBAAE=";
// By the same: PKCS #1 v1.5 of "message".
constexpr std::string_view kSha256Signature =
    "BYYCfMFTfekC+O+Obzvi2D80W17o7sf0OGVPdUeBfc2SwHcZQqRoTzDXcFfgXrXfsEkp6EMJxyZA0UPn"
    "EeC4BP5guvw7AcNr22ZwaEu/vaATUIyHHl3IezgSTN4xW1LlmLipESX2Eiq3fU758Gcw42lSEqAHINDf"
    "NOrbUJ+FX14=";
constexpr std::string_view kSha1Signature =
    "dm4M89NAWy/17e6bLuTskGJiR3qeqJDNnz+FhcFtgPk33dx1pXnw0iXQDBswFUIz787WNnHlWCKaXxer"
    "AB8ielsu97bJ0qyiEo/WCOYDqzpsq4Vted7amR6Tl/6Ja9T06DXo+oYH8th71L2RmlRPumPrKPxBwmUm"
    "s7/j97DyLkk=";

// RFC 8463 §A.2, which is also RFC 8032 §7.1, test 1.
constexpr std::string_view kSeed = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
constexpr std::string_view kEd25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

std::string octets(std::string_view base64) { return decode_base64(base64).value(); }

/// Between the BEGIN and END lines.
std::string der_of(std::string_view pem) {
  std::string base64;
  for (std::string_view rest = pem; !rest.empty();) {
    const auto end = rest.find('\n');
    if (!rest.starts_with('-')) base64 += rest.substr(0, end);
    rest.remove_prefix(end + 1);
  }
  return octets(base64);
}

std::string pem_of(std::string_view label, std::string_view der) {
  constexpr std::size_t kColumns = 64;
  const std::string base64 = encode_base64(der);
  std::string pem = cat("-----BEGIN ", label, "-----\n");
  for (std::size_t at = 0; at < base64.size(); at += kColumns) {
    append(pem, base64.substr(at, kColumns), "\n");
  }
  append(pem, "-----END ", label, "-----\n");
  return pem;
}

/// The RSAPrivateKey inside a PrivateKeyInfo of 1,024 bits: behind two lengths of two octets, the
/// version and the AlgorithmIdentifier (RFC 5208 §5).
std::string pkcs1_of(std::string_view pkcs8) { return std::string(pkcs8.substr(4 + 3 + 15 + 4)); }

}  // namespace

TEST_CASE("an RSA key is read in every form, and signs alike") {
  const auto made = PrivateKey::make_rsa(1024);
  REQUIRE(made.ok());
  const std::string pkcs8 = der_of(made->pem());
  const std::string pkcs1 = pkcs1_of(pkcs8);
  const std::string sha256 = made->sign("message").value();
  const std::string sha1 = made->sign("message", Algorithm::kSha1).value();
  const PublicKey public_key = made->public_key();
  CHECK(public_key.verify("message", sha256));
  CHECK(public_key.verify("message", sha1, Algorithm::kSha1));
  CHECK_FALSE(public_key.verify("message", sha1));
  const StatusOr<PrivateKey> keys[] = {PrivateKey::from_pem(made->pem()),
                                       PrivateKey::from_der(pkcs8), PrivateKey::from_der(pkcs1),
                                       PrivateKey::from_pem(pem_of("PRIVATE KEY", pkcs8)),
                                       PrivateKey::from_pem(pem_of("RSA PRIVATE KEY", pkcs1))};
  for (const auto& key : keys) {
    REQUIRE(key.ok());
    CHECK(key->type() == KeyType::kRsa);
    CHECK(key->public_key().bits() == 1024);
    CHECK(key->public_key().der() == public_key.der());
    CHECK(key->sign("message").value() == sha256);
    CHECK(key->sign("message", Algorithm::kSha1).value() == sha1);
  }
}

TEST_CASE("an RSA public key is read in every form, and verifies nothing but what was signed") {
  const StatusOr<PublicKey> keys[] = {PublicKey::from_pem(kPublic),
                                      PublicKey::from_der(der_of(kPublic)),
                                      PublicKey::from_der(octets(kRsaPublicKey))};
  for (const auto& key : keys) {
    REQUIRE(key.ok());
    CHECK(key->type() == KeyType::kRsa);
    CHECK(key->raw().empty());
    CHECK(key->der() == der_of(kPublic));
    const std::string signature = octets(kSha256Signature);
    CHECK(key->verify("message", signature));
    CHECK(key->verify("message", octets(kSha1Signature), Algorithm::kSha1));
    CHECK_FALSE(key->verify("message", signature, Algorithm::kSha1));
    CHECK_FALSE(key->verify("messages", signature));
    CHECK_FALSE(key->verify("message", signature.substr(1)));
    CHECK_FALSE(key->verify("message", signature + "x"));
    CHECK_FALSE(key->verify("message", ""));
  }
}

TEST_CASE("Ed25519 agrees with RFC 8032 §7.1") {
  const auto key = PrivateKey::from_ed25519(octets(kSeed));
  REQUIRE(key.ok());
  CHECK(key->type() == KeyType::kEd25519);
  CHECK(key->public_key().raw() == octets(kEd25519));
  CHECK(key->public_key().bits() == 256);
  const auto signature = key->sign("");
  REQUIRE(signature.ok());
  CHECK(to_hex(*signature) ==
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b");
  const auto public_key = PublicKey::from_ed25519(octets(kEd25519));
  REQUIRE(public_key.ok());
  CHECK(public_key->verify("", *signature));
  CHECK_FALSE(public_key->verify("x", *signature));
  CHECK(PublicKey::from_der(public_key->der())->raw() == octets(kEd25519));
  CHECK(PrivateKey::from_pem(key->pem())->sign("").value() == *signature);
}

TEST_CASE("fresh keys sign, and their public keys verify") {
  const StatusOr<PrivateKey> keys[] = {PrivateKey::make_rsa(1024), PrivateKey::make_ed25519()};
  for (const auto& key : keys) {
    REQUIRE(key.ok());
    const auto signature = key->sign("message");
    REQUIRE(signature.ok());
    CHECK(PublicKey::from_der(key->public_key().der())->verify("message", *signature));
  }
  CHECK_FALSE(PrivateKey::make_rsa(kMinRsaBits - 1).ok());
  CHECK_FALSE(PrivateKey::make_rsa(kMaxRsaBits + 1).ok());
}

TEST_CASE("what is no key is refused, without a word of it") {
  const std::string with_appendix = der_of(kPublic) + "x";
  for (const std::string& der : {std::string(), std::string("key"), with_appendix,
                                 der_of(kPublic).substr(1), std::string(100, '\x30')}) {
    CHECK_FALSE(PublicKey::from_der(der).ok());
    CHECK_FALSE(PrivateKey::from_der(der).ok());
  }
  const std::string pkcs8 = PrivateKey::make_ed25519()->pem();
  CHECK_FALSE(PrivateKey::from_der(der_of(pkcs8) + "x").ok());
  const std::string encrypted = pem_of("ENCRYPTED PRIVATE KEY", der_of(pkcs8));
  for (const std::string_view pem : {std::string_view(), std::string_view("-----BEGIN X-----\n"),
                                     std::string_view(encrypted), kPublic}) {
    const auto key = PrivateKey::from_pem(pem);
    REQUIRE_FALSE(key.ok());
    CHECK(message_of(key.status()) == "this is no private key of RSA or Ed25519");
  }
  CHECK_FALSE(PublicKey::from_pem(pkcs8).ok());
  CHECK_FALSE(PublicKey::from_ed25519(std::string(31, 'x')).ok());
  CHECK_FALSE(PrivateKey::from_ed25519(std::string(33, 'x')).ok());
}

}  // namespace mail::crypto
