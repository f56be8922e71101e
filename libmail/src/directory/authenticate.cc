// Tested by tests/unit/directory/authenticate_test.cc.
#include "mail/directory/authenticate.h"

#include <utility>

#include "mail/base/absl.h"
#include "mail/crypto/password.h"
#include "tables.h"

namespace mail::directory {

namespace {

std::size_t mark_of(const Account& line) { return StringHash{}(line.password); }

std::size_t mark_of(const AppPassword& entry) {
  return StringHash{}(cat(entry.password, "|", entry.scope.text(), "|",
                          entry.expires ? expiry_text(*entry.expires) : ""));
}

Login refuse(std::string reason) {
  Login refused;
  refused.reason = std::move(reason);
  return refused;
}

Login refuse_unknown(std::string_view password, std::string reason) {
  crypto::verify_nobody(password);
  return refuse(std::move(reason));
}

Login unavailable_file(std::string_view file) {
  Login login;
  login.verdict = LoginVerdict::kUnavailable;
  login.reason = cat(file, " cannot be read");
  return login;
}

/// `line` is of the account, or of the master whose password is asked for.
Login verify(const Account& line, std::string_view file, std::string_view password) {
  // A master may open a suspended account.
  if (is_suspended(line.password)) return refuse_unknown(password, "the account is suspended");
  const crypto::PasswordVerdict verdict = crypto::verify_password(line.password, password);
  Login login;
  switch (verdict) {
    case crypto::PasswordVerdict::kMatch:
      login.verdict = LoginVerdict::kAccepted;
      login.mark = mark_of(line);
      return login;
    case crypto::PasswordVerdict::kMismatch: return refuse("another password");
    case crypto::PasswordVerdict::kUnknownScheme:
    case crypto::PasswordVerdict::kMalformed: break;
  }
  return refuse(cat(file, ":", line.line, ": ", to_string(verdict)));
}

/// Where the account's own password did not match.
Login verify_app_passwords(const Snapshot& snapshot, const Account& account,
                           std::string_view password, const LoginAttempt& attempt, Login refused) {
  if (!snapshot.app_passwords_available()) return unavailable_file(kAppPasswordsFile);
  for (const AppPassword* entry : snapshot.app_passwords_of(account.address)) {
    const auto verdict = crypto::verify_password(entry->password, password);
    if (verdict != crypto::PasswordVerdict::kMatch) continue;
    if (entry->has_expired(attempt.now)) {
      return refuse(cat("the app password '", entry->label, "' has expired"));
    }
    if (!entry->scope.has(attempt.service)) {
      return refuse(
          cat("the app password '", entry->label, "' is not for ", to_string(attempt.service)));
    }
    Login login;
    login.verdict = LoginVerdict::kAccepted;
    login.app_password = entry->label;
    login.mark = mark_of(*entry);
    login.expires = entry->expires;
    return login;
  }
  return refused;
}

Login authenticate_account(const Snapshot& snapshot, const Account& account,
                           std::string_view password, const std::optional<LoginAttempt>& attempt) {
  Login login = verify(account, kAccountsFile, password);
  if (login.verdict != LoginVerdict::kAccepted && attempt && !is_suspended(account.password)) {
    login = verify_app_passwords(snapshot, account, password, *attempt, std::move(login));
  }
  if (login.verdict == LoginVerdict::kAccepted) login.address = account.address;
  return login;
}

}  // namespace

Login authenticate(const Snapshot& snapshot, std::string_view login, std::string_view password,
                   const std::optional<LoginAttempt>& attempt) {
  if (!snapshot.accounts_available()) return unavailable_file(kAccountsFile);
  // Dovecot's auth_master_user_separator: the first one divides.
  const std::size_t star = login.find('*');
  const Account* account = snapshot.find_login(login.substr(0, star));
  if (star == std::string_view::npos) {
    if (account == nullptr) return refuse_unknown(password, "no such account");
    return authenticate_account(snapshot, *account, password, attempt);
  }
  if (!snapshot.masters_available()) return unavailable_file(kMastersFile);
  const Account* master = snapshot.find_master(login.substr(star + 1));
  if (master == nullptr) return refuse_unknown(password, "no such master");
  if (account == nullptr) return refuse_unknown(password, "no such account");
  Login accepted = verify(*master, kMastersFile, password);
  if (accepted.verdict == LoginVerdict::kAccepted) {
    accepted.address = account->address;
    accepted.master = master->address;
  }
  return accepted;
}

std::optional<std::size_t> credential_mark(const Snapshot& snapshot, std::string_view address,
                                           std::string_view master, std::string_view app_password) {
  const Account* account = snapshot.find_login(address);
  if (account == nullptr || account->address != address) return std::nullopt;
  if (!app_password.empty()) {
    if (is_suspended(account->password)) return std::nullopt;
    const AppPassword* entry = snapshot.find_app_password(address, app_password);
    return entry == nullptr ? std::nullopt : std::optional(mark_of(*entry));
  }
  if (master.empty()) return mark_of(*account);
  const Account* line = snapshot.find_master(master);
  if (line == nullptr) return std::nullopt;
  return mark_of(*line);
}

}  // namespace mail::directory
