// postfix-virtual.cf, -regexp.cf and -aliases.cf from one input (cut at FF octets), then a
// resolution of each alias: no crash, no endless loop, answers that keep their promises.
#include <cstdint>
#include <string>

#include "fuzz.h"
#include "mail/directory/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mail::directory;
  using mail::fuzz::require;
  using mail::fuzz::text_of;
  mail::fuzz::Parts parts(text_of(data, size));
  Options options;
  options.hostname = "h.example";
  options.expansion = {50, 50, 1000};
  Snapshot::Texts texts;
  texts.accounts = "a@d|{PLAIN}x\nb@h.example|{PLAIN}x\n";
  texts.virtual_aliases = parts.next();
  texts.regexp_aliases = parts.next();
  texts.local_aliases = parts.next();
  const auto snapshot = Snapshot::from_texts(texts, options);
  std::size_t tried = 0;
  for (const Alias& alias : snapshot->aliases()) {
    if (++tried > 20) break;
    const Resolution resolution = snapshot->resolve(alias.key);
    require(resolution.verdict != Verdict::kDeliverable || !resolution.recipients.empty());
    require(resolution == snapshot->resolve(alias.key));
  }
  snapshot->resolve("a+x@d");
  snapshot->resolve(text_of(data, size));
  return 0;
}
