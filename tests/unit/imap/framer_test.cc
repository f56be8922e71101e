#include "imap/framer.h"

#include <catch2/catch.hpp>
#include <vector>

#include "mail/base/status.h"

using namespace mail;
using namespace mail::imap;
using Step = Framer::Step;
using Fault = Framer::Fault;

namespace {

/// What a framer makes of bytes: "text|text" for frames, with (literal) marks and faults.
std::string run(std::string_view bytes, std::size_t limit, std::size_t cut) {
  Framer framer;
  std::string log;
  framer.begin(limit, Framer::Literals::kAllowed, false);
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, cut);
    bytes.remove_prefix(piece.size());
    for (bool more = true; more;) {
      switch (framer.feed(piece)) {
        case Step::kNeedsBytes: more = false; break;
        case Step::kAnnounced:
          append(log, "<", framer.literal().octets, framer.literal().is_sync ? "?" : "+", ">");
          if (!framer.accept()) framer.refuse(Fault::kTooLong);
          break;
        case Step::kComplete:
          append(log, framer.frame().text, ";", static_cast<int>(framer.fault()), "|");
          for (const auto& l : framer.frame().literals) append(log, l.offset, "+", l.octets, "|");
          framer.begin(limit, Framer::Literals::kAllowed, false);
          break;
        case Step::kUncountable: return log + "uncountable";
        case Step::kChunk:
        case Step::kStreamed: return log + "unexpected";
      }
    }
  }
  return log;
}

}  // namespace

TEST_CASE("Announced literals are found at the end of a line only") {
  struct Row {
    std::string line;
    bool is_literal;
    std::uint64_t octets;
    bool is_sync;
    bool is_countable;
  };
  const std::vector<Row> rows = {
      {"a LOGIN {5}", true, 5, true, true},
      {"a LOGIN {5+}", true, 5, false, true},
      {"{0}", true, 0, true, true},
      {"{007}", true, 7, true, true},
      {"a ~{5}", true, 5, true, true},
      {"a {9223372036854775807}", true, 9223372036854775807u, true, true},
      {"a {9223372036854775808}", true, 0, true, false},
      {"a {99999999999999999999999999999999999999+}", true, 0, false, false},
      {"a 1111111111111111111111111111111111111111}", true, 0, true, false},
      {"a {5} ", false, 0, true, true},
      {"a {}", false, 0, true, true},
      {"a {+}", false, 0, true, true},
      {"a {-1}", false, 0, true, true},
      {"a {5++}", false, 0, true, true},
      {"a {5 }", false, 0, true, true},
      {"a 5}", false, 0, true, true},
      {"5}", false, 0, true, true},
      {"}", false, 0, true, true},
      {"", false, 0, true, true},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    const auto found = announced_literal(row.line);
    REQUIRE(found.has_value() == row.is_literal);
    if (!found) continue;
    CHECK(found->is_countable == row.is_countable);
    CHECK(found->octets == row.octets);
    CHECK(found->is_sync == row.is_sync);
  }
}

TEST_CASE("Commands are cut the same wherever their bytes are cut") {
  struct Row {
    std::string bytes;
    std::string log;
  };
  const std::vector<Row> rows = {
      {"a NOOP\r\n", "a NOOP;0|"},
      {"a NOOP\n", "a NOOP;2|"},
      {"\r\n", ";0|"},
      {"a LOGIN {3}\r\nann {2+}\r\npw\r\n", "<3?><2+>a LOGIN ann pw;0|8+3|12+2|"},
      {"a {0}\r\n\r\nb\r\n", "<0?>a ;0|2+0|b;0|"},
      {"a {4}\r\n\r\n{9\r\n", "<4?>a \r\n{9;0|2+4|"},
      {std::string(60, 'x') + "\r\nb\r\n", std::string(60, 'x') + ";0|b;0|"},
      {std::string(63, 'x') + "\r\nb\r\n", std::string(63, 'x') + "\r;1|b;0|"},
      {std::string(65, 'x') + "{3+}\r\nb\r\n{2}\r\nc\r\n", std::string(64, 'x') + ";1|c;0|"},
      {std::string(65, 'x') + "{3}\r\nc\r\n", std::string(64, 'x') + ";1|c;0|"},
      {"a {70}\r\nb\r\n", "<70?>a ;1|b;0|"},
      {"a {70+}\r\n" + std::string(70, '\n') + "x\r\nb\r\n", "<70+>a ;1|b;0|"},
      {"a {70+}\r\n" + std::string(70, '\n') + "{1+}\r\nx{1}\r\nb\r\n", "<70+>a ;1|b;0|"},
      {"a {99999999999999999999+}\r\nb\r\n", "uncountable"},
      {std::string(70, '1') + "}\r\nb\r\n", "uncountable"},
  };
  for (const Row& row : rows) {
    INFO(row.bytes);
    for (std::size_t cut = 1; cut <= row.bytes.size(); ++cut)
      CHECK(run(row.bytes, 64, cut) == row.log);
  }
}

TEST_CASE("A streamed literal leaves the frame empty and does not count") {
  Framer framer;
  framer.begin(20, Framer::Literals::kAllowed, false);
  std::string_view bytes = "a {1000+}\r\n";
  REQUIRE(framer.feed(bytes) == Step::kAnnounced);
  framer.stream();
  const std::string message(1000, 'm');
  bytes = message;
  REQUIRE(framer.feed(bytes) == Step::kChunk);
  CHECK(framer.chunk() == message);
  CHECK(framer.feed(bytes) == Step::kStreamed);
  bytes = "\r\n";
  CHECK(framer.feed(bytes) == Step::kComplete);
  CHECK(framer.fault() == Fault::kNone);
  CHECK(framer.frame().text.empty());
}
