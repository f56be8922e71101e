#include <mail/text.h>

int main() {
  const bool found = mail::text::contains_folded("GRÜẞE", mail::text::casefold("grüsse"));
  return found && mail::text::base64_encode("libmail") == "bGlibWFpbA==" ? 0 : 1;
}
