// What the stores share beside the table of messages.
//
// Tested by tests/store/conformance_test.cc.
#include "mail/store/store.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "store/flag_changes.h"
#include "store/message_table.h"

namespace mail::store {

std::string mailbox_topic(std::string_view address, std::string_view folder) {
  return cat("mailbox/", address, "/", folder);
}

std::string_view upkeep_topic() { return "upkeep"; }

std::vector<Uid> ascending(std::span<const Uid> uids) {
  std::vector<Uid> sorted(uids.begin(), uids.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

Flags changed_flags(const Flags& flags, const FlagChange& change, std::uint64_t keywords) {
  Flags changed = flags;
  switch (change.mode) {
    case FlagChange::Mode::kReplace:
      changed.system = change.flags.system;
      changed.keywords = keywords;
      break;
    case FlagChange::Mode::kAdd:
      changed.system |= change.flags.system;
      changed.keywords |= keywords;
      break;
    case FlagChange::Mode::kRemove:
      changed.system &= static_cast<std::uint8_t>(~change.flags.system);
      changed.keywords &= ~keywords;
      break;
  }
  return changed;
}

std::optional<std::uint64_t> keyword_bits(std::span<const std::string> names,
                                          std::span<const std::string> known) {
  std::uint64_t bits = 0;
  for (const std::string& name : names) {
    std::size_t bit = 0;
    while (bit < known.size() && !ascii::equal_ignoring_case(known[bit], name)) ++bit;
    if (bit == known.size()) return std::nullopt;
    bits |= std::uint64_t{1} << bit;
  }
  return bits;
}

}  // namespace mail::store
