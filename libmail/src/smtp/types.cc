// The keywords of EHLO: one list for offering, understanding and withholding them.
//
// Tested by tests/unit/smtp/types_test.cc.
#include "mail/smtp/types.h"

#include <algorithm>
#include <array>

#include "mail/base/ascii.h"

namespace mail::smtp {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, kExtensionCount> kKeywords = {
    "PIPELINING",          "SIZE",     "STARTTLS", "AUTH",
    "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "CHUNKING",
    "BINARYMIME",          "DSN",      "LIMITS",   "XCLIENT"};
static_assert(static_cast<std::size_t>(Extension::kXclient) + 1 == kExtensionCount);

}  // namespace

std::string_view to_string(Extension extension) {
  return kKeywords[static_cast<std::size_t>(extension)];
}

std::optional<Extension> extension_named(std::string_view keyword) {
  const auto* found = std::find_if(kKeywords.begin(), kKeywords.end(), [&](std::string_view known) {
    return ascii::equal_ignoring_case(known, keyword);
  });
  if (found == kKeywords.end()) return std::nullopt;
  return static_cast<Extension>(found - kKeywords.begin());
}

ExtensionSet parse_extension_list(std::string_view text) {
  ExtensionSet set;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(", \t"), text.size());
    if (const auto extension = extension_named(text.substr(0, end))) set.insert(*extension);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return set;
}

}  // namespace mail::smtp
