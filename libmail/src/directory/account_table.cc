// postfix-accounts.cf (docker-mailserver): one account a line, no continuation lines.
//
// Tested by tests/unit/directory/tables_test.cc.
#include "address_text.h"
#include "key_buffer.h"
#include "mail/base/ascii.h"
#include "mail/crypto/password.h"
#include "mail/directory/address.h"
#include "tables.h"

namespace mail::directory {
namespace {

/// The address becomes a path in the mail folder and a field of this file: refuse what could leave
/// the one or end the other.
bool is_possible_account(std::string_view address) {
  const SplitAddress split = split_address(address);
  const auto dots_only = [](std::string_view s) {
    return s.find_first_not_of('.') == std::string_view::npos;
  };
  return is_plausible_address(address) && !dots_only(split.localpart) && !dots_only(split.domain) &&
         address.find_first_of("/\\\" |:*") == std::string_view::npos;
}

/// "{MD4}" of "{MD4}abcdef": what may be shown of a stored password.
std::string_view scheme_of(std::string_view stored) {
  if (!stored.starts_with('{')) return "no scheme, so SHA512-CRYPT";
  const std::size_t close = stored.find('}');
  return close == std::string_view::npos ? "{ without }" : stored.substr(0, close + 1);
}

}  // namespace

// account-line = address "|" password [ "|" extra-attributes ]
AccountTable AccountTable::parse(std::string_view text, const Options& options,
                                 const Report& report) {
  AccountTable table;
  for (const LogicalLine& logical :
       logical_lines(text, options.max_line_octets, Continuation::kNone, report)) {
    const std::string_view line = ascii::trim(logical.text);
    const std::size_t bar = line.find('|');
    Account account;
    account.address = ascii::to_lower(ascii::trim(line.substr(0, bar)));
    account.line = logical.line;
    if (!is_possible_account(account.address)) {
      report.error(logical.line, cat("'", excerpt(account.address), "' is no account address"),
                   "Write user@example.com|{SHA512-CRYPT}hash, or delete the line.");
      continue;
    }
    if (bar == std::string_view::npos) {
      report.error(logical.line, cat("'", excerpt(account.address), "' has no password field"),
                   "Write user@example.com|{SHA512-CRYPT}hash; `mailctl email add` does.");
      continue;
    }
    const std::string_view rest = line.substr(bar + 1);
    const std::size_t second = rest.find('|');
    account.password = ascii::trim(rest.substr(0, second));
    if (second != std::string_view::npos) account.extra = rest.substr(second + 1);
    const auto [position, fresh] =
        table.index.try_emplace(account.address, static_cast<std::uint32_t>(table.accounts.size()));
    if (!fresh) {
      report.warning(logical.line,
                     cat("'", excerpt(account.address), "' is already an account since line ",
                         table.accounts[position->second].line, "; it is not added twice"),
                     "Delete one of the two lines.");
      continue;
    }
    crypto::PasswordVerdict why{};
    if (!crypto::is_usable_password(account.password, &why)) {
      report.warning(logical.line,
                     cat("'", excerpt(account.address), "' cannot log in: ", to_string(why), " (",
                         excerpt(scheme_of(account.password)), "). Mail is delivered"),
                     cat("Set a new password: mailctl email update ", account.address));
    }
    table.accounts.push_back(std::move(account));
  }
  return table;
}

const Account* AccountTable::find(std::string_view lowered) const {
  const auto found = index.find(lowered);
  return found == index.end() ? nullptr : &accounts[found->second];
}

}  // namespace mail::directory
