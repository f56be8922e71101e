// postfix-send-access.cf, and an address behind an FF octet: a rule that is found is one of the
// file's, says something sound, and no answer depends on the case of the address.
#include <vector>

#include "directory/more_tables.h"
#include "fuzz.h"
#include "mail/base/ascii.h"

using namespace mail;
using namespace mail::directory;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Parts parts(text_of(data, size));
  Snapshot::Texts texts;
  texts.send_access = parts.next();
  texts.receive_access = texts.send_access;
  const std::string address = parts.next();
  const auto snapshot = Snapshot::from_texts(texts, Options{});
  for (const AccessRule& rule : snapshot->send_access_rules()) {
    require(rule.code >= 200 && rule.code <= 599 && rule.line >= 1);
    for (const std::string_view word :
         {std::string_view(rule.text), std::string_view(rule.enhanced)}) {
      // It becomes a reply: no line of its own, nothing that ends one.
      require(word.find_first_of("\r\n") == std::string_view::npos);
    }
    snapshot->send_access(rule.key);
  }
  const AccessRule* const found = snapshot->send_access(address);
  require(found == snapshot->send_access(ascii::to_upper(address)));
  const auto rules = snapshot->send_access_rules();
  require(found == nullptr || (found >= rules.data() && found < rules.data() + rules.size()));
  // The null sender is none of the recipients.
  if (address.empty()) return 0;
  require((found == nullptr) == (snapshot->receive_access(address) == nullptr));
  return 0;
}
