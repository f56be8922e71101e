// A stranger who asks for salts must not learn who exists: what is made up for a name has the shape
// of a real account's credential. Which account lends it depends on the name alone, so that a name
// keeps its shape.
//
// Tested by tests/unit/directory/scram_login_test.cc.
#include "mail/directory/scram_login.h"

#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/crypto/digest.h"
#include "mail/crypto/password.h"
#include "tables.h"

namespace mail::directory {
namespace {

crypto::ScramCredential made_up(const Snapshot& snapshot, std::string_view name,
                                const crypto::Secret& secret) {
  const std::string lowered = ascii::to_lower(name);
  std::uint32_t iterations = crypto::kScramIterations;
  std::size_t salt_octets = crypto::kScramSaltOctets;
  if (const auto accounts = snapshot.accounts(); !accounts.empty()) {
    const std::string digest = crypto::hmac_sha256(secret.reveal(), cat("lender ", lowered));
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(digest[i]);
    const Account& lender = accounts[number % accounts.size()];
    if (const auto credential = crypto::scram_credential(lender.password)) {
      iterations = credential->iterations;
      salt_octets = credential->salt.size();
    }
  }
  return crypto::fake_scram_credential(secret, lowered, iterations, salt_octets);
}

}  // namespace

ScramLogin scram_login(const Snapshot& snapshot, std::string_view name,
                       const crypto::Secret& secret) {
  ScramLogin result;
  if (!snapshot.accounts_available()) {
    result.login.verdict = LoginVerdict::kUnavailable;
    result.login.reason = cat(kAccountsFile, " cannot be read");
    result.credential = made_up(snapshot, name, secret);
    return result;
  }
  const Account* account = snapshot.find_login(name);
  auto credential = account != nullptr ? crypto::scram_credential(account->password) : std::nullopt;
  if (credential) {
    result.login.verdict = LoginVerdict::kAccepted;
    result.login.address = account->address;
    result.login.mark = *credential_mark(snapshot, account->address);
    result.credential = std::move(*credential);
    return result;
  }
  result.login.reason =
      account == nullptr ? std::string("no such account")
      : is_suspended(account->password)
          ? std::string("the account is suspended")
          : cat(kAccountsFile, ":", account->line, ": the password is not stored for SCRAM");
  result.credential = made_up(snapshot, name, secret);
  return result;
}

}  // namespace mail::directory
