#include "mail/sasl/plain.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

namespace mail::sasl {
namespace {

using namespace std::string_literals;

TEST_CASE("A PLAIN message is cut at its two NULs") {
  const std::string longest(255, 'x');
  const struct {
    std::string message;
    std::optional<PlainMessage> expected;
  } cases[] = {
      // RFC 4616 §4
      {"\0tim\0tanstaaftanstaaf"s, PlainMessage{"", "tim", "tanstaaftanstaaf"}},
      {"Ursel\0Kurt\0xipj3plmq"s, PlainMessage{"Ursel", "Kurt", "xipj3plmq"}},
      {"\0a\0 "s, PlainMessage{"", "a", " "}},
      {"\0\xc3\xa4\0\xff"s, PlainMessage{"", "\xc3\xa4", "\xff"}},
      {""s, std::nullopt},
      {"a"s, std::nullopt},
      {"\0"s, std::nullopt},
      {"\0a"s, std::nullopt},
      {"\0\0"s, std::nullopt},
      {"\0a\0"s, std::nullopt},
      {"\0\0p"s, std::nullopt},
      {"\0a\0p\0"s, std::nullopt},
      {"\0a\0\0p"s, std::nullopt},
      {"z\0\0\0"s, std::nullopt},
      {longest + "\0"s + longest + "\0"s + longest, PlainMessage{longest, longest, longest}},
      {longest + "x\0a\0p"s, std::nullopt},
      {"\0"s + longest + "x\0p"s, std::nullopt},
      {"\0a\0"s + longest + "x"s, std::nullopt},
  };
  for (const auto& c : cases) {
    CAPTURE(c.message);
    const auto parsed = parse_plain(c.message);
    REQUIRE(parsed.ok() == c.expected.has_value());
    if (!parsed.ok()) continue;
    CHECK(*parsed == *c.expected);
    CHECK(c.message.size() <= kPlainLimit);
  }
}

TEST_CASE("The client's PLAIN message is the one that the server reads") {
  const auto message = make_plain({"Ursel", "Kurt", "xipj3plmq"});
  REQUIRE(message.ok());
  CHECK(*message == "Ursel\0Kurt\0xipj3plmq"s);
  const std::string with_nul = "a\0b"s;
  CHECK_FALSE(make_plain({"", "", "p"}).ok());
  CHECK_FALSE(make_plain({"", "a", ""}).ok());
  CHECK_FALSE(make_plain({with_nul, "a", "p"}).ok());
  CHECK_FALSE(make_plain({"", with_nul, "p"}).ok());
  CHECK_FALSE(make_plain({"", "a", with_nul}).ok());
  CHECK_FALSE(make_plain({"", std::string(256, 'a'), "p"}).ok());
}

TEST_CASE("A refusal does not repeat what the peer sent") {
  CHECK(message_of(parse_plain("secret").status()).find("secret") == std::string_view::npos);
}

}  // namespace
}  // namespace mail::sasl
