#include "smtp/reply_reader.h"

#include <catch2/catch.hpp>

namespace mail::smtp {
namespace {

using Result = ReplyReader::Result;

/// Whole, or one octet more at a time.
std::pair<Result, Reply> read(std::string_view bytes, bool bytewise) {
  ReplyReader reader({.line = 20, .lines = 3});
  std::size_t begin = 0;
  for (std::size_t end = bytewise ? 1 : bytes.size(); end <= bytes.size(); ++end) {
    for (;;) {
      const auto cut = reader.read(bytes.substr(begin, end - begin));
      begin += cut.consumed;
      if (cut.result != Result::kNeedMore) return {cut.result, reader.reply()};
      if (cut.consumed == 0) break;
    }
  }
  return {Result::kNeedMore, {}};
}

TEST_CASE("A reply is read, or what is wrong with it is said, in any cut (A10)") {
  struct Row {
    std::string_view bytes;
    Result result;
    Reply reply;
  };
  const Row rows[] = {
      {"250 Ok\r\n", Result::kReply, {250, "", "Ok"}},
      {"250\r\n", Result::kReply, {250, "", ""}},
      {"250 2.1.0 Ok\r\n", Result::kReply, {250, "2.1.0", "Ok"}},
      {"250 2.1.0\r\n", Result::kReply, {250, "2.1.0", ""}},
      {"550-5.1.1 a\r\n550 5.1.1 b\r\n", Result::kReply, {550, "5.1.1", "a\nb"}},
      {"550-5.1.1 a\r\n550 b\r\n", Result::kReply, {550, "5.1.1", "a\nb"}},
      {"550 2.1.1 a\r\n", Result::kReply, {550, "", "2.1.1 a"}},
      {"550 5.1 a\r\n", Result::kReply, {550, "", "5.1 a"}},
      {"550 5.1.1234 a\r\n", Result::kReply, {550, "", "5.1.1234 a"}},
      {"250-a\r\n250-b\r\n250 c\r\n", Result::kReply, {250, "", "a\nb\nc"}},
      {"250-a\r\n250-b\r\n250-c\r\n250 d\r\n", Result::kTooLong, {}},
      {"250 12345678901234\r\n", Result::kReply, {250, "", "12345678901234"}},
      {"250 123456789012345\r\n", Result::kTooLong, {}},
      {"250 1234567890123456789", Result::kTooLong, {}},
      {"250 Ok\n", Result::kMalformed, {}},
      {"\n", Result::kMalformed, {}},
      {"\r\n", Result::kMalformed, {}},
      {"25 Ok\r\n", Result::kMalformed, {}},
      {"150 Ok\r\n", Result::kMalformed, {}},
      {"650 Ok\r\n", Result::kMalformed, {}},
      {"290 Ok\r\n", Result::kMalformed, {}},
      {"250_Ok\r\n", Result::kMalformed, {}},
      {"250-a\r\n251 b\r\n", Result::kMalformed, {}},
      {"HTTP/1.1\r\n", Result::kMalformed, {}},
      {"250 a\rb\r\n", Result::kReply, {250, "", "a?b"}},
      {"250-a\r\n", Result::kNeedMore, {}},
  };
  for (const auto& [bytes, result, reply] : rows) {
    for (const bool bytewise : {false, true}) {
      CAPTURE(bytes, bytewise);
      const auto got = read(bytes, bytewise);
      CHECK(got.first == result);
      if (result == Result::kReply) CHECK(got.second == reply);
    }
  }
}

}  // namespace
}  // namespace mail::smtp
