#include "mail/crypto/secret.h"

#include <type_traits>

#include <catch2/catch.hpp>

using mail::crypto::constant_time_equal;
using mail::crypto::Secret;

TEST_CASE("a secret can be moved and cloned but not copied") {
  STATIC_REQUIRE(!std::is_copy_constructible_v<Secret>);
  STATIC_REQUIRE(!std::is_copy_assignable_v<Secret>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Secret>);
  Secret secret("swordfish");
  Secret moved(std::move(secret));
  CHECK(moved.reveal() == "swordfish");
  const Secret clone = moved.clone();
  CHECK(clone == moved);
  CHECK_FALSE(clone == Secret("swordfisH"));
  Secret empty;
  CHECK(empty.empty());
  empty = std::move(moved);
  CHECK(empty.size() == 9);
}

TEST_CASE("wiping leaves no byte of the text") {
  char bytes[] = "swordfish";
  mail::crypto::wipe(bytes, sizeof bytes);
  CHECK(std::string_view(bytes, sizeof bytes) == std::string_view("\0\0\0\0\0\0\0\0\0\0", 10));
}

TEST_CASE("constant-time equality is equality") {
  struct Row {
    std::string_view a, b;
    bool equal;
  };
  const Row table[] = {{"", "", true},     {"a", "a", true},   {"a", "b", false},
                       {"a", "", false},   {"ab", "a", false}, {"ab", "ac", false},
                       {"ab", "ab", true}, {"ab", "bb", false}};
  for (const Row& row : table) {
    CAPTURE(row.a, row.b);
    CHECK(constant_time_equal(row.a, row.b) == row.equal);
  }
}
