#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "context.h"
#include "mail/base/ascii.h"
#include "mail/directory/editor.h"
#include "password.h"
#include "usage.h"

namespace mailctl {
namespace {

using mail::directory::Editor;

/// Keys of the aliases that have this account among their targets.
std::vector<std::string> aliases_of(const mail::directory::Snapshot& snapshot,
                                    std::string_view account) {
  std::vector<std::string> keys;
  for (const mail::directory::Alias& alias : snapshot.aliases()) {
    std::string_view rest = alias.targets;
    while (!rest.empty()) {
      const std::size_t end = rest.find_first_of(", \t");
      if (mail::ascii::equal_ignoring_case(rest.substr(0, end), account)) {
        keys.push_back(alias.key);
        break;
      }
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
  return keys;
}

/// Hashes the password, then hands address and hash to `edit`.
int with_password(const Context& context,
                  const std::function<mail::Status(Editor&, const std::string& address,
                                                   const std::string& hash)>& edit) {
  const std::string& given = context.arguments[0];
  const std::string address = mail::ascii::to_lower(given);
  if (address.find('@') == std::string::npos) {
    return refuse("'" + given + "' should include the domain (eg: user@example.com)");
  }
  if (address != given) {
    warn("Mail account '" + given + "' has uppercase letters and will be normalized to '" +
         address + "'");
  }
  const auto hash = new_stored_password(context, 1);
  if (!hash.ok()) return refuse(mail::message_of(hash.status()));
  Editor editor = make_editor(context);
  return run_edit(context, [&] { return edit(editor, address, *hash); });
}

}  // namespace

int email_add(const Context& context) {
  return with_password(context,
                       [](Editor& editor, const std::string& address, const std::string& hash) {
                         return editor.add_account(address, hash);
                       });
}

int email_update(const Context& context) {
  return with_password(context,
                       [](Editor& editor, const std::string& address, const std::string& hash) {
                         return editor.update_account(address, hash);
                       });
}

namespace {

/// Once for all accounts; only y and Y delete.
bool wants_mail_deleted(const Context& context) {
  if (context.yes || context.no) return context.yes && !context.no;
  std::cerr << "Do you want to delete the mailbox data as well (removing all mails)? [y/N] "
            << std::flush;
  std::string line;
  std::getline(std::cin, line);
  std::cerr << "\n";
  return line == "y" || line == "Y";
}

/// <mail>/<domain>/<user>, and the domain's folder when nothing is left in it.
int delete_mail(const Context& context, const std::string& address) {
  const std::size_t at = address.rfind('@');
  const std::filesystem::path domain = std::filesystem::path(context.mail) / address.substr(at + 1);
  const std::filesystem::path mailbox = domain / address.substr(0, at);
  std::error_code error;
  if (!std::filesystem::is_directory(std::filesystem::symlink_status(mailbox, error))) {
    return refuse("Mailbox data directory '" + mailbox.string() + "' does not exist");
  }
  if (std::filesystem::remove_all(mailbox, error); error) {
    return refuse("Mailbox data could not be deleted: " + error.message());
  }
  std::filesystem::remove(domain, error);  // fails while another account has mail there
  return kDone;
}

}  // namespace

int email_delete(const Context& context) {
  if (context.yes && context.no) return refuse("-y and -n exclude each other");
  const auto snapshot = load_snapshot(context);
  for (const std::string& address : context.arguments) {
    if (snapshot->find_login(address) == nullptr) {
      return refuse("'" + address + "' does not exist");
    }
  }
  const bool deletes_mail = wants_mail_deleted(context);
  Editor editor = make_editor(context);
  int code = kDone;
  for (const std::string& given : context.arguments) {
    const std::string address = mail::ascii::to_lower(given);
    // The account first: no session of it remains that could write into what is removed.
    int done = run_edit(context, [&] { return editor.delete_account(address); });
    if (done == kDone && deletes_mail) done = delete_mail(context, address);
    if (done != kDone) code = done;
  }
  return code;
}

namespace {

std::uint64_t percent_of(std::uint64_t part, std::uint64_t whole) {
  return static_cast<std::uint64_t>(static_cast<long double>(part) * 100 / whole);
}

}  // namespace

int email_list(const Context& context) {
  if (!context.json) {
    if (const int code = require_file(context, "postfix-accounts.cf"); code != kDone) return code;
  }
  const auto snapshot = load_snapshot(context);
  if (!snapshot->accounts_available()) {
    return refuse("'" + context.config_file("postfix-accounts.cf") + "' cannot be read");
  }
  auto list = nlohmann::ordered_json::array();
  for (const mail::directory::Account& account : snapshot->accounts()) {
    const std::vector<std::string> aliases = aliases_of(*snapshot, account.address);
    const mail::directory::Quota quota = snapshot->quota_of(account);
    const std::uint64_t used = mail_usage(context, account).octets;
    const bool suspended = mail::directory::is_suspended(account.password);
    list.push_back({{"address", account.address},
                    {"aliases", aliases},
                    {"used", used},
                    {"quota", quota.octets},
                    {"suspended", suspended}});
    if (context.json) continue;
    std::cout << "* " << account.address;
    if (snapshot->options().quotas) {
      // Dovecot counts a mailbox without a quota as empty.
      const std::uint64_t percent = quota.octets == 0 ? 0 : percent_of(used, quota.octets);
      std::cout << " ( " << iec_size(used) << " / "
                << (quota.octets == 0 ? "~" : iec_size(quota.octets)) << " ) [" << percent << "%]";
    }
    std::cout << (suspended ? " suspended\n" : "\n");
    for (std::size_t i = 0; i < aliases.size(); ++i) {
      std::cout << (i == 0 ? "    [ aliases -> " : ", ") << aliases[i];
    }
    std::cout << (aliases.empty() ? "\n" : " ]\n\n");
  }
  if (context.json) std::cout << list.dump(2) << "\n";
  return kDone;
}

}  // namespace mailctl
