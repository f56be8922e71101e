#include "smtp/xtext.h"

#include <catch2/catch.hpp>

namespace mail::smtp {
namespace {

TEST_CASE("xtext is decoded, or refused") {
  struct Row {
    std::string_view text;
    std::optional<std::string> octets;
  };
  const Row rows[] = {
      {"", ""},
      {"ann@example", "ann@example"},
      {"a+2Bb+3Dc+20d", "a+b=c d"},
      {"+0a+0A", "\n\n"},
      {"a b", std::nullopt},
      {"a=b", std::nullopt},
      {"a+", std::nullopt},
      {"a+4", std::nullopt},
      {"a+4G", std::nullopt},
      {"\xc3\xa4", std::nullopt},
      {"\x7f", std::nullopt},
  };
  for (const auto& [text, octets] : rows) {
    CAPTURE(text);
    CHECK(decode_xtext(text) == octets);
  }
  CHECK(decode_xtext("\xc3\xa4+2B", true) == "\xc3\xa4+");
}

TEST_CASE("Any octets survive xtext, and it holds nothing but its own characters") {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const auto text = encode_xtext(all);
  CHECK(decode_xtext(text) == all);
  for (const char c : text) CHECK((c > 32 && c < 127 && c != '='));
  CHECK(encode_xtext("a+b=c d") == "a+2Bb+3Dc+20d");
}

}  // namespace
}  // namespace mail::smtp
