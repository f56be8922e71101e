#include "pop3/multi_line.h"

#include <catch2/catch.hpp>

#include "mail/base/status.h"
#include "mail/pop3/server_session.h"

using namespace mail;
using namespace mail::pop3;

namespace {

/// Hands out `piece` octets at a time, and nothing every other time it is asked.
class SlowSource : public ByteSource {
 public:
  SlowSource(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  std::uint64_t remaining() const override { return bytes_.size(); }
  std::string_view available() override {
    is_ready_ = !is_ready_;
    return is_ready_ ? bytes_.substr(0, piece_) : std::string_view();
  }
  void consume(std::size_t octets) override { bytes_.remove_prefix(octets); }

 private:
  std::string_view bytes_;
  std::size_t piece_;
  bool is_ready_ = false;
};

std::string written(std::string_view message, std::optional<std::uint32_t> lines, std::size_t piece,
                    std::size_t enough) {
  const auto writer = write_message(std::make_unique<SlowSource>(message, piece), lines);
  std::string all;
  for (;;) {
    std::string out;
    const bool is_done = writer->write(out, enough);
    // One line's worth of dots and ends may stand above what was asked.
    CHECK(out.size() <= enough + 8);
    all += out;
    if (is_done) return all;
  }
}

struct Case {
  std::string_view message;
  std::optional<std::uint32_t> lines;
  std::string_view wire;
};
constexpr std::optional<std::uint32_t> kAll;
constexpr Case kCases[] = {
    {"", kAll, ".\r\n"},
    {"a\r\n", kAll, "a\r\n.\r\n"},
    {"a", kAll, "a\r\n.\r\n"},
    {"a\r", kAll, "a\r\n.\r\n"},
    {".", kAll, "..\r\n.\r\n"},
    {".\r\n", kAll, "..\r\n.\r\n"},
    {"..\r\n.a.\r\n", kAll, "...\r\n..a.\r\n.\r\n"},
    {"a\n.\nb", kAll, "a\n..\nb\r\n.\r\n"},
    {"a\r.\r\n", kAll, "a\r.\r\n.\r\n"},
    {"h: 1\r\n\r\nb\r\n", 0, "h: 1\r\n\r\n.\r\n"},
    {"h: 1\r\n\r\nb\r\nc\r\n", 1, "h: 1\r\n\r\nb\r\n.\r\n"},
    {"h: 1\r\n\r\nb\r\n\r\nc\r\n", 2, "h: 1\r\n\r\nb\r\n\r\n.\r\n"},
    {"h: 1\r\n\r\n.b", 5, "h: 1\r\n\r\n..b\r\n.\r\n"},
    {"h: 1\r\n", 5, "h: 1\r\n.\r\n"},
    {"h: 1", 0, "h: 1\r\n.\r\n"},
    {"\r\nb\r\nc\r\n", 1, "\r\nb\r\n.\r\n"},
    {"h\r\n \r\nx\r\n\r\nb\r\n", 0, "h\r\n \r\nx\r\n\r\n.\r\n"},
    {"h\r\n\r\r\nx\r\n\r\nb\r\n", 0, "h\r\n\r\r\nx\r\n\r\n.\r\n"},
    {"h\n\nb\nc\n", 1, "h\n\nb\n.\r\n"},
};

}  // namespace

TEST_CASE("Messages are written with doubled dots and cut as TOP asks, whatever the pieces") {
  for (const Case& one : kCases) {
    for (const std::size_t piece : {1, 2, 3, 1000}) {
      for (const std::size_t enough : {1, 5, 1000}) {
        INFO(one.message << " in pieces of " << piece << ", room " << enough);
        CHECK(written(one.message, one.lines, piece, enough) == one.wire);
      }
    }
  }
}

TEST_CASE("A listing leaves out what is marked and is written as far as there is room") {
  Maildrop maildrop;
  std::vector<bool> is_deleted;
  std::string expected;
  for (std::uint32_t i = 1; i <= 1000; ++i) {
    maildrop.add(i * 10, cat("id", i));
    is_deleted.push_back(i % 3 == 0);
    if (i % 3 != 0) append(expected, i, " id", i, "\r\n");
  }
  expected += ".\r\n";
  const auto writer = write_listing(Listing::kUniqueIds, maildrop, is_deleted);
  std::string all;
  for (bool is_done = false; !is_done;) {
    std::string out;
    is_done = writer->write(out, 100);
    CHECK(out.size() < 200);
    all += out;
  }
  CHECK(all == expected);
}
