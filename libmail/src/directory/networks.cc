// Postfix's mynetworks: networks and exceptions, in their order.
//
// Tested by tests/unit/directory/networks_test.cc.
#include "mail/directory/networks.h"

#include "mail/base/absl.h"

namespace mail::directory {
namespace {

/// docker-mailserver trusts IPv4 networks only.
std::string v4_network(std::string_view address, unsigned prefix) {
  const auto network = ip_network_around(address, prefix);
  return network.ok() && !network->is_ipv6 ? to_string(*network) : std::string();
}

}  // namespace

StatusOr<Networks> Networks::parse(std::string_view text) {
  Networks networks;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(", \t\r\n");
    std::string_view item = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (item.empty()) continue;
    const bool excluded = item.starts_with('!');
    if (excluded) item.remove_prefix(1);
    MAIL_ASSIGN_OR_RETURN(const IpNetwork network, parse_ip_network(item));
    networks.entries_.push_back({network, excluded});
  }
  return networks;
}

bool Networks::contains(std::string_view address) const {
  for (const Entry& entry : entries_) {
    if (entry.network.contains(address)) return !entry.excluded;
  }
  return false;
}

std::string permit_docker_networks(std::string_view choice, std::string_view interface_name,
                                   std::span<const Interface> interfaces) {
  if (choice == "none") return {};
  std::string list = "127.0.0.0/8 [::1]/128 [fe80::]/64";
  const auto add = [&list](const std::string& network) {
    if (!network.empty()) append(list, " ", network);
  };
  if (choice == "network") add("172.16.0.0/12");
  for (const Interface& interface : interfaces) {
    const bool is_own = interface.name == interface_name;
    if (choice == "container" && is_own) add(v4_network(interface.address, 32));
    if (choice == "host" && is_own) add(v4_network(interface.address, 16));
    if (choice == "connected-networks" && interface.name != "lo") {
      add(v4_network(interface.address, interface.prefix));
    }
  }
  return list;
}

}  // namespace mail::directory
