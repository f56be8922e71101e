// Tested by tests/unit/directory/settings_test.cc.
#include "mail/directory/hostname.h"

#include "config_text.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::directory {

// hosts-line = address 1*( 1*WSP name ) [ "#" comment ]
std::string full_hostname(Filesystem& filesystem, std::string_view own_name) {
  constexpr std::uint64_t kMaxHostsOctets = 1024 * 1024;
  constexpr std::size_t kMaxLineOctets = 4096;
  if (own_name.find('.') != std::string_view::npos) return std::string(own_name);
  const auto text = read_file(filesystem, "/etc/hosts", kMaxHostsOctets);
  const std::string wanted = cat(own_name, ".");
  std::vector<Diagnostic> unused;
  for (const LogicalLine& logical :
       logical_lines(text.ok() ? *text : "", kMaxLineOctets, Continuation::kNone,
                     Report("/etc/hosts", unused))) {
    std::string_view rest = std::string_view(logical.text).substr(0, logical.text.find('#'));
    while (!rest.empty()) {
      const std::size_t end = rest.find_first_of(" \t");
      const std::string_view name = rest.substr(0, end);
      if (ascii::starts_with_ignoring_case(name, wanted)) return std::string(name);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }
  return std::string(own_name);
}

}  // namespace mail::directory
