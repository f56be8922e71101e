// Tested by tests/unit/directory/settings_test.cc.
#include "mail/directory/listen.h"

#include <arpa/inet.h>

#include "config_text.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::directory {
namespace {

bool is_address(int family, const std::string& host) {
  unsigned char octets[sizeof(in6_addr)];
  return inet_pton(family, host.c_str(), octets) == 1;
}

Status malformed(std::string_view item) {
  return invalid("'", excerpt(item),
                 "' is no address to listen on; write 127.0.0.1:2525, [::1]:2525, *:2525 or "
                 "unix:/path, or off");
}

Status parse_address(std::string_view item, std::vector<ListenAddress>& to) {
  if (item.starts_with("unix:/")) {
    to.push_back({{}, 0, std::string(item.substr(5))});
    return {};
  }
  const std::size_t colon = item.rfind(':');
  if (colon == std::string_view::npos) return malformed(item);
  const auto port = ascii::parse_number(item.substr(colon + 1), 65535);
  if (!port) return malformed(item);
  const auto port16 = static_cast<std::uint16_t>(*port);
  const std::string_view host = item.substr(0, colon);
  if (host == "*") {
    to.push_back({"0.0.0.0", port16, {}});
    to.push_back({"::", port16, {}});
    return {};
  }
  const bool v6 = host.starts_with('[') && host.ends_with(']');
  const std::string bare(v6 ? host.substr(1, host.size() - 2) : host);
  if (!is_address(v6 ? AF_INET6 : AF_INET, bare)) return malformed(item);
  to.push_back({bare, port16, {}});
  return {};
}

}  // namespace

std::string to_string(const ListenAddress& address) {
  if (!address.unix_path.empty()) return cat("unix:", address.unix_path);
  const bool v6 = address.host.find(':') != std::string::npos;
  return cat(v6 ? "[" : "", address.host, v6 ? "]:" : ":", address.port);
}

StatusOr<std::vector<ListenAddress>> parse_listen_list(std::string_view text) {
  std::vector<ListenAddress> addresses;
  const std::string_view all = ascii::trim(text);
  if (all.empty() || all == "off") return addresses;
  while (true) {
    const std::size_t comma = text.find(',');
    MAIL_RETURN_IF_ERROR(parse_address(ascii::trim(text.substr(0, comma)), addresses));
    if (comma == std::string_view::npos) return addresses;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace mail::directory
