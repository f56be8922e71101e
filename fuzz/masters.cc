// dovecot-masters.cf: a master is found by the name that is told, and only with the right password
// opens somebody's mailbox.
#include "fuzz.h"
#include "mail/base/absl.h"
#include "mail/crypto/password.h"
#include "mail/directory/authenticate.h"

using namespace mail::directory;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Snapshot::Texts texts;
  texts.accounts = "ann@d.example|{PLAIN}x\n";
  texts.masters = std::string(text_of(data, size));
  const auto snapshot = Snapshot::from_texts(texts, Options{});
  for (const Account& master : snapshot->masters()) {
    require(snapshot->find_master(master.address) == &master);
    require(master.address.find('*') == std::string::npos);
    mail::crypto::is_usable_password(master.password);
  }
  if (snapshot->masters().empty()) return 0;
  // A plain password costs no hash.
  const Account& first = snapshot->masters().front();
  constexpr std::string_view kPlain = "{PLAIN}";
  if (!first.password.starts_with(kPlain) || first.password.size() == kPlain.size()) return 0;
  const std::string password = first.password.substr(kPlain.size());
  const Login login = authenticate(*snapshot, mail::cat("ann@d.example*", first.address), password);
  if (login.verdict == LoginVerdict::kAccepted) {
    require(login.address == "ann@d.example" && login.master == first.address);
  }
  return 0;
}
