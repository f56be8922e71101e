#include "imap/wire.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace mail::imap;

TEST_CASE("Strings are atoms, quoted or literals as they need") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"abc", "abc"},
      {"", "\"\""},
      {"a b", "\"a b\""},
      {"a\"b\\", "\"a\\\"b\\\\\""},
      {"nil", "\"nil\""},
      {"a]", "\"a]\""},
      {"a\r\nb", "{4}\r\na\r\nb"},
      {"\xc3\xbc", "{2}\r\n\xc3\xbc"},
      {std::string(1024, 'x'), std::string(1024, 'x')},
      {std::string(1025, 'x'), "{1025}\r\n" + std::string(1025, 'x')},
  };
  for (const auto& [text, expected] : rows) {
    std::string out;
    append_astring(out, text, LiteralForm::kSync);
    CHECK(out == expected);
  }
}

TEST_CASE("Texts for people stay on their line") {
  CHECK(human_text("a\r\n* BYE b", "") == "a  * BYE b");
  CHECK(human_text("", "Completed") == "Completed");
  CHECK(human_text("[ALERT] x", "") == "(ALERT] x");
  CHECK(human_text("\xc3\xa4\x7f", "") == "?? ");
  CHECK(response_code("TRYCREATE] x\r\n") == "TRYCREATE x");
}
