#include "smtp/command_line.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "mail/base/absl.h"

namespace mail::smtp {
namespace {

/// What comes out, one letter a result: "l(text)", "t" too long, "c" bare CR, "n" bare LF.
std::string read_all(std::string_view bytes, std::size_t limit, std::uint32_t cuts) {
  LineReader reader;
  std::string results;
  std::string buffer;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    buffer += bytes[i];
    if (i + 1 != bytes.size() && (cuts >> i & 1) == 0) continue;
    for (;;) {
      const auto cut = reader.read(buffer, limit);
      if (cut.result == LineReader::Result::kLine) append(results, "l(", cut.line, ")");
      if (cut.result == LineReader::Result::kTooLong) results += 't';
      if (cut.result == LineReader::Result::kBareCr) results += 'c';
      if (cut.result == LineReader::Result::kBareLf) results += 'n';
      buffer.erase(0, cut.consumed);
      if (cut.consumed == 0) break;
    }
  }
  return results;
}

TEST_CASE("Lines are cut at CRLF, and what is too long is swallowed to its end") {
  const struct {
    std::string_view bytes;
    std::string_view expected;
  } cases[] = {
      {"", ""},
      {"\r\n", "l()"},
      {"abc\r\nd\r\n", "l(abc)l(d)"},
      {"abcdef\r\n", "l(abcdef)"},  // 8 octets: the limit
      {"abcdefg\r\n", "t"},
      {"abcdefghijklmno\r\nx\r\n", "tl(x)"},
      {"abcdefg", ""},
      {"\n", "n"},
      {"a\nb\r\n", "nl(b)"},
      {"abcdefghijkl\n", "n"},
      {"a\rb\r\n", "c"},
      {"\r\r\n", "c"},
      {"abcdefg\rhijk\r\n", "t"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.bytes);
    for (const std::uint32_t cuts : {0U, ~0U, 0x55555555U, 0xCCCCCCCCU, 0x00F00F00U}) {
      CHECK(read_all(c.bytes, 8, cuts) == c.expected);
    }
  }
}

TEST_CASE("A command is a verb and the rest, blanks around them dropped") {
  const std::pair<std::string_view, std::pair<std::string_view, std::string_view>> cases[] = {
      {"NOOP", {"NOOP", ""}},
      {"NOOP  ", {"NOOP", ""}},
      {"EHLO a", {"EHLO", "a"}},
      {"EHLO \t a b \t", {"EHLO", "a b"}},
      {"", {"", ""}},
      {" x", {"", "x"}},
      {"MAIL\tFROM:<>", {"MAIL", "FROM:<>"}},
  };
  for (const auto& [line, expected] : cases) {
    CAPTURE(line);
    const auto command = split_command(line);
    CHECK(command.verb == expected.first);
    CHECK(command.argument == expected.second);
  }
}

TEST_CASE("Parameters are keywords with values, each once") {
  const auto parameters = parse_parameters(" SIZE=10  BODY=8BITMIME X-y A=<>,+?");
  REQUIRE(parameters);
  REQUIRE(parameters->size() == 4);
  CHECK((*parameters)[0].keyword == "SIZE");
  CHECK((*parameters)[0].value == "10");
  CHECK((*parameters)[2].keyword == "X-y");
  CHECK_FALSE((*parameters)[2].has_value);
  CHECK((*parameters)[3].value == "<>,+?");
  CHECK(parse_parameters("")->empty());
  for (const auto* bad :
       {"=", "=1", "A=", "-A", "A=b=c", "A_B", "A A", "a=1 A=2", "A=\t", "A\tB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_parameters(bad));
  }
}

}  // namespace
}  // namespace mail::smtp
