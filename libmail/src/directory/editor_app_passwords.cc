// Edits of app-passwords.cf.
//
// Tested by tests/unit/directory/app_password_test.cc.
#include <utility>

#include "address_text.h"
#include "app_password_table.h"
#include "config_texts.h"
#include "edit_lines.h"
#include "mail/base/ascii.h"
#include "mail/directory/editor.h"
#include "tables.h"

namespace mail::directory {
namespace {

/// Address and label of a line, lower case, as one key; empty for comments.
std::string label_key(std::string_view line) {
  std::string key = account_key(line);
  if (key.empty()) return key;
  std::string_view rest = split_line_end(line).first;
  for (int field = 0; field < 2; ++field) {
    const std::size_t bar = rest.find('|');
    rest.remove_prefix(bar == std::string_view::npos ? rest.size() : bar + 1);
  }
  return cat(key, "|", ascii::to_lower(ascii::trim(rest.substr(0, rest.find('|')))));
}

}  // namespace

Status Editor::add_app_password(const AppPassword& entry) {
  if (!is_possible_label(entry.label)) {
    return invalid("'", excerpt(entry.label), "' is no label; write 1 to ", kMaxLabelOctets,
                   " characters without |");
  }
  const std::string account = ascii::to_lower(entry.address);
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(const Lines accounts, texts.read(kAccountsFile));
    if (find_line(accounts, account, account_key) == accounts.size()) {
      return not_found("'", excerpt(account),
                       "' does not exist; add it first, or correct the address");
    }
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kAppPasswordsFile));
    const std::string key = cat(account, "|", ascii::to_lower(entry.label));
    if (find_line(lines, key, label_key) != lines.size()) {
      return already_exists("'", account, "' has an app password '", entry.label,
                            "' already; choose another label, or delete that first");
    }
    std::size_t count = 0;
    for (const std::string& line : lines) count += account_key(line) == account ? 1 : 0;
    if (count >= kMaxAppPasswords) {
      return exhausted("'", account, "' has ", count,
                       " app passwords already, the most there can be; delete one");
    }
    std::string line = cat(account, "|", entry.password, "|", entry.label);
    const std::string scope = entry.scope.text();
    if (!scope.empty() || entry.expires) append(line, "|", scope);
    if (entry.expires) append(line, "|", expiry_text(*entry.expires));
    append_line(lines, std::move(line));
    texts.write(kAppPasswordsFile, lines);
    return {};
  });
}

Status Editor::delete_app_password(std::string_view address, std::string_view label) {
  const std::string key = cat(ascii::to_lower(address), "|", ascii::to_lower(label));
  return edit([&](ConfigTexts& texts) -> Status {
    MAIL_ASSIGN_OR_RETURN(Lines lines, texts.read(kAppPasswordsFile));
    if (!remove_lines(lines, key, label_key)) {
      return not_found("'", excerpt(address), "' has no app password '", excerpt(label),
                       "'; the list shows which it has");
    }
    texts.write(kAppPasswordsFile, lines);
    return {};
  });
}

}  // namespace mail::directory
