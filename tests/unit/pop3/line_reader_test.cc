#include "pop3/line_reader.h"

#include <catch2/catch.hpp>
#include <vector>

#include "mail/base/status.h"

using namespace mail;
using mail::pop3::LineReader;

namespace {

std::vector<std::string> lines_of(std::string_view input, std::size_t cut, std::size_t limit) {
  LineReader reader;
  std::vector<std::string> lines;
  while (!input.empty()) {
    reader.receive(input.substr(0, cut));
    input.remove_prefix(std::min(cut, input.size()));
    while (const auto line = reader.next(limit, false)) {
      switch (line->fault) {
        case LineReader::Fault::kNone: lines.emplace_back(line->text); break;
        case LineReader::Fault::kTooLong: lines.emplace_back("(long)"); break;
        case LineReader::Fault::kBareNewline: lines.emplace_back("(bare)"); break;
      }
    }
  }
  return lines;
}

}  // namespace

TEST_CASE("Lines are the same however they are cut") {
  const std::string input = "abc\r\n\r\n12345678\r\n123456789\r\n" + std::string(1000, 'x') +
                            "\r\nbare\nnext\r\na\rb\r\nopen";
  const std::vector<std::string> expected = {"abc",    "",       "12345678", "(long)",
                                             "(long)", "(bare)", "next",     "a\rb"};
  for (const std::size_t cut : {1, 2, 3, 7, 64, 10000}) CHECK(lines_of(input, cut, 10) == expected);
}

TEST_CASE("A reader is empty only when nothing is left, a line being swallowed included") {
  LineReader reader;
  CHECK(reader.is_empty());
  reader.receive("NOOP\r\nX");
  REQUIRE(reader.next(100, false));
  CHECK_FALSE(reader.is_empty());
  reader.clear();
  CHECK(reader.is_empty());
  reader.receive(std::string(200, 'x'));
  CHECK_FALSE(reader.next(100, false));
  CHECK_FALSE(reader.is_empty());
}
