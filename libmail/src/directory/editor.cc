// Edits of accounts and aliases. Each changes some lines of the texts and leaves all others byte
// for byte; ConfigTexts locks, reads and writes.
//
// Tested by tests/unit/directory/editor_test.cc, tests/unit/directory/transaction_test.cc.
#include "mail/directory/editor.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "address_text.h"
#include "config_texts.h"
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
  if (address.size() > kMaxAddressOctets ||
      split_address(address).localpart.size() > kMaxLocalpartOctets) {
    return invalid("'", excerpt(address), "' is too long for an address; write ", kMaxAddressOctets,
                   " octets at most, ", kMaxLocalpartOctets, " of them before the @");
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
  const auto is_too_long = [](const std::string& target) {
    return target.size() > kMaxAddressOctets;
  };
  if (targets && std::any_of(targets->begin(), targets->end(), is_too_long)) {
    return invalid("'", excerpt(recipients), "' is too long for a recipient; write ",
                   kMaxAddressOctets, " octets at most");
  }
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

AliasLine read_alias_line(const Lines& lines, std::size_t first) {
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

std::string join_targets(const std::vector<std::string>& targets) {
  std::string text;
  for (const std::string& target : targets) append(text, text.empty() ? "" : ",", target);
  return text;
}

/// A line that a reader does not take, for its length or for what a person wrote into it, would be
/// lost with all its targets.
Status check_line(std::string_view key, const std::vector<std::string>& targets) {
  const std::string joined = join_targets(targets);
  if (!parse_targets(joined, "localhost")) {
    return failed_precondition("the line of '", excerpt(key), "' cannot be read: '",
                               excerpt(joined), "'; mend it by hand first");
  }
  const std::size_t octets = key.size() + 1 + joined.size();
  const std::size_t limit = Options().max_line_octets;
  if (octets <= limit) return {};
  return exhausted("the line of '", excerpt(key), "' would have ", octets,
                   " octets, more than the limit of ", limit,
                   "; put some recipients behind another alias");
}

/// Puts `targets` in place of the alias's lines; no target: takes the alias out.
void rewrite_alias(Lines& lines, const AliasLine& alias, const std::vector<std::string>& targets) {
  const std::string text = join_targets(targets);
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

/// Neither an account nor an alias has this key.
Status check_is_free(ConfigTexts& texts, std::string_view key) {
  MAIL_ASSIGN_OR_RETURN(const Lines accounts, texts.read(kAccountsFile));
  if (find_line(accounts, key, account_key) != accounts.size()) {
    return already_exists("'", key, "' already exists; update it, or choose another address");
  }
  MAIL_ASSIGN_OR_RETURN(const Lines aliases, texts.read(kVirtualFile));
  if (find_line(aliases, key, alias_key) != aliases.size()) {
    return already_exists("'", key, "' is already defined as an alias; delete that first");
  }
  return {};
}

/// `replacement` in place of a target wherever it stands; empty: takes it out, and an alias with
/// its last target.
Status replace_in_aliases(ConfigTexts& texts, std::string_view target,
                          const std::string& replacement) {
  MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kVirtualFile));
  bool changed = false;
  for (std::size_t i = 0; i < lines.size();) {
    if (alias_key(lines[i]).empty()) {
      ++i;
      continue;
    }
    const AliasLine line = read_alias_line(lines, i);
    std::vector<std::string> kept;
    bool is_here = false;
    for (const std::string& other : line.targets) {
      const bool is_meant = holds({other}, target);
      is_here = is_here || is_meant;
      if (!is_meant) kept.push_back(other);
      if (is_meant && !replacement.empty()) kept.push_back(replacement);
    }
    if (is_here) rewrite_alias(lines, line, kept);
    changed = changed || is_here;
    if (!is_here || !kept.empty()) ++i;
  }
  if (changed) texts.write(kVirtualFile, lines);
  return {};
}

}  // namespace

Editor::Editor(Filesystem& filesystem, std::string folder, Warn warn)
    : filesystem_(filesystem), folder_(std::move(folder)), warn_(std::move(warn)) {}
Editor::Editor(Editor&&) noexcept = default;
Editor::~Editor() = default;

