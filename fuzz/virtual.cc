// postfix-virtual.cf, -regexp.cf and -aliases.cf from one input (cut at FF octets), then a
// resolution of each alias: no crash, no endless loop, answers that keep their promises.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mail/directory/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mail::directory;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto next_part = [&input] {
    const std::size_t cut = input.find('\xff');
    const std::string part(input.substr(0, cut));
    input.remove_prefix(cut == std::string_view::npos ? input.size() : cut + 1);
    return part;
  };
  Options options;
  options.hostname = "h.example";
  options.expansion = {50, 50, 1000};
  Snapshot::Texts texts;
  texts.accounts = "a@d|{PLAIN}x\nb@h.example|{PLAIN}x\n";
  texts.virtual_aliases = next_part();
  texts.regexp_aliases = next_part();
  texts.local_aliases = next_part();
  const auto snapshot = Snapshot::from_texts(texts, options);
  std::size_t tried = 0;
  for (const Alias& alias : snapshot->aliases()) {
    if (++tried > 20) break;
    const Resolution resolution = snapshot->resolve(alias.key);
    if (resolution.verdict == Verdict::kDeliverable && resolution.recipients.empty()) std::abort();
    if (resolution != snapshot->resolve(alias.key)) std::abort();
  }
  snapshot->resolve("a+x@d");
  snapshot->resolve(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
