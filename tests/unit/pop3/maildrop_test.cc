#include "mail/pop3/maildrop.h"

#include <catch2/catch.hpp>

using namespace mail::pop3;

TEST_CASE("A unique-id is one to seventy printable characters without blanks") {
  CHECK(is_unique_id("0000006500000001"));
  CHECK(is_unique_id("!"));
  CHECK(is_unique_id(std::string(kUniqueIdLimit, 'x')));
  CHECK_FALSE(is_unique_id(std::string(kUniqueIdLimit + 1, 'x')));
  for (const std::string_view bad : {"", "a b", "a\r", "\x7f", "\xc3\xa4"}) {
    CHECK_FALSE(is_unique_id(bad));
  }
}

TEST_CASE("A maildrop gives back what was put in") {
  Maildrop maildrop;
  CHECK(maildrop.size() == 0);
  maildrop.add(10, "one");
  maildrop.add(5'000'000'000, "two");
  CHECK(maildrop.size() == 2);
  CHECK(maildrop.octets(1) == 10);
  CHECK(maildrop.octets(2) == 5'000'000'000);
  CHECK(maildrop.unique_id(1) == "one");
  CHECK(maildrop.unique_id(2) == "two");
}
