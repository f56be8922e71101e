// Tested by tests/unit/directory/folders_test.cc.
#include "mail/directory/folders.h"

#include <algorithm>
#include <array>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::directory {
namespace {

// RFC 6154 §2, RFC 8457 §3. \All and \Flagged are views of other folders, which Maildir has not.
constexpr std::array<std::string_view, 6> kUses = {"\\Archive", "\\Drafts", "\\Important",
                                                   "\\Junk",    "\\Sent",   "\\Trash"};

StatusOr<FolderRule> parse_folder(std::string_view text) {
  const auto fault = [text](std::string_view what) {
    return invalid("'", text, "': ", what,
                   "; write Name:subscribe:\\Use with no, create or subscribe");
  };
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return fault("no name with a colon behind it");
  FolderRule rule;
  rule.name = ascii::trim(text.substr(0, colon));
  std::string_view rest = text.substr(colon + 1);
  const std::size_t second = rest.find(':');
  const std::string_view making = ascii::trim(rest.substr(0, second));
  if (making != "no" && making != "create" && making != "subscribe") {
    return fault("it does not say whether to make it");
  }
  rule.is_made = making != "no";
  rule.is_subscribed = making == "subscribe";
  if (second == std::string_view::npos) return rule;
  const std::string_view use = ascii::trim(rest.substr(second + 1));
  const auto known = std::find_if(kUses.begin(), kUses.end(), [use](std::string_view name) {
    return ascii::equal_ignoring_case(name, use);
  });
  if (known == kUses.end()) return fault("there is no such special use");
  rule.special_use = *known;
  return rule;
}

}  // namespace

StatusOr<std::vector<FolderRule>> parse_folders(std::string_view text) {
  std::vector<FolderRule> rules;
  while (!ascii::trim(text).empty()) {
    const std::size_t comma = text.find(',');
    MAIL_ASSIGN_OR_RETURN(FolderRule rule, parse_folder(ascii::trim(text.substr(0, comma))));
    std::erase_if(rules, [&](const FolderRule& earlier) { return earlier.name == rule.name; });
    rules.push_back(std::move(rule));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return rules;
}

std::vector<FolderRule> default_folders() {
  return parse_folders(kDefaultFolders).value_or(std::vector<FolderRule>{});
}

}  // namespace mail::directory
