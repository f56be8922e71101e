#include "mail/crypto/key.h"

#include <catch2/catch.hpp>

#include "crypto/base64.h"

namespace mail::crypto {
namespace {

// Made by OpenSSL for this test, and used for nothing else.
constexpr std::string_view kPkcs1 =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIICXAIBAAKBgQDP1Ibc1PPKHX3M0buu9vatwL/m1+dPrPnCxQp5R6EokKTTJ/mA\n"
    "zNmcy9pYC3y2A3IyERnizFi/zHak5+S2Kmk7sQqFbBPB8Sd3/cQaxPaB7T5H5Zxr\n"
    "I0Z5PVlvrxDjFuuB5iRsuwk7GzfkdPlVSwl7Mp0Bk9XxQwIk7a1q8iyAuQIDAQAB\n"
    "AoGBALp8Iz9IPjDf4Z/FmjlXFOW4DPngRYhy1/HyyIEmyu8RSzTFq9Xs+l79dECI\n"
    "njDcSr2uJqIhZolDuDokck8bIyxzsCs3zUIWzOgATNey7YmJOWwOr9qlRBPQXbLT\n"
    "cKjWPUkMyEYtQV3akpRgCcVEhcpUsfxRKag1MqRWjl8sOygBAkEA9zmDGkhPH4GO\n"
    "QRtohc4QLa+4EmRK1C36B80eeMy2U4odxzZqEdFSq2+o8H7rgN6aDIlxxY/SH3xx\n"
    "6oMc8UkUgQJBANc1Czw1gQcg3TPxwNlCY1Fwvq75XP9tXTU+2XcZDMVxgFsjhpFm\n"
    "Lb3M0RXcOeS6Cc5xcwIPk9sLfKAxvcau8DkCQFZirkDcy2kC6CYv4ZH/sv+DyxoC\n"
    "GXOSrS9UqTUkswD13fniNaYMMorc9Xczoi7hmYqP7EVQP+fooBWFwvM8ygECQA5x\n"
    "+goVkU6YLyDgdlBe+2mpBrOZ+1sNzTbYvCIZZVkPcE0tykeSMznNOK+d86jdr/DS\n"
    "fqTBxOvsDnZ2QEXI0kkCQHpfW4HGeBf0opZRcSiwmQzDbRz9ZdiduE41rWZBI6QK\n"
    "3SV5hFYqlQjzkrKtP6K0Aesbe7MU9+MK7S3AlX6oNbI=\n"
    "-----END RSA PRIVATE KEY-----\n";
constexpr std::string_view kPkcs8 =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAM/UhtzU88odfczR\n"
    "u6729q3Av+bX50+s+cLFCnlHoSiQpNMn+YDM2ZzL2lgLfLYDcjIRGeLMWL/MdqTn\n"
    "5LYqaTuxCoVsE8HxJ3f9xBrE9oHtPkflnGsjRnk9WW+vEOMW64HmJGy7CTsbN+R0\n"
    "+VVLCXsynQGT1fFDAiTtrWryLIC5AgMBAAECgYEAunwjP0g+MN/hn8WaOVcU5bgM\n"
    "+eBFiHLX8fLIgSbK7xFLNMWr1ez6Xv10QIieMNxKva4moiFmiUO4OiRyTxsjLHOw\n"
    "KzfNQhbM6ABM17LtiYk5bA6v2qVEE9BdstNwqNY9SQzIRi1BXdqSlGAJxUSFylSx\n"
    "/FEpqDUypFaOXyw7KAECQQD3OYMaSE8fgY5BG2iFzhAtr7gSZErULfoHzR54zLZT\n"
    "ih3HNmoR0VKrb6jwfuuA3poMiXHFj9IffHHqgxzxSRSBAkEA1zULPDWBByDdM/HA\n"
    "2UJjUXC+rvlc/21dNT7ZdxkMxXGAWyOGkWYtvczRFdw55LoJznFzAg+T2wt8oDG9\n"
    "xq7wOQJAVmKuQNzLaQLoJi/hkf+y/4PLGgIZc5KtL1SpNSSzAPXd+eI1pgwyitz1\n"
    "dzOiLuGZio/sRVA/5+igFYXC8zzKAQJADnH6ChWRTpgvIOB2UF77aakGs5n7Ww3N\n"
    "Nti8IhllWQ9wTS3KR5IzOc04r53zqN2v8NJ+pMHE6+wOdnZARcjSSQJAel9bgcZ4\n"
    "F/SillFxKLCZDMNtHP1l2J24TjWtZkEjpArdJXmEViqVCPOSsq0/orQB6xt7sxT3\n"
    "4wrtLcCVfqg1sg==\n"
    "-----END PRIVATE KEY-----\n";
constexpr std::string_view kEncrypted =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIIC3TBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIUTlnMmye8r8CAggA\n"
    "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBAMj8p3Q4tXZipeq1zCw4WrBIIC\n"
    "gM5vAXZkJzO1f0DZr5e6WXZgHAavaL3Z1vxsH8syPDclDXvnliTD9KvmzYay2Kgj\n"
    "D+m3QI4UGgkVJjkiYGZ/9VwE18y4E5OxVVdRwfZSkOftvhd3De+s5tsZAND/kN6D\n"
    "GB4SsgBYL32aI+Bs0OtyMCvVPdrkgoWL364dbeBh9u4I7YjbUwPO/RrMGCjP4R2J\n"
    "BM2NqWsEwHxGTCrbPAfbMZtJgWCAChe8vq65IPzDlOGcmZm3HUyHX8BP2tGpPgT9\n"
    "DbwNLDRLLisRcn0GIE0YORAYj2fB2Mfq+wFa/pEtcdNiJZFx/cZiKC4vtyK71CN3\n"
    "Oez7UWtckY19tIL+ScjuXyFYN20eCTzmUwGpfmWu9P1aCPhvw7CZiJkgPRHfeYVH\n"
    "ue6ivsjXIi3jS93U46WZxbDtZEzYzNJBm8qGDKcoTUz3fwNphfIqWLk2K/T45bdE\n"
    "Sx7tGP+47+nC/YXJdRMvIcFk508j0/5MJNfynznNqGBMstrMMplj1oG9jUaOZg4P\n"
    "6rFtxTiI6HF1Au2jItfB6kXZKE8c0X8iRSup5yZqvKILe8uP5hDe766mAM1Vq6yQ\n"
    "ekaz/VDwQqQDpi0Cvsv5UL2IQSrMnO6m0GsU6d6nBTIFuHEEI9CWbVlywBy8k1Rg\n"
    "Pnuu+vHOP0rzUUUxUUGGO7UU3cX7KSntph5gg+vdJHHd7oP09fxIB396snC2OL3c\n"
    "Vs6AHlWHFMgyE1IWCXEr6AjVJvXuzTk34r0ddZ2ElT4hpN/keGej64wgK7QE8yzL\n"
    "Xiplhl4w2YTyx/IgsdPmTTRaDeOCOwEIzbosOk8jin/FNw9dBqSoD2dpyFpC4NkW\n"
    "Ic3vBgcRgRFIDS3ZrwLQWrw=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";
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

}  // namespace

TEST_CASE("an RSA key is read in every form, and signs what OpenSSL signs") {
  const StatusOr<PrivateKey> keys[] = {PrivateKey::from_pem(kPkcs1), PrivateKey::from_pem(kPkcs8),
                                       PrivateKey::from_der(der_of(kPkcs1)),
                                       PrivateKey::from_der(der_of(kPkcs8))};
  for (const auto& key : keys) {
    REQUIRE(key.ok());
    CHECK(key->type() == KeyType::kRsa);
    CHECK(key->public_key().bits() == 1024);
    CHECK(key->sign("message").value() == octets(kSha256Signature));
    CHECK(key->sign("message", Algorithm::kSha1).value() == octets(kSha1Signature));
  }
  const auto again = PrivateKey::from_pem(keys[0]->pem());
  REQUIRE(again.ok());
  CHECK(again->sign("message").value() == octets(kSha256Signature));
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
  CHECK_FALSE(PrivateKey::from_der(der_of(kPkcs8) + "x").ok());
  for (const std::string_view pem :
       {std::string_view(), std::string_view("-----BEGIN X-----\n"), kEncrypted, kPublic}) {
    const auto key = PrivateKey::from_pem(pem);
    REQUIRE_FALSE(key.ok());
    CHECK(message_of(key.status()) == "this is no private key of RSA or Ed25519");
  }
  CHECK_FALSE(PublicKey::from_pem(kPkcs8).ok());
  CHECK_FALSE(PublicKey::from_ed25519(std::string(31, 'x')).ok());
  CHECK_FALSE(PrivateKey::from_ed25519(std::string(33, 'x')).ok());
}

}  // namespace mail::crypto
