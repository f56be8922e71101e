// A message may open a hundred multiparts and then hold nothing but lines that begin with "--". So
// a line is not compared with every boundary: they are sorted, and each knows the longest one that
// it begins with. Whatever boundary a line begins with sorts before the line, and the nearest one
// before the line begins with it too. So one binary search finds that nearest one, and the answer
// is the first in its chain of beginnings that is no longer than what it shares with the line.
//
// Tested by tests/unit/message/boundaries_test.cc against the loop that it replaces.
#include "message/boundaries.h"

#include <algorithm>
#include <utility>

namespace mail::message {

void Boundaries::push(std::string boundary) {
  stack_.push_back(std::move(boundary));
  sort();
}

void Boundaries::shrink(std::size_t levels) {
  if (levels >= stack_.size()) return;
  stack_.resize(levels);
  sort();
}

void Boundaries::sort() {
  std::vector<std::size_t> levels(stack_.size());
  for (std::size_t i = 0; i < levels.size(); ++i) levels[i] = i;
  std::sort(levels.begin(), levels.end(), [&](std::size_t a, std::size_t b) {
    const int order = stack_[a].compare(stack_[b]);
    return order != 0 ? order < 0 : a > b;
  });
  sorted_.clear();
  for (const std::size_t level : levels) {
    if (!sorted_.empty() && stack_[sorted_.back().level] == stack_[level]) continue;
    std::size_t parent = sorted_.empty() ? kNone : sorted_.size() - 1;
    while (parent != kNone && !stack_[level].starts_with(stack_[sorted_[parent].level])) {
      parent = sorted_[parent].parent;
    }
    sorted_.push_back({level, parent});
  }
}

std::optional<std::size_t> Boundaries::match(std::string_view line) const {
  const auto after = std::upper_bound(
      sorted_.begin(), sorted_.end(), line,
      [&](std::string_view text, const Entry& entry) { return text < stack_[entry.level]; });
  if (after == sorted_.begin()) return std::nullopt;
  auto candidate = static_cast<std::size_t>(after - sorted_.begin()) - 1;
  const std::string& nearest = stack_[sorted_[candidate].level];
  const auto differ = std::mismatch(nearest.begin(), nearest.end(), line.begin(), line.end());
  const auto shared = static_cast<std::size_t>(differ.first - nearest.begin());
  while (candidate != kNone && stack_[sorted_[candidate].level].size() > shared) {
    candidate = sorted_[candidate].parent;
  }
  if (candidate == kNone) return std::nullopt;
  return sorted_[candidate].level;
}

}  // namespace mail::message
