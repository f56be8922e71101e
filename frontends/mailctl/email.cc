// email add, update, del, list.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>

#include "context.h"
#include "mail/base/ascii.h"
#include "mail/directory/attributes.h"
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
  const auto address = account_address(given);
  if (!address.ok()) return refuse(context, address.status());
  const auto hash = new_stored_password(context, 1);
  if (!hash.ok()) return refuse(context, hash.status());
  const int code =
      run_edit(context, {{"address", *address}},
               {always([&](Editor& editor) { return edit(editor, *address, *hash); })});
  if (code == kDone && *address != given) {
    warn("Mail account " + named(given) + " has uppercase letters and will be normalized to " +
         named(*address));
  }
  return code;
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
  if (context.yes || context.no) return context.yes;
  const std::string line =
      ask_line("Do you want to delete the mailbox data as well (removing all mails)? [y/N] ");
  return line == "y" || line == "Y";
}

std::filesystem::path domain_folder(const Context& context, std::string_view address) {
  return std::filesystem::path(context.mail) / address.substr(address.rfind('@') + 1);
}

std::filesystem::path mail_folder(const Context& context, std::string_view address) {
  return domain_folder(context, address) / address.substr(0, address.rfind('@'));
}

/// Empty: the mail of these accounts can be deleted, as far as can be told.
std::string why_mail_stays(const Context& context,
                           const std::vector<const mail::directory::Account*>& accounts) {
  for (const auto* account : accounts) {
    const std::string elsewhere = mail::directory::attributes_of(*account, context.mail).mail;
    if (!elsewhere.empty() && elsewhere != mail_folder(context, account->address)) {
      return named(account->address) + " has its mail at " + named(elsewhere) +
             " (userdb_mail), which is not deleted here; write -n, and delete it yourself";
    }
    std::error_code error;
    const auto type =
        std::filesystem::symlink_status(mail_folder(context, account->address), error);
    if (std::filesystem::exists(type) && !std::filesystem::is_directory(type)) {
      return "Mailbox data directory " + named(mail_folder(context, account->address).string()) +
             " is no directory; write -n, and look what it is";
    }
  }
  return {};
}

/// <mail>/<domain>/<user>, and the domain's folder when nothing is left in it. Absent is deleted.
mail::Status delete_mail(const Context& context, const std::string& address) {
  const auto mailbox = mail_folder(context, address);
  std::error_code error;
  if (std::filesystem::remove_all(mailbox, error); error) {
    return mail::internal_error("Mailbox data could not be deleted: ", named(mailbox.string()),
                                ": ", error.message());
  }
  std::filesystem::remove(domain_folder(context, address), error);  // fails while others are there
  return {};
}

}  // namespace

int email_delete(const Context& context) {
  if (context.yes && context.no) {
    return wrong_usage(context, "'-y' and '-n' exclude each other; write one of them");
  }
  const auto snapshot = load_snapshot(context);
  std::vector<const mail::directory::Account*> accounts;
  Json addresses = Json::array();
  for (const std::string& address : unique(context.arguments)) {
    accounts.push_back(find_account(*snapshot, address));
    if (accounts.back() == nullptr) return refuse_missing_account(context, *snapshot, address);
    addresses.push_back(accounts.back()->address);
  }
  const bool deletes_mail = wants_mail_deleted(context);
  const std::string why = deletes_mail ? why_mail_stays(context, accounts) : std::string();
  if (!why.empty()) return refuse(context, why);
  std::vector<Change> changes;
  for (const auto* account : accounts) {
    changes.push_back(
        always([account](Editor& editor) { return editor.delete_account(account->address); }));
  }
  // The accounts first: no new session of theirs can write into what is removed.
  return run_edit(context, {{"addresses", addresses}, {"mail_deleted", deletes_mail}}, changes,
                  [&]() -> mail::Status {
                    for (const auto* account : accounts) {
                      if (!deletes_mail) continue;
                      MAIL_RETURN_IF_ERROR(delete_mail(context, account->address));
                    }
                    return {};
                  });
}

namespace {

std::uint64_t percent_of(std::uint64_t part, std::uint64_t whole) {
  return static_cast<std::uint64_t>(static_cast<long double>(part) * 100 / whole);
}

struct Listed {
  std::vector<std::string> aliases;
  std::uint64_t used = 0;
  std::uint64_t quota = 0;  // 0: unlimited
  bool suspended = false;
};

Listed look_at(const Context& context, const mail::directory::Snapshot& snapshot,
               const mail::directory::Account& account) {
  return {aliases_of(snapshot, account.address), mail_usage(context, account).octets,
          snapshot.quota_of(account).octets, mail::directory::is_suspended(account.password)};
}

Json to_json(const mail::directory::Account& account, const Listed& listed) {
  return {{"address", account.address},
          {"aliases", listed.aliases},
          {"used", listed.used},
          {"quota", listed.quota},
          {"suspended", listed.suspended}};
}

constexpr std::uint64_t kFullPercent = 95;

void print(const mail::directory::Snapshot& snapshot, const mail::directory::Account& account,
           const Listed& listed) {
  std::cout << "* " << shown(account.address);
  if (snapshot.options().quotas) {
    // Dovecot counts a mailbox without a quota as empty.
    const std::uint64_t percent = listed.quota == 0 ? 0 : percent_of(listed.used, listed.quota);
    const std::string text = "[" + std::to_string(percent) + "%]";
    std::cout << " ( " << iec_size(listed.used) << " / "
              << (listed.quota == 0 ? "~" : iec_size(listed.quota)) << " ) "
              << (percent < kFullPercent ? text : paint(STDOUT_FILENO, Colour::kRed, text));
  }
  if (listed.suspended) std::cout << " " << paint(STDOUT_FILENO, Colour::kYellow, "suspended");
  std::cout << "\n";
  for (std::size_t i = 0; i < listed.aliases.size(); ++i) {
    std::cout << (i == 0 ? "    [ aliases -> " : ", ") << shown(listed.aliases[i]);
  }
  std::cout << (listed.aliases.empty() ? "\n" : " ]\n\n");
}

}  // namespace

int email_list(const Context& context) {
  if (!context.json) {
    if (const int code = require_file(context, "postfix-accounts.cf"); code != kDone) return code;
  }
  const auto snapshot = load_snapshot(context);
  if (!snapshot->accounts_available()) {
    return refuse(context, named(context.config_file("postfix-accounts.cf")) +
                               " cannot be read; see `" + context.program + " config check`");
  }
  Json list = Json::array();
  for (const mail::directory::Account& account : snapshot->accounts()) {
    const Listed listed = look_at(context, *snapshot, account);
    if (context.json) {
      list.push_back(to_json(account, listed));
    } else {
      print(*snapshot, account, listed);
    }
  }
  if (context.json) std::cout << text_of(list);
  return kDone;
}

}  // namespace mailctl
