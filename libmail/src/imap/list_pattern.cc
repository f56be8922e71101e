// The idea: all places in the pattern where the match could stand are carried along the name at
// once, as a set; so "%*%*%*%*x" costs what its length says, where backtracking takes for ever.
//
// Tested by tests/unit/imap/list_pattern_test.cc, against a naive twin over all short inputs.
#include "mail/imap/list_pattern.h"

#include <algorithm>
#include <string>
#include <vector>

#include "mail/base/ascii.h"

namespace mail::imap {
namespace {

constexpr std::string_view kInbox = "INBOX";

bool is_wildcard(char c) { return c == '*' || c == '%'; }

}  // namespace

namespace {

/// The pattern with each row of wildcards as one: "%*%" is "*", "%%" is "%".
std::string with_single_wildcards(std::string_view pattern) {
  std::string shorter;
  for (const char c : pattern) {
    if (is_wildcard(c) && !shorter.empty() && is_wildcard(shorter.back())) {
      if (c == '*') shorter.back() = '*';
    } else {
      shorter += c;
    }
  }
  return shorter;
}

}  // namespace

bool matches(std::string_view given, std::string_view name, char separator) {
  // Every other octet of the pattern must stand in the name: what is longer than that matches
  // nothing, and what is left costs what the name's length says, not the client's (attack C7).
  const auto wildcards = std::count_if(given.begin(), given.end(), is_wildcard);
  if (given.size() - static_cast<std::size_t>(wildcards) > name.size()) return false;
  const std::string pattern = with_single_wildcards(given);
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
