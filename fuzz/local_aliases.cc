// postfix-aliases.cf: an entry is found by its name and never leads to a program, a file or an
// include; root and postmaster always lead somewhere.
#include <vector>

#include "directory/address_text.h"
#include "directory/tables.h"
#include "fuzz.h"

using namespace mail;
using namespace mail::directory;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Options options;
  options.hostname = "h.example";
  options.postmaster_address = "postmaster@d.example";
  std::vector<Diagnostic> diagnostics;
  const LocalTable table =
      LocalTable::parse(text_of(data, size), options, Report(kAliasesFile, diagnostics));
  require(table.find("root") != nullptr && table.find("postmaster") != nullptr);
  for (const auto& [name, entry] : table.entries) {
    require(table.find(name) == &entry && !entry.targets.empty());
    for (const LocalTable::Target& target : entry.targets) {
      if (target.kind == LocalTable::Target::Kind::kAddress) {
        require(is_plausible_address(target.text));
      }
      if (target.kind == LocalTable::Target::Kind::kDiscard) require(target.text == "/dev/null");
    }
  }
  return 0;
}