Status Editor::edit(const std::function<Status(ConfigTexts&)>& change) {
  if (gathered_ == nullptr) {
    MAIL_ASSIGN_OR_RETURN(const auto texts, ConfigTexts::lock(filesystem_, folder_));
    MAIL_RETURN_IF_ERROR(change(*texts));
    texts->keep_edit();
    return texts->commit(warn_);
  }
  if (gathered_->has_ended()) return failed_precondition("this transaction has ended");
  const Status status = change(*gathered_);
  status.ok() ? gathered_->keep_edit() : gathered_->drop_edit();
  return status;
}

StatusOr<Transaction> Editor::begin() const {
  if (gathered_ != nullptr) return failed_precondition("a transaction cannot begin another one");
  MAIL_ASSIGN_OR_RETURN(auto texts, ConfigTexts::lock(filesystem_, folder_));
  return Transaction(*this, std::move(texts));
}

Transaction::Transaction(const Editor& editor, std::unique_ptr<ConfigTexts> texts)
    : Editor(editor.filesystem_, editor.folder_, editor.warn_) {
  gathered_ = std::move(texts);
}

Status Transaction::commit() {
  if (gathered_->has_ended()) return failed_precondition("this transaction has ended");
  return gathered_->commit(warn_);
}

Status Editor::add_account(std::string_view address, std::string_view stored_password) {
  MAIL_RETURN_IF_ERROR(check_address(address));
  const std::string key = ascii::to_lower(address);
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kAccountsFile));
    MAIL_RETURN_IF_ERROR(check_is_free(texts, key));
    append_line(lines, cat(key, "|", stored_password));
    texts.write(kAccountsFile, lines);
    return {};
  });
}

/// The password of the account's line becomes `change_password(what it was)`; the rest of the line
/// stays.
Status Editor::change_account(std::string_view address,
                              const std::function<std::string(std::string_view)>& change_password) {
  const std::string key = ascii::to_lower(address);
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kAccountsFile));
    const std::size_t at = find_line(lines, key, account_key);
    if (at == lines.size())
      return not_found("'", excerpt(key), "' does not exist; add it first, or correct the address");
    const auto [content, line_end] = split_line_end(lines[at]);
    const std::size_t password = std::min(content.find('|'), content.size());
    const std::size_t extra = std::min(content.find('|', password + 1), content.size());
    const std::size_t begin = std::min(password + 1, extra);
    lines[at] =
        cat(content.substr(0, password), "|", change_password(content.substr(begin, extra - begin)),
            content.substr(extra), line_end);
    texts.write(kAccountsFile, lines);
    return {};
  });
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
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kAccountsFile));
    // All of them: were a second line left, the account would live on with another password.
    const std::size_t removed =
        std::erase_if(lines, [&key](const std::string& line) { return account_key(line) == key; });
    if (removed == 0)
      return not_found("'", excerpt(key), "' does not exist; add it first, or correct the address");
    texts.write(kAccountsFile, lines);
    MAIL_RETURN_IF_ERROR(replace_in_aliases(texts, key, {}));
    MAIL_ASSIGN_OR_RETURN(Lines quotas, texts.read(kQuotasFile));
    if (remove_lines(quotas, key, quota_key)) texts.write(kQuotasFile, quotas);
    MAIL_ASSIGN_OR_RETURN(Lines app_passwords, texts.read(kAppPasswordsFile));
    if (remove_lines(app_passwords, key, account_key)) {
      texts.write(kAppPasswordsFile, app_passwords);
    }
    return {};
  });
}

