// dovecot-quotas.cf: `address:SIZE`.
//
// docker-mailserver greps for the address, so `m@d:1G` is also found for `jim@d`. Here keys are
// compared whole.
//
// Tested by tests/unit/directory/quota_test.cc.
#include <array>

#include "mail/base/ascii.h"
#include "mail/directory/address.h"
#include "more_tables.h"

namespace mail::directory {
namespace {

constexpr std::uint64_t kMaxQuota = std::uint64_t{1} << 63;

struct Unit {
  char letter;
  unsigned shift;
};
constexpr std::array kUnits = {Unit{'T', 40}, Unit{'G', 30}, Unit{'M', 20}, Unit{'k', 10},
                               Unit{'B', 0}};

}  // namespace

std::optional<std::uint64_t> parse_quota_size(std::string_view text) {
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  const char last = text.back() == 'K' ? 'k' : text.back();
  for (const Unit& unit : kUnits) {
    if (unit.letter != last) continue;
    const auto number =
        ascii::parse_number(text.substr(0, text.size() - 1), kMaxQuota >> unit.shift);
    if (!number) return std::nullopt;
    return *number << unit.shift;
  }
  return std::nullopt;
}

std::string quota_size_text(std::uint64_t octets) {
  if (octets == 0) return "0";
  for (const Unit& unit : kUnits) {
    const std::uint64_t size = std::uint64_t{1} << unit.shift;
    if (octets % size == 0) return cat(octets >> unit.shift, unit.letter);
  }
  return cat(octets, "B");
}

// quota-line = address ":" size
QuotaTable QuotaTable::parse(std::string_view text, const Options& options, const Report& report) {
  QuotaTable table;
  for (const LogicalLine& logical :
       logical_lines(text, options.max_line_octets, Continuation::kNone, report)) {
    const std::string_view line = ascii::trim(logical.text);
    const std::size_t colon = line.rfind(':');
    const std::string_view address = ascii::trim(line.substr(0, colon));
    const auto octets = colon == std::string_view::npos
                            ? std::nullopt
                            : parse_quota_size(ascii::trim(line.substr(colon + 1)));
    if (!octets || !split_address(address).has_domain) {
      report.error(logical.line, cat("'", excerpt(line), "' is no quota; it does not count"),
                   "Write user@example.com:5G (B, k, M, G or T; 0 is unlimited).");
      continue;
    }
    const auto [position, fresh] =
        table.entries.try_emplace(ascii::to_lower(address), Entry{*octets, logical.line});
    if (!fresh) {
      report.warning(logical.line,
                     cat("'", excerpt(address), "' has a quota since line ", position->second.line,
                         "; this line does not count"),
                     "Delete one of the two lines.");
    }
  }
  return table;
}

const QuotaTable::Entry* QuotaTable::find(std::string_view lowered) const {
  const auto found = entries.find(lowered);
  return found == entries.end() ? nullptr : &found->second;
}

}  // namespace mail::directory
