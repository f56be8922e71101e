#include <algorithm>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "context.h"
#include "mail/base/ascii.h"
#include "mail/crypto/password.h"
#include "mail/directory/editor.h"
#include "password.h"

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
  const auto password = new_password(context, 1);
  if (!password.ok()) return refuse(mail::message_of(password.status()));
  const auto hash = mail::crypto::hash_password(password->reveal());
  if (!hash.ok()) return refuse(mail::message_of(hash.status()));
  Editor editor(mail::real_filesystem(), context.config);
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
    list.push_back({{"address", account.address}, {"aliases", aliases}});
    if (context.json) continue;
    std::cout << "* " << account.address << "\n";
    for (std::size_t i = 0; i < aliases.size(); ++i) {
      std::cout << (i == 0 ? "    [ aliases -> " : ", ") << aliases[i];
    }
    std::cout << (aliases.empty() ? "\n" : " ]\n\n");
  }
  if (context.json) std::cout << list.dump(2) << "\n";
  return kDone;
}

}  // namespace mailctl
