#include <catch2/catch.hpp>
#include <string>

#include "mail/crypto/password.h"

namespace mail::crypto {
namespace {

constexpr PasswordScheme kAll[] = {
    PasswordScheme::kSha512Crypt, PasswordScheme::kSha256Crypt, PasswordScheme::kBlfCrypt,
    PasswordScheme::kArgon2id,    PasswordScheme::kSsha512,     PasswordScheme::kPbkdf2,
    PasswordScheme::kScramSha256,
};

}  // namespace

TEST_CASE("a fresh hash of every scheme verifies, names its scheme, and is never made twice") {
  for (const PasswordScheme scheme : kAll) {
    CAPTURE(to_string(scheme));
    const auto first = hash_password(
        "s\xc3\xa9"
        "cret, =",
        scheme);
    const auto second = hash_password(
        "s\xc3\xa9"
        "cret, =",
        scheme);
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    CHECK(*first != *second);
    CHECK(first->starts_with(cat("{", to_string(scheme), "}")));
    CHECK(first->find('|') == std::string::npos);  // it is a field of postfix-accounts.cf
    CHECK(is_usable_password(*first));
    CHECK(verify_password(*first,
                          "s\xc3\xa9"
                          "cret, =") == PasswordVerdict::kMatch);
    CHECK(verify_password(*first,
                          "s\xc3\xa9"
                          "cret, ") == PasswordVerdict::kMismatch);
    CHECK(verify_password(*first, "") == PasswordVerdict::kMismatch);
    CHECK_FALSE(hash_password("", scheme).ok());
    CHECK_FALSE(hash_password(std::string(kMaxPasswordOctets + 1, 'x'), scheme).ok());
    CHECK_FALSE(hash_password(std::string_view("a\0b", 3), scheme).ok());
  }
}

TEST_CASE("BLF-CRYPT takes no more of a password than it reads") {
  CHECK(hash_password(std::string(72, 'x'), PasswordScheme::kBlfCrypt).ok());
  CHECK_FALSE(hash_password(std::string(73, 'x'), PasswordScheme::kBlfCrypt).ok());
}

TEST_CASE("schemes are known by name in any case") {
  for (const PasswordScheme scheme : kAll) {
    CHECK(parse_password_scheme(to_string(scheme)) == scheme);
  }
  CHECK(parse_password_scheme("scram-sha-256") == PasswordScheme::kScramSha256);
  CHECK_FALSE(parse_password_scheme("PLAIN"));
  CHECK_FALSE(parse_password_scheme(""));
}

TEST_CASE("the credential of a SCRAM password is found, and of no other") {
  const auto scram = hash_password("secret", PasswordScheme::kScramSha256);
  REQUIRE(scram.ok());
  const auto credential = scram_credential(*scram);
  REQUIRE(credential);
  CHECK(credential->iterations == kScramIterations);
  CHECK(credential->salt.size() == kScramSaltOctets);
  CHECK_FALSE(scram_credential("{PLAIN}secret"));
  CHECK_FALSE(scram_credential("{SCRAM-SHA-256}4096,broken"));
  CHECK_FALSE(scram_credential(""));
}

}  // namespace mail::crypto
