// postfix-accounts.cf: whatever is read can be found again under its own name, and the stored
// password is judged without a crash.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mail/crypto/password.h"
#include "mail/directory/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mail::directory;
  Snapshot::Texts texts;
  texts.accounts = std::string(reinterpret_cast<const char*>(data), size);
  const auto snapshot = Snapshot::from_texts(texts, Options{});
  for (const Account& account : snapshot->accounts()) {
    if (snapshot->find_login(account.address) != &account) std::abort();
    if (snapshot->find_mailbox(account.address) != &account) std::abort();
    if (account.address.find('/') != std::string::npos) std::abort();
    mail::crypto::is_usable_password(account.password);
  }
  return 0;
}
