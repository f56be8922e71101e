// app-passwords.cf: what is read stays within its limits and can be written and read again.
#include <cstdint>
#include <string>

#include "fuzz.h"
#include "mail/base/absl.h"
#include "mail/directory/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mail::directory;
  using mail::fuzz::require;
  using mail::fuzz::text_of;
  Snapshot::Texts texts;
  texts.app_passwords = std::string(text_of(data, size));
  const auto snapshot = Snapshot::from_texts(texts, Options{});
  std::string written = "# a byte order mark is one at the head of a file only\n";
  for (const AppPassword& entry : snapshot->app_passwords()) {
    require(is_possible_label(entry.label));
    require(snapshot->find_app_password(entry.address, entry.label) == &entry);
    require(snapshot->app_passwords_of(entry.address).size() <= kMaxAppPasswords);
    mail::append(written, entry.address, "|", entry.password, "|", entry.label, "|",
                 entry.scope.text(), "|", entry.expires ? expiry_text(*entry.expires) : "", "\n");
  }
  texts.app_passwords = written;
  const auto again = Snapshot::from_texts(texts, Options{});
  require(again->app_passwords().size() == snapshot->app_passwords().size());
  for (std::size_t i = 0; i < again->app_passwords().size(); ++i) {
    AppPassword entry = snapshot->app_passwords()[i];
    entry.line = again->app_passwords()[i].line;
    require(entry == again->app_passwords()[i]);
  }
  return 0;
}
