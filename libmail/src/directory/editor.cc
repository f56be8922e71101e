// Edits of the config files. Each is: lock the folder, read, change some lines of the text and
// leave all others byte for byte, write atomically, release.
//
// Tested by tests/unit/directory/editor_test.cc.
#include "mail/directory/editor.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "address_text.h"
#include "edit_lines.h"
#include "mail/base/ascii.h"
#include "mail/directory/address.h"
#include "mail/directory/snapshot.h"
#include "tables.h"

namespace mail::directory {
namespace {

Status check_address(std::string_view address) {
  const std::string internal = internal_form(address);
  if (!split_address(internal).has_domain) {
    return invalid("'", excerpt(address), "' should include the domain (eg: user@example.com)");
  }
  const bool plain = is_plausible_address(internal) &&
                     address.find_first_of("/\\\"|:,#* \t") == std::string_view::npos &&
                     !address.starts_with('.') && address.find("@.") == std::string_view::npos;
  if (plain) return {};
  return invalid("'", excerpt(address),
                 "' is no usable address; use letters, digits and -._+ as in user@example.com");
}

Status check_alias(std::string_view alias) {
  const bool catch_all = alias.starts_with('@') && is_plausible_address(cat("x", alias));
  return catch_all ? Status() : check_address(alias);
}

/// A target is an address, a local alias ("devnull"), or "@domain".
Status check_recipients(std::string_view recipients) {
  const auto targets = parse_targets(recipients, "localhost");
  const bool clean = recipients.find_first_of("\r\n#") == std::string_view::npos;
  if (targets && clean) return {};
  return invalid("'", excerpt(recipients),
                 "' is no recipient; write user@example.com, with commas between several");
}

/// The targets of a key's lines as they are written, with the physical lines they fill.
struct AliasLine {
  std::string key;  // as written
  std::vector<std::string> targets;
  std::size_t first = 0, past = 0;
};

std::vector<std::string> split_targets(std::string_view text) {
  std::vector<std::string> targets;
  while (!text.empty()) {
    const std::size_t end = find_unquoted(text, ", \t");
    const std::string_view target = text.substr(0, end);
    if (!target.empty()) targets.emplace_back(target);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return targets;
}

AliasLine read_alias_line(const std::vector<std::string>& lines, std::size_t first) {
  AliasLine alias;
  const std::string_view content = split_line_end(lines[first]).first;
  const std::size_t end = find_unquoted(content, " \t");
  alias.key = content.substr(0, end);
  std::string value(end == std::string_view::npos ? "" : content.substr(end));
  alias.first = first;
  alias.past = first + 1;
  // Continuation lines belong to it; comments between them stay where they are.
  for (std::size_t i = first + 1; i < lines.size(); ++i) {
    if (is_comment_or_blank(lines[i])) continue;
    if (!ascii::is_blank(lines[i].front())) break;
    value += split_line_end(lines[i]).first;
    alias.past = i + 1;
  }
  alias.targets = split_targets(value);
  return alias;
}

/// Puts `targets` in place of the alias's lines; no target: takes the alias out.
void rewrite_alias(std::vector<std::string>& lines, const AliasLine& alias,
                   const std::vector<std::string>& targets) {
  std::string text;
  for (const std::string& target : targets) append(text, text.empty() ? "" : ",", target);
  const std::string line_end(split_line_end(lines[alias.first]).second);
  std::vector<std::string> replaced;
  if (!targets.empty()) {
    replaced.push_back(cat(alias.key, " ", text, line_end.empty() ? std::string("\n") : line_end));
  }
  for (std::size_t i = alias.first + 1; i < alias.past; ++i) {
    if (is_comment_or_blank(lines[i])) replaced.push_back(lines[i]);
  }
  const auto begin = lines.begin();
  lines.erase(begin + static_cast<std::ptrdiff_t>(alias.first),
              begin + static_cast<std::ptrdiff_t>(alias.past));
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(alias.first), replaced.begin(),
               replaced.end());
}

bool holds(const std::vector<std::string>& targets, std::string_view target) {
  for (const std::string& other : targets) {
    if (ascii::equal_ignoring_case(internal_form(other), internal_form(target))) return true;
  }
  return false;
}

}  // namespace

Editor::Editor(Filesystem& filesystem, std::string folder, Warn warn)
    : filesystem_(filesystem), folder_(std::move(folder)), warn_(std::move(warn)) {}

Status Editor::write(const std::string& path, std::string_view text) {
  MAIL_ASSIGN_OR_RETURN(const bool in_place, write_config(filesystem_, path, text));
  if (in_place && warn_) {
    warn_(cat("'", path,
              "' is mounted by itself, so it was rewritten in place: a crash meanwhile would have "
              "torn it; mount its folder instead"));
  }
  return absl::OkStatus();
}

Status Editor::add_account(std::string_view address, std::string_view stored_password) {
  MAIL_RETURN_IF_ERROR(check_address(address));
  const std::string key = ascii::to_lower(address);
  MAIL_ASSIGN_OR_RETURN(const auto lock, lock_folder(filesystem_, folder_));
  const std::string path = cat(folder_, "/", kAccountsFile);
  MAIL_ASSIGN_OR_RETURN(const std::string text, read_config(filesystem_, path));
  MAIL_ASSIGN_OR_RETURN(const std::string aliases,
                        read_config(filesystem_, cat(folder_, "/", kVirtualFile)));
  std::vector<std::string> lines = split_lines(text);
  if (find_line(lines, key, account_key) != lines.size()) {
    return already_exists("'", key, "' already exists");
  }
  const std::vector<std::string> alias_lines = split_lines(aliases);
  if (find_line(alias_lines, key, alias_key) != alias_lines.size()) {
    return already_exists("'", key, "' is already defined as an alias");
  }
  append_line(lines, cat(key, "|", stored_password));
  return write(path, join_lines(lines));
}

/// The password of the account's line becomes `change_password(what it was)`; the rest of the line
/// stays.
Status Editor::change_account(std::string_view address,
                              const std::function<std::string(std::string_view)>& change_password) {
  const std::string key = ascii::to_lower(address);
  MAIL_ASSIGN_OR_RETURN(const auto lock, lock_folder(filesystem_, folder_));
  const std::string path = cat(folder_, "/", kAccountsFile);
  MAIL_ASSIGN_OR_RETURN(const std::string text, read_config(filesystem_, path));
  std::vector<std::string> lines = split_lines(text);
  const std::size_t at = find_line(lines, key, account_key);
  if (at == lines.size()) return not_found("'", excerpt(key), "' does not exist");
  const auto [content, line_end] = split_line_end(lines[at]);
  const std::size_t password = std::min(content.find('|'), content.size());
  const std::size_t extra = std::min(content.find('|', password + 1), content.size());
  const std::size_t begin = std::min(password + 1, extra);
  lines[at] =
      cat(content.substr(0, password), "|", change_password(content.substr(begin, extra - begin)),
          content.substr(extra), line_end);
  return write(path, join_lines(lines));
}

Status Editor::update_account(std::string_view address, std::string_view stored_password) {
  return change_account(address, [&](std::string_view before) {
    return cat(is_suspended(before) ? kSuspended : std::string_view(), stored_password);
  });
}

Status Editor::suspend_account(std::string_view address) {
  return change_account(address, [](std::string_view before) {
    return cat(is_suspended(before) ? std::string_view() : kSuspended, before);
  });
}

Status Editor::resume_account(std::string_view address) {
  return change_account(
      address, [](std::string_view before) { return std::string(without_suspension(before)); });
}

Status Editor::delete_account(std::string_view address) {
  const std::string key = ascii::to_lower(address);
  MAIL_ASSIGN_OR_RETURN(const auto lock, lock_folder(filesystem_, folder_));
  const std::string path = cat(folder_, "/", kAccountsFile);
  MAIL_ASSIGN_OR_RETURN(const std::string text, read_config(filesystem_, path));
  std::vector<std::string> lines = split_lines(text);
  // All of them: were a second line left, the account would live on with another password.
  const std::size_t removed =
      std::erase_if(lines, [&key](const std::string& line) { return account_key(line) == key; });
  if (removed == 0) return not_found("'", excerpt(key), "' does not exist");
  // The account last: what is interrupted here can be done again.
  MAIL_RETURN_IF_ERROR(remove_from_aliases(key));
  MAIL_ASSIGN_OR_RETURN(const bool had_quota, remove_key(kQuotasFile, key, quota_key));
  (void)had_quota;
  return write(path, join_lines(lines));
}

Status Editor::add_alias(std::string_view alias, std::string_view recipient) {
  MAIL_RETURN_IF_ERROR(check_alias(alias));
  MAIL_RETURN_IF_ERROR(check_recipients(recipient));
  const std::string key = ascii::to_lower(alias);
  MAIL_ASSIGN_OR_RETURN(const auto lock, lock_folder(filesystem_, folder_));
  const std::string path = cat(folder_, "/", kVirtualFile);
  MAIL_ASSIGN_OR_RETURN(const std::string text, read_config(filesystem_, path));
  MAIL_ASSIGN_OR_RETURN(const std::string accounts,
                        read_config(filesystem_, cat(folder_, "/", kAccountsFile)));
  const std::vector<std::string> account_lines = split_lines(accounts);
  if (find_line(account_lines, key, account_key) != account_lines.size()) {
    return already_exists("'", key, "' is already defined as an account");
  }
  std::vector<std::string> lines = split_lines(text);
  std::vector<std::string> fresh = split_targets(recipient);
  const std::size_t at = find_line(lines, key, alias_key);
  for (std::size_t i = at; i < lines.size(); i = find_line(lines, key, alias_key, i + 1)) {
    const std::vector<std::string> targets = read_alias_line(lines, i).targets;
    std::erase_if(fresh, [&](const std::string& target) { return holds(targets, target); });
  }
  if (fresh.empty()) {
    return already_exists("'", key, "' is already an alias for recipient: '", recipient, "'");
  }
  if (at == lines.size()) {
    std::string targets;
    for (const std::string& target : fresh) append(targets, targets.empty() ? "" : ",", target);
    append_line(lines, cat(alias, " ", targets));
  } else {
    const AliasLine line = read_alias_line(lines, at);
    std::vector<std::string> targets = line.targets;
    targets.insert(targets.end(), fresh.begin(), fresh.end());
    rewrite_alias(lines, line, targets);
  }
  return write(path, join_lines(lines));
}

Status Editor::add_forward(std::string_view account, std::string_view recipient, bool keeps_copy) {
  MAIL_RETURN_IF_ERROR(check_recipients(recipient));
  const std::string key = ascii::to_lower(account);
  MAIL_ASSIGN_OR_RETURN(const auto lock, lock_folder(filesystem_, folder_));
  MAIL_ASSIGN_OR_RETURN(const std::string accounts,
                        read_config(filesystem_, cat(folder_, "/", kAccountsFile)));
  const std::vector<std::string> account_lines = split_lines(accounts);
  if (find_line(account_lines, key, account_key) == account_lines.size()) {
    return not_found("'", excerpt(key), "' does not exist");
  }
  const std::string path = cat(folder_, "/", kVirtualFile);
  MAIL_ASSIGN_OR_RETURN(const std::string text, read_config(filesystem_, path));
  std::vector<std::string> lines = split_lines(text);
  std::vector<std::string> targets;
  const auto add = [&targets, &key](const std::vector<std::string>& more) {
    for (const std::string& target : more) {
      if (!holds(targets, target) && !holds({key}, target)) targets.push_back(target);
    }
  };
  if (find_line(lines, key, alias_key) == lines.size()) append_line(lines, cat(key, " "));
  const std::size_t first = find_line(lines, key, alias_key);
  const auto next = [&] { return find_line(lines, key, alias_key, first + 1); };
  add(read_alias_line(lines, first).targets);
  for (std::size_t i = next(); i != lines.size(); i = next()) {
    add(read_alias_line(lines, i).targets);
    rewrite_alias(lines, read_alias_line(lines, i), {});
  }
  add(split_targets(recipient));
  if (keeps_copy) targets.insert(targets.begin(), key);
  rewrite_alias(lines, read_alias_line(lines, first), targets);
  return write(path, join_lines(lines));
}

StatusOr<bool> Editor::delete_alias(std::string_view alias, std::string_view recipient) {
  const std::string key = ascii::to_lower(internal_form(alias));
  MAIL_ASSIGN_OR_RETURN(const auto lock, lock_folder(filesystem_, folder_));
  const std::string path = cat(folder_, "/", kVirtualFile);
  MAIL_ASSIGN_OR_RETURN(const std::string text, read_config(filesystem_, path));
  std::vector<std::string> lines = split_lines(text);
  bool removed = false;
  for (std::size_t i = find_line(lines, key, alias_key); i < lines.size();) {
    const AliasLine line = read_alias_line(lines, i);
    std::vector<std::string> kept;
    for (const std::string& target : line.targets) {
      if (!holds({target}, recipient)) kept.push_back(target);
    }
    if (kept.size() == line.targets.size()) {
      i = find_line(lines, key, alias_key, i + 1);
      continue;
    }
    removed = true;
    rewrite_alias(lines, line, kept);
    i = find_line(lines, key, alias_key, i + (kept.empty() ? 0 : 1));
  }
  if (!removed) return false;
  MAIL_RETURN_IF_ERROR(write(path, join_lines(lines)));
  return true;
}

Status Editor::remove_from_aliases(std::string_view address) {
  const std::string path = cat(folder_, "/", kVirtualFile);
  MAIL_ASSIGN_OR_RETURN(const std::string text, read_config(filesystem_, path));
  Lines lines = split_lines(text);
  bool changed = false;
  for (std::size_t i = 0; i < lines.size();) {
    if (alias_key(lines[i]).empty()) {
      ++i;
      continue;
    }
    const AliasLine line = read_alias_line(lines, i);
    std::vector<std::string> kept;
    for (const std::string& target : line.targets) {
      if (!holds({target}, address)) kept.push_back(target);
    }
    if (kept.size() == line.targets.size()) {
      ++i;
      continue;
    }
    changed = true;
    rewrite_alias(lines, line, kept);
    if (!kept.empty()) ++i;
  }
  return changed ? write(path, join_lines(lines)) : absl::OkStatus();
}

}  // namespace mail::directory
