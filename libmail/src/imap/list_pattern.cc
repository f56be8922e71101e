// The idea: all places in the pattern where the match could stand are carried along the name at
// once, as a set; so "%*%*%*%*x" costs what its length says, where backtracking takes for ever.
//
// Tested by tests/unit/imap/list_pattern_test.cc, against a naive twin over all short inputs.
#include "mail/imap/list_pattern.h"

#include <vector>

#include "mail/base/ascii.h"

namespace mail::imap {
namespace {

constexpr std::string_view kInbox = "INBOX";

bool is_wildcard(char c) { return c == '*' || c == '%'; }

}  // namespace

bool matches(std::string_view pattern, std::string_view name, char separator) {
  const bool has_inbox = name.starts_with(kInbox) &&
                         (name.size() == kInbox.size() || name[kInbox.size()] == separator);
  // can[i]: the name so far can have brought us to before pattern[i].
  std::vector<bool> can(pattern.size() + 1, false);
  std::vector<bool> then(pattern.size() + 1, false);
  // A wildcard may match nothing, so whoever stands before it stands behind it as well.
  const auto pass_wildcards = [&](std::vector<bool>& places) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (places[i] && is_wildcard(pattern[i])) places[i + 1] = true;
    }
  };
  can[0] = true;
  pass_wildcards(can);
  for (std::size_t at = 0; at < name.size(); ++at) {
    const char c = name[at];
    then.assign(pattern.size() + 1, false);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!can[i]) continue;
      if (pattern[i] == '*' || (pattern[i] == '%' && c != separator)) {
        then[i] = true;
      } else if (pattern[i] == c ||
                 (has_inbox && at < kInbox.size() && ascii::to_upper(pattern[i]) == c)) {
        then[i + 1] = true;
      }
    }
    pass_wildcards(then);
    can.swap(then);
  }
  return can[pattern.size()];
}

}  // namespace mail::imap
