// postfix-regexp.cf, and an address behind an FF octet: the first rule that matches wins, however
// many stand behind it, and the filter that spares most rules changes no answer.
#include <vector>

#include "directory/tables.h"
#include "fuzz.h"
#include "mail/base/ascii.h"

using namespace mail;
using namespace mail::directory;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Parts parts(text_of(data, size));
  const std::string text = parts.next();
  const std::string address = parts.next();
  Options options;
  options.max_pattern_octets = 64 * 1024;
  std::vector<Diagnostic> diagnostics;
  const Report report(kRegexpFile, diagnostics);
  const RegexpTable table = RegexpTable::parse(text, options, report);
  const std::string lowered = ascii::to_lower(address);
  const auto hit = table.find(address, lowered);
  const auto again = table.find(address, lowered);
  require(hit.has_value() == again.has_value());
  std::size_t lines = 1;
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  for (const Diagnostic& diagnostic : diagnostics) require(diagnostic.line <= lines);
  if (!hit) return 0;
  require(hit->line >= 1 && hit->line <= lines && hit->result == again->result);
  // More rules make another automaton. (An open "if" would take them in.)
  if (text.find("if") != std::string::npos) return 0;
  const std::string more = text + "\n/^nobody-else@nowhere\\.example$/ x@y\n/zzz[0-9]+q/ x@y\n";
  const auto same = RegexpTable::parse(more, options, report).find(address, lowered);
  require(same && same->result == hit->result && same->line == hit->line);
  return 0;
}
