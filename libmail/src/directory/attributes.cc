// Dovecot's userdb extra fields, as far as they mean something here.
//
// `userdb_mail=maildir:~/Maildir` names a Maildir; "~" and "%h" are the home, %u, %n, %d (also
// %{user}, %{user|username}, %{user|domain}, %{home}) the address. Other formats than Maildir are
// not ours to read: the account then has its mail in the usual place, and the file's reader says
// so.
//
// Tested by tests/unit/directory/attributes_test.cc.
#include "mail/directory/attributes.h"

#include <array>
#include <utility>

#include "attribute_text.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/directory/address.h"
#include "mail/directory/quota.h"

namespace mail::directory {
namespace {

struct Variable {
  std::string_view name;
  std::string value;
};

/// Every variable replaced by its value; nullopt: one that is not known.
std::optional<std::string> expand(std::string_view text, std::span<const Variable> variables) {
  std::string expanded;
  while (!text.empty()) {
    const std::size_t percent = text.find('%');
    expanded += text.substr(0, percent);
    if (percent == std::string_view::npos) break;
    text.remove_prefix(percent);
    if (text.starts_with("%%")) {
      expanded += '%';
      text.remove_prefix(2);
      continue;
    }
    bool found = false;
    for (const Variable& variable : variables) {
      if (!text.starts_with(variable.name)) continue;
      expanded += variable.value;
      text.remove_prefix(variable.name.size());
      found = true;
      break;
    }
    if (!found) return std::nullopt;
  }
  return expanded;
}

std::optional<std::uint64_t> quota_rule_part(std::string_view rule, std::string_view name) {
  // rule = "*:" part *( ":" part ) ; part = ( "bytes" / "storage" / "messages" ) "=" number
  while (!rule.empty()) {
    const std::size_t end = std::min(rule.find(':'), rule.size());
    const std::string_view part = rule.substr(0, end);
    rule.remove_prefix(std::min(end + 1, rule.size()));
    if (!part.starts_with(name) || part.substr(name.size()).substr(0, 1) != "=") continue;
    const std::string_view value = part.substr(name.size() + 1);
    if (name == "messages") return ascii::parse_number(value);
    if (const auto size = parse_quota_size(value)) return size;
    // Without a unit: "storage" counts kibibytes, "bytes" octets.
    const auto number = ascii::parse_number(value, std::uint64_t{1} << 50);
    if (!number) return std::nullopt;
    return name == "storage" ? *number * 1024 : *number;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> maildir_of(std::string_view value) {
  if (value.starts_with("maildir:")) {
    value.remove_prefix(8);
    return std::string(value.substr(0, value.find(':')));
  }
  // A bare path: Dovecot looks what is there. Here it is a Maildir.
  const bool is_path = value.starts_with('/') || value.starts_with('~') || value.starts_with('%');
  if (is_path && value.find(':') == std::string_view::npos) return std::string(value);
  return std::nullopt;
}

std::vector<std::pair<std::string_view, std::string_view>> split_attributes(
    std::string_view extra) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  while (!extra.empty()) {
    const std::size_t end = std::min(extra.find_first_of(" \t"), extra.size());
    const std::string_view word = extra.substr(0, end);
    extra.remove_prefix(std::min(end + 1, extra.size()));
    if (word.empty()) continue;
    const std::size_t equals = std::min(word.find('='), word.size());
    pairs.emplace_back(word.substr(0, equals), word.substr(std::min(equals + 1, word.size())));
  }
  return pairs;
}

Attributes attributes_of(const Account& account, std::string_view mail_root) {
  Attributes attributes;
  if (account.extra.empty()) return attributes;
  const SplitAddress split = split_address(account.address);
  std::string home = cat(mail_root, "/", split.domain, "/", split.localpart, "/home");
  std::array variables = {
      Variable{"%{user|username}", std::string(split.localpart)},
      Variable{"%{user|domain}", std::string(split.domain)},
      Variable{"%{user}", account.address},
      Variable{"%{home}", home},
      Variable{"%u", account.address},
      Variable{"%n", std::string(split.localpart)},
      Variable{"%d", std::string(split.domain)},
      Variable{"%h", home},
  };
  std::string_view mail;
  for (const auto& [key, value] : split_attributes(account.extra)) {
    if (key == "userdb_mail") mail = value;
    if (key == "userdb_home") attributes.home = expand(value, variables).value_or("");
    if (key == "userdb_quota_storage_size") {
      if (const auto size = parse_quota_size(value)) attributes.quota_octets = size;
    }
    if (key == "userdb_quota_message_count") {
      if (const auto count = ascii::parse_number(value)) attributes.quota_messages = count;
    }
    if (key == "userdb_quota_rule" && value.starts_with("*:")) {
      for (const std::string_view name : {"bytes", "storage"}) {
        if (const auto size = quota_rule_part(value, name)) attributes.quota_octets = size;
      }
      if (const auto count = quota_rule_part(value, "messages")) attributes.quota_messages = count;
    }
  }
  if (!attributes.home.empty()) {
    home = attributes.home;
    for (Variable& variable : variables) {
      if (variable.name == "%h" || variable.name == "%{home}") variable.value = home;
    }
  }
  const auto maildir = maildir_of(mail);
  if (!maildir) return attributes;
  auto path = expand(*maildir, variables);
  if (!path) return attributes;
  if (*path == "~" || path->starts_with("~/")) *path = cat(home, path->substr(1));
  while (path->size() > 1 && path->ends_with('/')) path->pop_back();
  if (path->starts_with('/')) attributes.mail = std::move(*path);
  return attributes;
}

}  // namespace mail::directory
