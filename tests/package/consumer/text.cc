#include <mail/text.h>

int main() {
  const bool found = mail::text::contains_folded("GRÜẞE", mail::text::casefold("grüsse"));
  if (mail::text::to_a_labels("bücher.example").value_or("") != "xn--bcher-kva.example") return 1;
  return found && mail::text::base64_encode("libmail") == "bGlibWFpbA==" ? 0 : 1;
}
