#include "mail/base/absl.h"

#include <cstdint>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

namespace mail {
namespace {

TEST_CASE("cat joins text as it is and integers in decimal") {
  const std::string text = "text";
  const std::string_view view = "view";
  CHECK(cat() == "");
  CHECK(cat("250 ", 42, " octets") == "250 42 octets");
  CHECK(cat(text, view, 'c', std::string_view()) == "textviewc");
  CHECK(cat(INT64_MIN, " ", UINT64_MAX) == "-9223372036854775808 18446744073709551615");
  CHECK(cat(std::int8_t{-5}, std::uint8_t{200}, 0) == "-52000");
}

TEST_CASE("cat keeps NUL and other odd octets") {
  CHECK(cat('\0', std::string_view("\0x", 2), '\xff') == std::string("\0\0x\xff", 4));
}

TEST_CASE("append adds to what is there") {
  std::string to = "a";
  append(to, "b", 1, 'c');
  append(to);
  CHECK(to == "ab1c");
}

TEST_CASE("appending piece by piece costs linear time") {
  std::string to;
  std::size_t moves = 0;
  for (int i = 0; i < 100'000; ++i) {
    const char* before = to.data();
    append(to, "0123456789");
    if (to.data() != before) ++moves;
  }
  CHECK(to.size() == 1'000'000);
  CHECK(moves < 40);  // grows by a factor, not by a step
}

TEST_CASE("text goes through absl and back unchanged") {
  const std::string_view text("a\0b", 3);
  CHECK(to_std(to_absl(text)) == text);
  CHECK(to_std(to_absl({})).empty());
}

TEST_CASE("a map of strings is searched with any view") {
  StringMap<int> map;
  map["ann@example.com"] = 1;
  const std::string line = "<ann@example.com>";
  const auto found = map.find(std::string_view(line).substr(1, 15));
  REQUIRE(found != map.end());
  CHECK(found->second == 1);
  CHECK(map.find(std::string_view("ann@example.co")) == map.end());

  StringSet set = {"a"};
  CHECK(set.contains(std::string_view("a")));
}

}  // namespace
}  // namespace mail
