#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "mail/imap/command.h"

using mail::imap::SequenceSet;
using Range = SequenceSet::Range;

namespace {
constexpr std::uint32_t kStar = SequenceSet::kStar;
constexpr std::uint32_t kMax = UINT32_MAX;
}  // namespace

TEST_CASE("Ranges are put in order and joined") {
  struct Row {
    std::vector<Range> written;
    std::uint32_t largest;
    std::vector<Range> expected;
  };
  const std::vector<Row> rows = {
      {{{3, 3}, {1, 2}}, 9, {{1, 3}}},
      {{{5, 1}}, 9, {{1, 5}}},
      {{{kStar, kStar}}, 9, {{9, 9}}},
      {{{kStar, 4}}, 9, {{4, 9}}},
      {{{12, kStar}}, 9, {{9, 12}}},
      {{{1, 3}, {5, 6}, {2, 4}}, 9, {{1, 6}}},
      {{{1, 3}, {5, 6}}, 9, {{1, 3}, {5, 6}}},
      {{{kMax, 1}, {kMax, kMax}}, 9, {{1, kMax}}},
      {{{kStar, kStar}}, 0, {}},
      {{{1, kStar}}, 0, {{1, 1}}},
      {{}, 9, {}},
  };
  for (const Row& row : rows) {
    CHECK(SequenceSet{row.written}.resolved(row.largest) == row.expected);
  }
}

TEST_CASE("All short sets mean what listing their numbers says") {
  constexpr std::uint32_t kLargest = 4;
  std::vector<Range> all;
  for (std::uint32_t a = 0; a <= 5; ++a) {
    for (std::uint32_t b = 0; b <= 5; ++b) all.push_back({a, b});
  }
  for (const Range& x : all) {
    for (const Range& y : all) {
      std::set<std::uint32_t> numbers;
      for (const Range& range : {x, y}) {
        const std::uint32_t first = range.first == kStar ? kLargest : range.first;
        const std::uint32_t last = range.last == kStar ? kLargest : range.last;
        for (std::uint32_t n = std::min(first, last); n <= std::max(first, last); ++n) {
          numbers.insert(n);
        }
      }
      std::set<std::uint32_t> got;
      std::uint32_t end = 0;
      for (const Range& range : SequenceSet{{x, y}}.resolved(kLargest)) {
        REQUIRE((end == 0 || range.first > end + 1));
        end = range.last;
        for (std::uint32_t n = range.first; n <= range.last; ++n) got.insert(n);
      }
      REQUIRE(got == numbers);
    }
  }
}

TEST_CASE("A million overlapping ranges are put in order soon") {
  SequenceSet set;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    set.ranges.push_back({kMax - i * 7, i});
    set.ranges.push_back({kStar, kStar});
  }
  CHECK(set.resolved(1000) == std::vector<Range>{{1, kMax}});
  CHECK(SequenceSet{{{kMax, 1}}}.resolved(10) == std::vector<Range>{{1, kMax}});
  CHECK(SequenceSet{{{kStar, kStar}}}.resolved(10) == std::vector<Range>{{10, 10}});
}
