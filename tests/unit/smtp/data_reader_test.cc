// The reader against a naive twin that walks octet by octet: all short inputs over a small
// alphabet, in every cut.
#include "smtp/data_reader.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "mail/base/absl.h"

namespace mail::smtp {
namespace {

using Fault = DataReader::Fault;

struct Outcome {
  std::string content;
  std::vector<Fault> faults;
  bool has_ended = false;
  std::size_t left = 0;  // octets behind the end

  bool operator==(const Outcome&) const = default;
};

std::string show(const Outcome& o) {
  std::string text = cat("[", o.content, "] ended=", o.has_ended ? 1 : 0, " left=", o.left);
  for (const auto fault : o.faults) append(text, " fault=", static_cast<int>(fault));
  return text;
}

/// Feeds `bytes` cut where `cuts` has a bit set.
Outcome read_cut(std::string_view bytes, DataReader::Limits limits, std::uint32_t cuts) {
  DataReader reader(limits);
  Outcome outcome;
  std::string buffer;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    buffer += bytes[i];
    if (i + 1 != bytes.size() && (cuts >> i & 1) == 0) continue;
    while (!outcome.has_ended) {
      const auto piece = reader.read(buffer);
      if (piece.consumed == 0 && !piece.has_fault) break;
      outcome.content += piece.chunk;
      if (piece.has_fault) outcome.faults.push_back(reader.fault());
      outcome.has_ended = piece.has_ended;
      buffer.erase(0, piece.consumed);
    }
  }
  // What is held back at the end of the input is not known yet.
  outcome.left = outcome.has_ended ? buffer.size() : 0;
  return outcome;
}

/// One octet at a time, with the rules written down as they are said.
Outcome twin(std::string_view bytes, DataReader::Limits limits) {
  Outcome outcome;
  bool line_start = true;
  std::size_t line = 0;
  const auto bare_before = [&] {
    return !outcome.faults.empty() &&
           (outcome.faults.back() == Fault::kBareCr || outcome.faults.back() == Fault::kBareLf);
  };
  const auto put = [&](char c) {
    if (!outcome.faults.empty()) return;
    if (line == limits.line) return outcome.faults.push_back(Fault::kLineTooLong);
    if (limits.message != 0 && outcome.content.size() == limits.message) {
      return outcome.faults.push_back(Fault::kTooBig);
    }
    outcome.content += c;
    ++line;
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto rest = bytes.substr(i);
    if (line_start && rest[0] == '.') {
      if (rest == "." || rest == ".\r") return outcome;
      if (rest.starts_with(".\r\n")) {
        outcome.has_ended = true;
        outcome.left = rest.size() - 3;
        return outcome;
      }
      line_start = false;
    } else if (rest.starts_with("\r\n")) {
      put('\r');
      put('\n');
      line = 0;
      line_start = true;
      ++i;
    } else if (rest == "\r") {
      return outcome;
    } else if (rest[0] == '\r' || rest[0] == '\n') {
      if (!bare_before()) {
        outcome.faults.push_back(rest[0] == '\r' ? Fault::kBareCr : Fault::kBareLf);
      }
      line_start = false;
    } else {
      put(rest[0]);
      line_start = false;
    }
  }
  return outcome;
}

/// How many inputs were read alike; the first that is not fails the test.
std::size_t compare_all(DataReader::Limits limits, std::size_t longest) {
  std::size_t alike = 0;
  constexpr std::string_view kAlphabet = "a.\r\n";
  for (std::size_t length = 0; length <= longest; ++length) {
    for (std::uint32_t n = 0; n < 1U << (2 * length); ++n) {
      std::string bytes;
      for (std::size_t i = 0; i < length; ++i) bytes += kAlphabet[n >> (2 * i) & 3];
      const auto expected = twin(bytes, limits);
      const auto every_octet = read_cut(bytes, limits, ~0U);
      const auto whole = read_cut(bytes, limits, 0);
      const auto some = read_cut(bytes, limits, n * 2654435761U >> 7);
      if (whole == expected && every_octet == expected && some == expected) {
        ++alike;
        continue;
      }
      INFO("input " << n << " of length " << length << "\n expected " << show(expected)
                    << "\n whole " << show(whole) << "\n octets " << show(every_octet) << "\n some "
                    << show(some));
      FAIL();
    }
  }
  return alike;
}

TEST_CASE("Every short input is read as its definition says, however it is cut") {
  // 4 octets to choose from at each place: (4^(n + 1) - 1) / 3 inputs of up to n octets.
  CHECK(compare_all({.message = 0, .line = 1000}, 8) == 87'381);
  CHECK(compare_all({.message = 3, .line = 1000}, 7) == 21'845);
  CHECK(compare_all({.message = 0, .line = 3}, 7) == 21'845);
  CHECK(compare_all({.message = 4, .line = 3}, 7) == 21'845);
}

TEST_CASE("A message without dots is handed out in one view of the input") {
  const std::string bytes = "one\r\ntwo\r\nthree\r\n.\r\n";
  DataReader reader({.message = 0, .line = 1000});
  const auto piece = reader.read(bytes);
  CHECK(piece.chunk.data() == bytes.data());
  CHECK(piece.chunk == "one\r\ntwo\r\nthree\r\n");
  CHECK(piece.consumed == 17);
  CHECK(reader.octets() == 17);
}

}  // namespace
}  // namespace mail::smtp
