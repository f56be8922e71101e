// Tested by tests/unit/directory/authenticate_test.cc.
#include "mail/directory/authenticate.h"

#include <utility>

#include "mail/base/absl.h"
#include "mail/crypto/password.h"
#include "tables.h"

namespace mail::directory {

namespace {

/// `line` is of the account, or of the master whose password is asked for.
Login verify(const Account& line, std::string_view file, std::string_view password,
             Login accepted) {
  const crypto::PasswordVerdict verdict = crypto::verify_password(line.password, password);
  switch (verdict) {
    case crypto::PasswordVerdict::kMatch: return accepted;
    case crypto::PasswordVerdict::kMismatch:
      return {LoginVerdict::kRefused, {}, {}, "another password"};
    case crypto::PasswordVerdict::kUnknownScheme:
    case crypto::PasswordVerdict::kMalformed: break;
  }
  return {LoginVerdict::kRefused, {}, {}, cat(file, ":", line.line, ": ", to_string(verdict))};
}

Login refuse_unknown(std::string_view password, std::string reason) {
  crypto::verify_nobody(password);
  return {LoginVerdict::kRefused, {}, {}, std::move(reason)};
}

}  // namespace

Login authenticate(const Snapshot& snapshot, std::string_view login, std::string_view password) {
  if (!snapshot.accounts_available()) {
    return {LoginVerdict::kUnavailable, {}, {}, cat(kAccountsFile, " cannot be read")};
  }
  // Dovecot's auth_master_user_separator: the first one divides.
  const std::size_t star = login.find('*');
  const Account* account = snapshot.find_login(login.substr(0, star));
  if (star == std::string_view::npos) {
    if (account == nullptr) return refuse_unknown(password, "no such account");
    return verify(*account, kAccountsFile, password,
                  {LoginVerdict::kAccepted, account->address, {}, {}});
  }
  if (!snapshot.masters_available()) {
    return {LoginVerdict::kUnavailable, {}, {}, cat(kMastersFile, " cannot be read")};
  }
  const Account* master = snapshot.find_master(login.substr(star + 1));
  if (master == nullptr) return refuse_unknown(password, "no such master");
  if (account == nullptr) return refuse_unknown(password, "no such account");
  return verify(*master, kMastersFile, password,
                {LoginVerdict::kAccepted, account->address, master->address, {}});
}

}  // namespace mail::directory
