#include "mail/crypto/scram.h"

#include <catch2/catch.hpp>

#include "crypto/base64.h"
#include "mail/crypto/digest.h"

namespace mail::crypto {
namespace {

// RFC 7677 §3
constexpr std::string_view kAuthMessage =
    "n=user,r=rOprNGfwEbeRWgbNEkqO,"
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view kProof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
constexpr std::string_view kSignature = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
const std::string kSalt = decode_base64("W22ZaJ0SNY7soEsUEjb6gQ==").value();

}  // namespace

TEST_CASE("SCRAM-SHA-256 computes what RFC 7677 §3 shows") {
  const ScramClientProof client = make_scram_proof("pencil", kSalt, 4096, kAuthMessage);
  CHECK(encode_base64(client.proof) == kProof);
  CHECK(encode_base64(client.server_signature) == kSignature);
  const ScramCredential credential = make_scram_credential("pencil", kSalt, 4096);
  const auto signature = verify_scram_proof(credential, kAuthMessage, client.proof);
  REQUIRE(signature);
  CHECK(encode_base64(*signature) == kSignature);
}

TEST_CASE("A proof of another password, message or length does not fit") {
  const ScramCredential credential = make_scram_credential("pencil", kSalt, 4096);
  const std::string proof = make_scram_proof("pencil", kSalt, 4096, kAuthMessage).proof;
  const std::string other = make_scram_proof("pencils", kSalt, 4096, kAuthMessage).proof;
  CHECK_FALSE(verify_scram_proof(credential, kAuthMessage, other));
  CHECK_FALSE(verify_scram_proof(credential, "another message", proof));
  CHECK_FALSE(verify_scram_proof(credential, kAuthMessage, ""));
  CHECK_FALSE(verify_scram_proof(credential, kAuthMessage, proof.substr(1)));
  CHECK_FALSE(verify_scram_proof(credential, kAuthMessage, proof + "x"));
}

TEST_CASE("A SCRAM credential is read and written in Dovecot's notation") {
  const ScramCredential credential = make_scram_credential("pencil", kSalt, 4096);
  const std::string text = to_string(credential);
  CHECK(text.starts_with("4096,W22ZaJ0SNY7soEsUEjb6gQ==,"));
  const auto parsed = parse_scram_credential(text);
  REQUIRE(parsed.ok());
  CHECK(*parsed == credential);
}

TEST_CASE("What is no SCRAM credential is refused") {
  const std::string key = encode_base64(std::string(32, 'k'));
  const std::string short_key = encode_base64(std::string(31, 'k'));
  const struct {
    std::string text;
    bool is_good;
  } cases[] = {
      {cat("4096,c2FsdA==,", key, ",", key), true},
      {cat("4096,c2FsdA,", key, ",", key), true},  // padding left out
      {cat("1000000,c2FsdA==,", key, ",", key), true},
      {cat("4095,c2FsdA==,", key, ",", key), false},
      {cat("1000001,c2FsdA==,", key, ",", key), false},
      {cat("99999999999999999999,c2FsdA==,", key, ",", key), false},
      {cat("-1,c2FsdA==,", key, ",", key), false},
      {cat(",c2FsdA==,", key, ",", key), false},
      {cat("4096,,", key, ",", key), false},
      {cat("4096,!,", key, ",", key), false},
      {cat("4096,c2FsdA==,", short_key, ",", key), false},
      {cat("4096,c2FsdA==,", key, ",", short_key), false},
      {cat("4096,c2FsdA==,", key), false},
      {cat("4096,c2FsdA==,", key, ",", key, ","), false},
      {cat("4096,c2FsdA==,", key, ",", key, ",x"), false},
      {"", false},
      {",,,", false},
  };
  for (const auto& c : cases) {
    CAPTURE(c.text);
    CHECK(parse_scram_credential(c.text).ok() == c.is_good);
  }
}

TEST_CASE("A name that does not exist always has the same salt, and no proof fits") {
  const Secret secret("server secret");
  const auto ann = fake_scram_credential(secret, "ann@example.com", 4096, 16);
  CHECK(ann == fake_scram_credential(secret, "ann@example.com", 4096, 16));
  CHECK(ann.salt.size() == 16);
  CHECK(ann.iterations == 4096);
  CHECK(ann.salt != fake_scram_credential(secret, "bob@example.com", 4096, 16).salt);
  CHECK(ann.salt != fake_scram_credential(Secret("another"), "ann@example.com", 4096, 16).salt);
  const auto guess = make_scram_proof("", ann.salt, 4096, kAuthMessage);
  CHECK_FALSE(verify_scram_proof(ann, kAuthMessage, guess.proof));
}

TEST_CASE("PBKDF2 agrees with RFC 6070 and RFC 7914 §11") {
  CHECK(to_hex(pbkdf2(Algorithm::kSha1, "password", "salt", 1, 20)) ==
        "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  CHECK(to_hex(pbkdf2(Algorithm::kSha1, "password", "salt", 4096, 20)) ==
        "4b007901b765489abead49d926f721d065a429c1");
  CHECK(to_hex(pbkdf2(Algorithm::kSha256, "passwd", "salt", 1, 64)) ==
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
        "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
}

}  // namespace mail::crypto
