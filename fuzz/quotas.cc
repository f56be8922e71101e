// dovecot-quotas.cf: what is read is what its own text says, and is read again from it.
#include <vector>

#include "directory/more_tables.h"
#include "fuzz.h"
#include "mail/directory/address.h"

using namespace mail;
using namespace mail::directory;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<Diagnostic> diagnostics;
  const Report report(kQuotasFile, diagnostics);
  const QuotaTable table = QuotaTable::parse(text_of(data, size), Options{}, report);
  std::string written = "# a byte order mark may only stand here\n";
  for (const auto& [address, entry] : table.entries) {
    require(table.find(address) == &entry && split_address(address).has_domain);
    require(parse_quota_size(quota_size_text(entry.octets)) == entry.octets);
    append(written, address, ":", quota_size_text(entry.octets), "\n");
  }
  const QuotaTable again = QuotaTable::parse(written, Options{}, report);
  require(again.entries.size() == table.entries.size());
  for (const auto& [address, entry] : table.entries) {
    const auto* const found = again.find(address);
    require(found != nullptr && found->octets == entry.octets);
  }
  return 0;
}
