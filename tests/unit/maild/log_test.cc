#include <catch2/catch.hpp>

#include "log.h"

namespace maild {
namespace {

using Field = mail::Logger::Field;

}  // namespace

// Attack H2.
TEST_CASE("No value can end its line, obey a terminal, or write backwards") {
  struct Row {
    std::string value;
    std::string text;
  };
  const Row rows[] = {
      {"plain", "plain"},
      {"", "\"\""},
      {"two words", "\"two words\""},
      {"a=b", "\"a=b\""},
      {"a\r\n2026 error forged", "\"a\\x0d\\x0a2026 error forged\""},
      {std::string("nul\0byte", 8), "\"nul\\x00byte\""},
      {"\x1b[2J\x1b]0;title\a", "\"\\x1b[2J\\x1b]0;title\\x07\""},
      {"\x7f", "\"\\x7f\""},
      {"quote\" back\\slash", "\"quote\\\" back\\\\slash\""},
      {"J\xc3\xbcrgen", "\"J\xc3\xbcrgen\""},
      {"\xc2\x9b"
       "31m",
       "\"\\xc2\\x9b31m\""},  // CSI of ISO 8859
      {"\xe2\x80\xae"
       "moc",
       "\"\\xe2\\x80\\xaemoc\""},               // right-to-left override
      {"\xe2\x80\xa8", "\"\\xe2\\x80\\xa8\""},  // line separator
      {"\xff\xc3", "\"\\xff\\xc3\""},
      {"\xc0\x8a", "\"\\xc0\\x8a\""},           // overlong LF
      {"\xed\xa0\x80", "\"\\xed\\xa0\\x80\""},  // a surrogate
      {"\xf0\x9f\x93\xac", "\"\xf0\x9f\x93\xac\""},
  };
  for (const Row& row : rows) {
    CHECK(logfmt_value(row.value) == row.text);
    const Field fields[] = {{"helo", row.value}};
    for (const auto& line :
         {text_line("T", "info", "said", fields), json_line("T", "info", "said", fields)}) {
      INFO(line);
      CHECK(line.find_first_of(std::string("\r\n\0\x1b\x7f", 5)) == std::string::npos);
      CHECK(line.find("\xc2\x9b") == std::string::npos);
      CHECK(line.find("\xe2\x80\xae") == std::string::npos);
    }
  }
}

TEST_CASE("A line is a sentence with fields behind it, or an object") {
  const Field fields[] = {{"message", "4XbQ"}, {"from", "ann@example.com"}, {"octets", "12"}};
  CHECK(text_line("2026-11-21T23:07:55.123+01:00", "info", "message delivered", fields) ==
        "2026-11-21T23:07:55.123+01:00 info message delivered message=4XbQ from=ann@example.com "
        "octets=12");
  CHECK(json_line("2026-11-21T23:07:55.123+01:00", "info", "message delivered", fields) ==
        R"({"time":"2026-11-21T23:07:55.123+01:00","level":"info","message":"message delivered",)"
        R"("message_id":"4XbQ","from":"ann@example.com","octets":"12"})");
}

}  // namespace maild
