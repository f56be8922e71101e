// Tested by tests/unit/directory/authenticate_test.cc.
#include "mail/directory/authenticate.h"

#include "mail/base/absl.h"
#include "mail/crypto/password.h"
#include "tables.h"

namespace mail::directory {

Login authenticate(const Snapshot& snapshot, std::string_view login, std::string_view password) {
  if (!snapshot.accounts_available()) {
    return {LoginVerdict::kUnavailable, {}, cat(kAccountsFile, " cannot be read")};
  }
  const Account* account = snapshot.find_login(login);
  if (account == nullptr) {
    crypto::verify_nobody(password);
    return {LoginVerdict::kRefused, {}, "no such account"};
  }
  const crypto::PasswordVerdict verdict = crypto::verify_password(account->password, password);
  switch (verdict) {
    case crypto::PasswordVerdict::kMatch: return {LoginVerdict::kAccepted, account->address, {}};
    case crypto::PasswordVerdict::kMismatch:
      return {LoginVerdict::kRefused, {}, "another password"};
    case crypto::PasswordVerdict::kUnknownScheme:
    case crypto::PasswordVerdict::kMalformed: break;
  }
  return {
      LoginVerdict::kRefused, {}, cat(kAccountsFile, ":", account->line, ": ", to_string(verdict))};
}

}  // namespace mail::directory
