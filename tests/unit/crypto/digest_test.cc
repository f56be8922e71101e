#include "mail/crypto/digest.h"

#include <catch2/catch.hpp>

#include "mail/crypto/random.h"

namespace crypto = mail::crypto;

TEST_CASE("digests of known texts are the standard's") {
  struct Row {
    crypto::Algorithm algorithm;
    std::string_view text, hex;
  };
  const Row table[] = {
      {crypto::Algorithm::kSha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {crypto::Algorithm::kSha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {crypto::Algorithm::kSha256, "abc",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {crypto::Algorithm::kSha256, "",
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {crypto::Algorithm::kSha512, "abc",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3"
       "feebbd454d4423643ce80e2a9ac94fa54ca49f"},
  };
  for (const Row& row : table) {
    CAPTURE(row.text);
    CHECK(crypto::to_hex(crypto::digest(row.algorithm, row.text)) == row.hex);
    CHECK(crypto::digest_size(row.algorithm) * 2 == row.hex.size());
  }
}

TEST_CASE("a digest fed in pieces equals the whole and can be used again") {
  crypto::Digest running(crypto::Algorithm::kSha256);
  running.update("a");
  running.update("");
  running.update("bc");
  CHECK(running.finish() == crypto::sha256("abc"));
  running.update("xyz");
  CHECK(running.finish() == crypto::sha256("xyz"));
}

TEST_CASE("HMAC-SHA256 agrees with RFC 4231 §4") {
  CHECK(crypto::to_hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(crypto::to_hex(crypto::hmac_sha256(std::string(131, '\xaa'),
                                           "Test Using Larger Than Block-Size Key - Hash Key "
                                           "First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("random bytes have the asked length and differ") {
  CHECK(crypto::random_bytes(0).empty());
  CHECK(crypto::random_bytes(32).size() == 32);
  CHECK(crypto::random_bytes(32) != crypto::random_bytes(32));
}
