// The judge of BDAT's lines against a slow twin, on all short inputs over the octets that matter,
// in every cut.
#include "smtp/chunk_reader.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace mail::smtp {
namespace {

using Fault = ChunkReader::Fault;
constexpr std::size_t kLine = 4;

struct Outcome {
  std::string passed;
  Fault fault = Fault::kNone;
  bool operator==(const Outcome&) const = default;
};

/// One octet at a time, as the rule is said.
Outcome twin(std::string_view message) {
  Outcome outcome;
  std::size_t line = 0;
  char last = '\0';
  for (const char c : message) {
    if (last == '\r' && c != '\n') return outcome.fault = Fault::kBareCr, outcome;
    if (last != '\r' && c == '\n') return outcome.fault = Fault::kBareLf, outcome;
    if (++line > kLine) return outcome.fault = Fault::kLineTooLong, outcome;
    if (c == '\n') line = 0;
    outcome.passed += c;
    last = c;
  }
  if (last == '\r') outcome.fault = Fault::kBareCr;
  return outcome;
}

Outcome read(const std::vector<std::string_view>& pieces) {
  ChunkReader reader({.line = kLine});
  Outcome outcome;
  for (const auto piece : pieces) {
    const auto [chunk, fault] = reader.read(piece);
    outcome.passed += chunk;
    outcome.fault = fault;
    if (fault != Fault::kNone) return outcome;
  }
  outcome.fault = reader.finish();
  return outcome;
}

TEST_CASE("Every short message is judged as octet by octet, however it is cut") {
  constexpr std::string_view kOctets = "\r\na";
  for (std::size_t length = 0; length <= 9; ++length) {
    std::vector<std::size_t> digits(length, 0);
    for (;;) {
      std::string message;
      for (const auto digit : digits) message += kOctets[digit];
      const auto expected = twin(message);
      const std::string_view all = message;
      bool is_same = read({all}) == expected;
      for (std::size_t cut = 1; cut < length; ++cut) {
        is_same = is_same && read({all.substr(0, cut), all.substr(cut)}) == expected;
      }
      if (!is_same) FAIL("differs: " << message);
      std::size_t i = 0;
      while (i < length && ++digits[i] == kOctets.size()) digits[i++] = 0;
      if (i == length) break;
    }
  }
}

TEST_CASE("A binary message has neither lines nor faults") {
  ChunkReader reader({.line = 3, .is_binary = true});
  const std::string message("a\nb\r\r\n\0long line", 15);
  CHECK(reader.read(message).chunk == message);
  CHECK(reader.finish() == Fault::kNone);
  CHECK(reader.octets() == 15);
}

}  // namespace
}  // namespace mail::smtp
