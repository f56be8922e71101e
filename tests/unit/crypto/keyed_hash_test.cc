#include "mail/crypto/keyed_hash.h"

#include <string>

#include <catch2/catch.hpp>

namespace mail::crypto {
namespace {

// The vectors of SipHash's authors: key 00 01 … 0f, input 00 01 … of n octets.
TEST_CASE("The keyed hash is SipHash-2-4") {
  const HashKey key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string input;
  const auto next = [&] { input.push_back(static_cast<char>(input.size())); };
  CHECK(keyed_hash(key, input) == 0x726fdb47dd0e0e31);
  next();
  CHECK(keyed_hash(key, input) == 0x74f839c593dc67fd);
  while (input.size() < 15) next();
  CHECK(keyed_hash(key, input) == 0xa129ca6149be45e5);
  CHECK(keyed_hash({1, 2}, input) != keyed_hash(key, input));
}

}  // namespace
}  // namespace mail::crypto