Status Editor::add_alias(std::string_view alias, std::string_view recipient) {
  MAIL_RETURN_IF_ERROR(check_alias(alias));
  MAIL_RETURN_IF_ERROR(check_recipients(recipient));
  const std::string key = ascii::to_lower(alias);
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kVirtualFile));
    MAIL_ASSIGN_OR_RETURN(const Lines accounts, texts.read(kAccountsFile));
    if (find_line(accounts, key, account_key) != accounts.size()) {
      return already_exists(
          "'", key,
          "' is already defined as an account; forward its mail, or choose another alias");
    }
    std::vector<std::string> fresh = split_targets(recipient);
    const std::size_t at = find_line(lines, key, alias_key);
    for (std::size_t i = at; i < lines.size(); i = find_line(lines, key, alias_key, i + 1)) {
      const std::vector<std::string> targets = read_alias_line(lines, i).targets;
      std::erase_if(fresh, [&](const std::string& target) { return holds(targets, target); });
    }
    if (fresh.empty()) {
      return already_exists("'", key, "' is already an alias for recipient: '", recipient,
                            "'; there is nothing to add");
    }
    if (at == lines.size()) {
      MAIL_RETURN_IF_ERROR(check_line(alias, fresh));
      append_line(lines, cat(alias, " ", join_targets(fresh)));
    } else {
      const AliasLine line = read_alias_line(lines, at);
      std::vector<std::string> targets = line.targets;
      targets.insert(targets.end(), fresh.begin(), fresh.end());
      MAIL_RETURN_IF_ERROR(check_line(key, targets));
      rewrite_alias(lines, line, targets);
    }
    texts.write(kVirtualFile, lines);
    return {};
  });
}

Status Editor::add_forward(std::string_view account, std::string_view recipient, bool keeps_copy) {
  MAIL_RETURN_IF_ERROR(check_recipients(recipient));
  const std::string key = ascii::to_lower(account);
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(const Lines accounts, texts.read(kAccountsFile));
    if (find_line(accounts, key, account_key) == accounts.size()) {
      return not_found("'", excerpt(key), "' does not exist; add it first, or correct the address");
    }
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kVirtualFile));
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
    MAIL_RETURN_IF_ERROR(check_line(key, targets));
    rewrite_alias(lines, read_alias_line(lines, first), targets);
    texts.write(kVirtualFile, lines);
    return {};
  });
}

StatusOr<bool> Editor::delete_alias(std::string_view alias, std::string_view recipient) {
  const std::string key = ascii::to_lower(internal_form(alias));
  bool removed = false;
  const Status status = edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kVirtualFile));
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
    if (removed) texts.write(kVirtualFile, lines);
    return {};
  });
  if (!status.ok()) return status;
  return removed;
}

Status Editor::rename(std::string_view from, std::string_view to) {
  MAIL_RETURN_IF_ERROR(check_alias(from));
  MAIL_RETURN_IF_ERROR(check_alias(to));
  if (from.starts_with('@') != to.starts_with('@')) {
    return invalid("'", excerpt(from), "' cannot become '", excerpt(to),
                   "': either both are addresses or both are domains, as @example.com");
  }
  const std::string old_key = ascii::to_lower(from);
  const std::string key = ascii::to_lower(to);
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_RETURN_IF_ERROR(check_is_free(texts, key));
    bool found = false;
    const auto in_file = [&](std::string_view file, std::string_view before, std::string_view after,
                             KeyOf key_of) -> Status {
      MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(file));
      if (!rename_key(lines, before, after, key_of)) return {};
      found = true;
      texts.write(file, lines);
      return {};
    };
    MAIL_RETURN_IF_ERROR(in_file(kVirtualFile, old_key, key, alias_key));
    for (const std::string_view file :
         {kSendAccessFile, kReceiveAccessFile, kRelayMapFile, kRelayCredentialsFile}) {
      MAIL_RETURN_IF_ERROR(in_file(file, old_key, key, alias_key));
    }
    if (key.starts_with('@')) {
      // access(5) writes a domain bare.
      for (const std::string_view file : {kSendAccessFile, kReceiveAccessFile}) {
        MAIL_RETURN_IF_ERROR(in_file(file, old_key.substr(1), key.substr(1), alias_key));
      }
    }
    MAIL_RETURN_IF_ERROR(in_file(kQuotasFile, old_key, key, quota_key));
    MAIL_RETURN_IF_ERROR(in_file(kAppPasswordsFile, old_key, key, account_key));
    MAIL_RETURN_IF_ERROR(in_file(kAccountsFile, old_key, key, account_key));
    if (!found)
      return not_found("'", excerpt(old_key),
                       "' does not exist; add it first, or correct the address");
    return replace_in_aliases(texts, old_key, key);
  });
}

}  // namespace mail::directory
