// app-password: passwords for single programs, made here and shown once.
#include <unistd.h>

#include <chrono>
#include <iostream>

#include "context.h"
#include "mail/base/ascii.h"
#include "mail/crypto/password.h"
#include "mail/directory/app_password.h"
#include "mail/directory/editor.h"

namespace mailctl {
namespace {

using namespace mail::directory;

mail::WallTime now() {
  return std::chrono::time_point_cast<mail::Duration>(std::chrono::system_clock::now());
}

Json scope_json(const LoginScope& scope) {
  Json json = Json::array();
  for (const LoginService service :
       {LoginService::kImap, LoginService::kPop3, LoginService::kSmtp}) {
    if (scope.has(service)) json.push_back(to_string(service));
  }
  return json;
}

Json expiry_json(const AppPassword& entry) {
  return entry.expires ? Json(expiry_text(*entry.expires)) : Json(nullptr);
}

int without_label(const Context& context) {
  return wrong_usage(context, "No label specified for " + named(context.arguments[0]) +
                                  "; write --label, as in --label phone");
}

std::vector<Table::Cell> cells_of(const AppPassword& entry) {
  const std::string scope = entry.scope.text();
  std::string ends = entry.expires ? expiry_text(*entry.expires) : "never";
  const bool has_ended = entry.has_expired(now());
  if (has_ended) ends += " (expired)";
  return {{"* " + entry.address},
          {entry.label},
          {scope.empty() ? "all" : scope},
          {ends, Colour::kRed, has_ended}};
}

}  // namespace

int app_password_add(const Context& context) {
  const auto address = account_address(context.arguments[0]);
  if (!address.ok()) return refuse(context, address.status());
  if (context.label.empty()) return without_label(context);
  AppPassword entry;
  entry.address = *address;
  entry.label = context.label;
  entry.scope = LoginScope::parse(context.scope).value_or(LoginScope());
  if (!context.expires.empty()) entry.expires = parse_expiry(context.expires);
  if (entry.has_expired(now())) {
    return refuse(context, named(context.expires) + " has passed; write a day to come for " +
                               named(context.label));
  }
  const std::string password = mail::crypto::generate_password();
  // 120 random bits need no slow hash.
  const auto hash = mail::crypto::hash_password(password, mail::crypto::PasswordScheme::kSsha512);
  if (!hash.ok()) return refuse(context, hash.status());
  entry.password = *hash;
  const int code =
      run_edit(context,
               {{"address", entry.address},
                {"label", entry.label},
                {"scope", scope_json(entry.scope)},
                {"expires", expiry_json(entry)},
                {"password", password}},
               {always([&](Editor& editor) { return editor.add_app_password(entry); })});
  if (code != kDone || context.json) return code;
  std::cout << password << "\n";
  if (isatty(STDOUT_FILENO) == 1) std::cerr << "Write it down: it is not shown again.\n";
  return kDone;
}

int app_password_delete(const Context& context) {
  const auto address = account_address(context.arguments[0]);
  if (!address.ok()) return refuse(context, address.status());
  if (context.label.empty()) return without_label(context);
  return run_edit(context, {{"address", *address}, {"label", context.label}},
                  {always([&](Editor& editor) {
                    return editor.delete_app_password(*address, context.label);
                  })});
}

int app_password_list(const Context& context) {
  const auto snapshot = load_snapshot(context);
  if (!snapshot->app_passwords_available()) {
    return refuse(context, named(context.config_file("app-passwords.cf")) +
                               " cannot be read; see `" + context.program + " config check`");
  }
  const std::string account = context.arguments.empty() ? "" : context.arguments[0];
  if (!context.arguments.empty() && find_account(*snapshot, account) == nullptr) {
    return refuse_missing_account(context, *snapshot, account);
  }
  Json json = Json::array();
  Table table;
  for (const AppPassword& entry : snapshot->app_passwords()) {
    if (!account.empty() && !mail::ascii::equal_ignoring_case(entry.address, account)) continue;
    json.push_back({{"address", entry.address},
                    {"label", entry.label},
                    {"scope", scope_json(entry.scope)},
                    {"expires", expiry_json(entry)},
                    {"expired", entry.has_expired(now())},
                    {"line", entry.line}});
    table.add(cells_of(entry));
  }
  if (context.json) {
    std::cout << text_of(json);
  } else if (json.empty()) {
    std::cout << "There are no app passwords\n";
  } else {
    table.print();
  }
  return kDone;
}

}  // namespace mailctl
