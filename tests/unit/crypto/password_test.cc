#include "mail/crypto/password.h"

#include <string>

#include <catch2/catch.hpp>

using namespace mail::crypto;

namespace {

// From docker-mailserver's own test configuration.
constexpr std::string_view kSha512 =
    "$6$DBEbjh4I9P7aROk8$XosqE.YI2Z4bUkWD1/"
    "bedrSNpw79nsO60yiAKk04jARhPVX5VD/SaVM5HWFDQyzftESVDjbVdhzn/d4TJxFwg0";

}  // namespace

TEST_CASE("every scheme accepts its password and nothing else") {
  const std::string table[] = {
      std::string(kSha512),
      "{SHA512-CRYPT}" + std::string(kSha512),
      "{sha512-crypt}" + std::string(kSha512),
      "{CRYPT}" + std::string(kSha512),
      "{SHA256-CRYPT}$5$abcdefgh$oWz3yhi5bvYMdaRPye7gIGmvGlE3SPNNKbR0gAll3aB",
      "{BLF-CRYPT}$2y$04$abcdefghijklmnopqrstuu9oZQP0E7UMk4NbKn6RLt8mFl9OFuldW",
      "{BLF-CRYPT}$2b$04$abcdefghijklmnopqrstuu9oZQP0E7UMk4NbKn6RLt8mFl9OFuldW",
      "{CRYPT}$y$j75$abcdefgh$vtVDqOmPuefP0J2Uj9QDFPGLfutjwivbKPuc1oj/c21",
      "{PLAIN}mypassword",
      "{CLEARTEXT}mypassword",
      "{SSHA}9hlWHrKHNTZFU8AkAzk1hODZIVFOYUNs",
      "{SSHA256}C/Z9G2jpqQOcGBCk8TjyPx+cwg7PUM/p/b2PZ8JcIEdOYUNs",
      "{SSHA512}/lJDc+rHKSkiSE5P5bvLDRY2V3PPp7t6McWAP8+AXuGknUmjIT4L2xOpIdECr8+IMt/"
      "Co20dnOWo/yiCDzFZDE5hQ2w=",
      "{SHA}kd/Z3bQZiv/FwZTNjObTOP3kcOI=",
      "{SHA1}kd/Z3bQZiv/FwZTNjObTOP3kcOI",
      "{SHA256.B64}ieAVNqwgcnlAnU3h5SU+AfShdp5pbbDWBiypuPVnZ8g=",
      "{SHA256.HEX}89e01536ac207279409d4de1e5253e01f4a1769e696db0d6062ca9b8f56767c8",
      "{ARGON2ID}$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AK5V51Yci0hCi/53h20j2Q",
      "{PBKDF2}$1$saltsalt$5000$656dc18c7c3935c8e389fa11e7b5ab6c07c6cbee",
      "{SCRAM-SHA-256}4096,MDEyMzQ1Njc4OWFiY2RlZg==,e87sajvCmS1j5xutcDeLulJeNVfadmNr2vjw0D7KPZM=,"
      "lok8e+N6k6+3QasUpm4mqNmIqOh+NlTIMQZ6jwrLyrs=",
      "{ARGON2I}$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$SsdAeIP5iP8MsTXGH/8D4w",
  };
  for (const std::string& stored : table) {
    CAPTURE(stored);
    CHECK(is_usable_password(stored));
    CHECK(verify_password(stored, "mypassword") == PasswordVerdict::kMatch);
    CHECK(verify_password(stored, "mypasswore") == PasswordVerdict::kMismatch);
    CHECK(verify_password(stored, "") == PasswordVerdict::kMismatch);
    CHECK(verify_password(stored, std::string_view("mypassword\0x", 12)) ==
          PasswordVerdict::kMismatch);
  }
}

