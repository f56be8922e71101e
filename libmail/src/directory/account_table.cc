// postfix-accounts.cf (docker-mailserver): one account a line, no continuation lines.
//
// Tested by tests/unit/directory/tables_test.cc.
#include <algorithm>

#include "address_text.h"
#include "attribute_text.h"
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

/// Mail is delivered all the same; what a reader of the file should know is said.
void check_attributes(const Account& account, const Report& report) {
  for (const auto& [key, value] : split_attributes(account.extra)) {
    const bool is_size = key == "userdb_quota_storage_size";
    if (key == "userdb_mail" && !maildir_of(value)) {
      report.error(account.line,
                   cat("'", excerpt(value), "' of '", excerpt(account.address),
                       "' is no Maildir; its mail is kept in the usual place"),
                   "Convert the mail to Maildir, then write userdb_mail=maildir:/path.");
    } else if (is_size && !parse_quota_size(value)) {
      report.error(account.line, cat("'", excerpt(value), "' is no size; it does not count"),
                   "Write userdb_quota_storage_size=5G.");
    } else if (key != "userdb_mail" && key != "userdb_home" && !key.starts_with("userdb_quota_")) {
      report.warning(account.line,
                     cat("the attribute '", excerpt(key), "' of '", excerpt(account.address),
                         "' has no meaning here; it is kept"),
                     "Known are userdb_mail, userdb_home and userdb_quota_*.");
    }
  }
}

struct Form {
  bool is_master = false;
  std::string_view noun;     // "account"
  std::string_view example;  // "user@example.com|{SHA512-CRYPT}hash"
  std::string_view command;  // "mailctl email"
};
constexpr Form kAccountForm{false, "account", "user@example.com|{SHA512-CRYPT}hash",
                            "mailctl email"};
constexpr Form kMasterForm{true, "master", "name|{SHA512-CRYPT}hash", "mailctl dovecot-master"};

bool is_possible_name(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), ascii::is_control) &&
         name.find_first_of(" |:*") == std::string_view::npos;
}

// account-line = ( address / name ) "|" password [ "|" extra-attributes ]
AccountTable parse_lines(const Form& form, std::string_view text, const Options& options,
                         const Report& report, Names& names) {
  AccountTable table;
  const auto lines = logical_lines(text, options.max_line_octets, Continuation::kNone, report);
  table.accounts.reserve(lines.size());
  names.reserve(lines.size());
  for (const LogicalLine& logical : lines) {
    const std::string_view line = ascii::trim(logical.text);
    const std::size_t bar = line.find('|');
    Account account;
    account.address = ascii::to_lower(ascii::trim(line.substr(0, bar)));
    account.line = logical.line;
    const bool possible =
        form.is_master ? is_possible_name(account.address) : is_possible_account(account.address);
    if (!possible || bar == std::string_view::npos) {
      report.error(
          logical.line,
          possible ? cat("'", excerpt(account.address), "' has no password field")
                   : cat("'", excerpt(account.address), "' is no ", form.noun,
                         form.is_master ? " name" : " address"),
          cat("Write ", form.example, ", or delete the line; `", form.command, " add` writes it."));
      continue;
    }
    const std::string_view rest = line.substr(bar + 1);
    const std::size_t second = rest.find('|');
    account.password = ascii::trim(rest.substr(0, second));
    if (second != std::string_view::npos) account.extra = rest.substr(second + 1);
    Name& name = names[account.address];
    if (name.account != Name::kNone) {
      report.warning(
          logical.line,
          cat("'", excerpt(account.address), "' is already ", form.is_master ? "a " : "an ",
              form.noun, " since line ", name.line, "; it is not added twice"),
          "Delete one of the two lines.");
      continue;
    }
    crypto::PasswordVerdict why{};
    if (!crypto::is_usable_password(without_suspension(account.password), &why)) {
      report.warning(logical.line,
                     cat("'", excerpt(account.address), "' cannot log in: ", to_string(why), " (",
                         excerpt(scheme_of(account.password)), ")",
                         form.is_master ? "" : ". Mail is delivered"),
                     cat("Set a new password: ", form.command, " update ", account.address));
    }
    if (!account.extra.empty() && !form.is_master) check_attributes(account, report);
    name.account = static_cast<std::uint32_t>(table.accounts.size());
    name.line = static_cast<std::uint32_t>(account.line);
    table.accounts.push_back(std::move(account));
  }
  return table;
}

}  // namespace

AccountTable AccountTable::parse(std::string_view text, const Options& options,
                                 const Report& report, Names& names) {
  return parse_lines(kAccountForm, text, options, report, names);
}

AccountTable AccountTable::parse_masters(std::string_view text, const Options& options,
                                         const Report& report, Names& names) {
  return parse_lines(kMasterForm, text, options, report, names);
}

}  // namespace mail::directory
