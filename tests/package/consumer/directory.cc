#include <mail/directory.h>

int main() {
  mail::directory::Snapshot::Texts texts;
  texts.accounts = "ann@example.com|{PLAIN}secret\n";
  texts.virtual_aliases = "hello@example.com ann@example.com\n";
  const auto snapshot = mail::directory::Snapshot::from_texts(texts, {});
  return snapshot->find_login("ann@example.com") && snapshot->is_managed_domain("example.com") ? 0
                                                                                               : 1;
}