TEST_CASE("an unknown scheme and a broken hash are told apart") {
  struct Row {
    std::string_view stored;
    PasswordVerdict verdict;
  };
  const Row table[] = {
      {"{MD4}abc", PasswordVerdict::kUnknownScheme},
      {"{}abc", PasswordVerdict::kUnknownScheme},
      {"{SHA512-CRYPT", PasswordVerdict::kUnknownScheme},
      {"{SSHA.ROT13}abc", PasswordVerdict::kUnknownScheme},
      {"", PasswordVerdict::kMalformed},
      {"mypassword", PasswordVerdict::kMalformed},
      {"{SHA512-CRYPT}", PasswordVerdict::kMalformed},
      {"{SHA512-CRYPT}$6$", PasswordVerdict::kMalformed},
      {"{SHA512-CRYPT}$9$abcdefghijkl", PasswordVerdict::kMalformed},
      {"{SHA512-CRYPT}abJnggxhB/yWI", PasswordVerdict::kMalformed},  // DES
      {"{PLAIN}", PasswordVerdict::kMalformed},
      {"{SSHA}!!!!", PasswordVerdict::kMalformed},
      {"{SSHA}kd/Z3bQZiv/FwZTNjObTOP3kcOI=", PasswordVerdict::kMalformed},  // no salt
      {"{SHA256.HEX}89e0", PasswordVerdict::kMalformed},
      {"{PBKDF2}$1$salt$5000$abc", PasswordVerdict::kMalformed},
      {"{PBKDF2}$2$salt$5000$0000000000000000000000000000000000000000",
       PasswordVerdict::kMalformed},
      {"{PBKDF2}$1$salt$0$0000000000000000000000000000000000000000", PasswordVerdict::kMalformed},
      {"{PBKDF2}$1$salt$1000001$0000000000000000000000000000000000000000",
       PasswordVerdict::kMalformed},
      {"{PBKDF2}$1$salt$0000000000000000000000000000000000000000", PasswordVerdict::kMalformed},
      {"{SCRAM-SHA-256}4096,c2FsdA==,AAAA,AAAA", PasswordVerdict::kMalformed},
      {"{SCRAM-SHA-256}", PasswordVerdict::kMalformed},
      {"{SCRAM-SHA-1}4096,c2FsdA==,AAAA,AAAA", PasswordVerdict::kUnknownScheme},
      {"{ARGON2ID}$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$SsdA", PasswordVerdict::kMalformed},
  };
  for (const Row& row : table) {
    CAPTURE(row.stored);
    CHECK(verify_password(row.stored, "mypassword") == row.verdict);
    PasswordVerdict why = PasswordVerdict::kMatch;
    CHECK_FALSE(is_usable_password(row.stored, &why));
    CHECK(why == row.verdict);
  }
}

TEST_CASE("a fresh hash verifies and no two are alike") {
  const auto first = hash_password("may be \\a `p^a.*ssword");
  const auto second = hash_password("may be \\a `p^a.*ssword");
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(first->starts_with("{SHA512-CRYPT}$6$"));
  CHECK(*first != *second);
  CHECK(verify_password(*first, "may be \\a `p^a.*ssword") == PasswordVerdict::kMatch);
  CHECK(verify_password(*first, "may be") == PasswordVerdict::kMismatch);
}

TEST_CASE("an empty password, one with NUL and one over the limit are refused") {
  CHECK_FALSE(hash_password("").ok());
  CHECK_FALSE(hash_password(std::string_view("a\0b", 3)).ok());
  CHECK_FALSE(hash_password(std::string(kMaxPasswordOctets + 1, 'x')).ok());
  for (const std::size_t size : {kMaxPasswordOctets - 1, kMaxPasswordOctets}) {
    const std::string longest(size, 'x');
    const auto hash = hash_password(longest);
    REQUIRE(hash.ok());
    CHECK(verify_password(*hash, longest) == PasswordVerdict::kMatch);
  }
  CHECK(verify_password("{PLAIN}" + std::string(kMaxPasswordOctets + 1, 'x'),
                        std::string(kMaxPasswordOctets + 1, 'x')) == PasswordVerdict::kMismatch);
}

TEST_CASE("nobody's password never matches") {
  CHECK(verify_nobody("mypassword") == PasswordVerdict::kMismatch);
  CHECK(verify_nobody("") == PasswordVerdict::kMismatch);
}
