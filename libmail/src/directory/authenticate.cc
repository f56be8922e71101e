// Tested by tests/unit/directory/authenticate_test.cc.
#include "mail/directory/authenticate.h"

#include <utility>

#include "mail/base/absl.h"
#include "mail/crypto/password.h"
#include "tables.h"

namespace mail::directory {

namespace {

std::size_t mark_of(const Account& line) { return StringHash{}(line.password); }

Login refuse_unknown(std::string_view password, std::string reason) {
  crypto::verify_nobody(password);
  return {LoginVerdict::kRefused, {}, {}, std::move(reason), 0};
}

/// `line` is of the account, or of the master whose password is asked for.
Login verify(const Account& line, std::string_view file, std::string_view password,
             Login accepted) {
  // A master may open a suspended account.
  if (is_suspended(line.password)) return refuse_unknown(password, "the account is suspended");
  const crypto::PasswordVerdict verdict = crypto::verify_password(line.password, password);
  switch (verdict) {
    case crypto::PasswordVerdict::kMatch: accepted.mark = mark_of(line); return accepted;
    case crypto::PasswordVerdict::kMismatch:
      return {LoginVerdict::kRefused, {}, {}, "another password", 0};
    case crypto::PasswordVerdict::kUnknownScheme:
    case crypto::PasswordVerdict::kMalformed: break;
  }
  return {LoginVerdict::kRefused, {}, {}, cat(file, ":", line.line, ": ", to_string(verdict)), 0};
}

}  // namespace

Login authenticate(const Snapshot& snapshot, std::string_view login, std::string_view password) {
  if (!snapshot.accounts_available()) {
    return {LoginVerdict::kUnavailable, {}, {}, cat(kAccountsFile, " cannot be read"), 0};
  }
  // Dovecot's auth_master_user_separator: the first one divides.
  const std::size_t star = login.find('*');
  const Account* account = snapshot.find_login(login.substr(0, star));
  if (star == std::string_view::npos) {
    if (account == nullptr) return refuse_unknown(password, "no such account");
    return verify(*account, kAccountsFile, password,
                  {LoginVerdict::kAccepted, account->address, {}, {}, 0});
  }
  if (!snapshot.masters_available()) {
    return {LoginVerdict::kUnavailable, {}, {}, cat(kMastersFile, " cannot be read"), 0};
  }
  const Account* master = snapshot.find_master(login.substr(star + 1));
  if (master == nullptr) return refuse_unknown(password, "no such master");
  if (account == nullptr) return refuse_unknown(password, "no such account");
  return verify(*master, kMastersFile, password,
                {LoginVerdict::kAccepted, account->address, master->address, {}, 0});
}

std::optional<std::size_t> credential_mark(const Snapshot& snapshot, std::string_view address,
                                           std::string_view master) {
  const Account* account = snapshot.find_login(address);
  if (account == nullptr || account->address != address) return std::nullopt;
  if (master.empty()) return mark_of(*account);
  const Account* line = snapshot.find_master(master);
  if (line == nullptr) return std::nullopt;
  return mark_of(*line);
}

}  // namespace mail::directory
