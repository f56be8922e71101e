// A sequence-set is what a client wrote; `resolved` is what it means in a mailbox.
//
// Tested by tests/unit/imap/sequence_set_test.cc.
#include <algorithm>

#include "mail/imap/command.h"

namespace mail::imap {

std::vector<SequenceSet::Range> SequenceSet::resolved(std::uint32_t largest) const {
  std::vector<Range> sorted;
  sorted.reserve(ranges.size());
  for (const Range& range : ranges) {
    const std::uint32_t first = range.first == kStar ? largest : range.first;
    const std::uint32_t last = range.last == kStar ? largest : range.last;
    // "*" of an empty mailbox is 0; no message has that number.
    if (first == 0 && last == 0) continue;
    sorted.push_back({std::max(1U, std::min(first, last)), std::max(first, last)});
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Range& a, const Range& b) { return a.first < b.first; });
  std::vector<Range> merged;
  for (const Range& range : sorted) {
    // Adjacent ranges become one; the subtraction cannot wrap, since first is at least 1.
    if (!merged.empty() && range.first - 1 <= merged.back().last) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

}  // namespace mail::imap
