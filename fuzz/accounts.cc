// postfix-accounts.cf: whatever is read can be found again under its own name, and the stored
// password is judged without a crash.
#include <cstdint>
#include <string>

#include "fuzz.h"
#include "mail/crypto/password.h"
#include "mail/directory/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mail::directory;
  using mail::fuzz::require;
  using mail::fuzz::text_of;
  Snapshot::Texts texts;
  texts.accounts = std::string(text_of(data, size));
  const auto snapshot = Snapshot::from_texts(texts, Options{});
  for (const Account& account : snapshot->accounts()) {
    require(snapshot->find_login(account.address) == &account);
    require(snapshot->find_mailbox(account.address) == &account);
    require(account.address.find('/') == std::string::npos);
    mail::crypto::is_usable_password(account.password);
  }
  return 0;
}
