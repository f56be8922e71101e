// Tested by tests/unit/base/ip_network_test.cc.
#include "mail/base/ip_network.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include <arpa/inet.h>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail {
namespace {

std::optional<IpNetwork> parse_host(std::string_view text) {
  const std::string host(text);
  IpNetwork network;
  if (inet_pton(AF_INET, host.c_str(), network.address.data()) == 1) {
    network.prefix = 32;
    return network;
  }
  if (inet_pton(AF_INET6, host.c_str(), network.address.data()) != 1) return std::nullopt;
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(network.address.data(), kMapped, sizeof kMapped) == 0) {
    std::copy(network.address.begin() + 12, network.address.end(), network.address.begin());
    std::fill(network.address.begin() + 4, network.address.end(), std::uint8_t{0});
    network.prefix = 32;
    return network;
  }
  network.is_ipv6 = true;
  network.prefix = 128;
  return network;
}

/// The first `bits` of both are the same.
bool agree(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b,
           std::size_t bits) {
  const std::size_t octets = bits / 8;
  if (std::memcmp(a.data(), b.data(), octets) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> (bits % 8));
  return ((a[octets] ^ b[octets]) & mask) == 0;
}

/// The first `bits` of it.
IpNetwork masked(const IpNetwork& network, std::uint8_t bits) {
  IpNetwork first{.address = {}, .prefix = bits, .is_ipv6 = network.is_ipv6};
  const std::size_t octets = bits / 8;
  std::copy_n(network.address.begin(), octets, first.address.begin());
  if (bits % 8 != 0) {
    first.address[octets] =
        network.address[octets] & static_cast<std::uint8_t>(0xff00U >> (bits % 8));
  }
  return first;
}

}  // namespace

bool IpNetwork::contains(std::string_view text) const {
  const auto host = parse_host(text);
  return host && host->is_ipv6 == is_ipv6 && agree(address, host->address, prefix);
}

StatusOr<IpNetwork> parse_ip_network(std::string_view text) {
  const auto slash = text.rfind('/');
  auto host = text.substr(0, slash);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto network = parse_host(host);
  if (!network) {
    return invalid("'", text, "' is no IP network; write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32");
  }
  if (slash == text.npos) return *network;
  const auto bits = ascii::parse_number(text.substr(slash + 1), network->prefix);
  if (!bits) {
    return invalid("'", text, "' is no IP network: the number behind the slash is 0 to ",
                   network->prefix);
  }
  const IpNetwork first = masked(*network, static_cast<std::uint8_t>(*bits));
  if (first.address != network->address) {
    return invalid("'", text,
                   "' has bits set behind its prefix: write the network's first address");
  }
  return first;
}

StatusOr<IpNetwork> ip_network_around(std::string_view address, unsigned bits) {
  const auto host = parse_host(address);
  if (!host) return invalid("'", address, "' is no IP address");
  if (bits > host->prefix) return invalid("'", address, "' has no prefix of ", bits, " bits");
  return masked(*host, static_cast<std::uint8_t>(bits));
}

std::string to_string(const IpNetwork& network) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(network.is_ipv6 ? AF_INET6 : AF_INET, network.address.data(), text, sizeof text);
  const std::string_view address(text);
  return network.is_ipv6 ? cat("[", address, "]/", unsigned{network.prefix})
                         : cat(address, "/", unsigned{network.prefix});
}

StatusOr<std::vector<IpNetwork>> parse_ip_networks(std::string_view text) {
  std::vector<IpNetwork> networks;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find_first_of(", \t"));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (word.empty()) continue;
    MAIL_ASSIGN_OR_RETURN(const IpNetwork network, parse_ip_network(word));
    networks.push_back(network);
  }
  return networks;
}

bool contains(const std::vector<IpNetwork>& networks, std::string_view address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.contains(address); });
}

}  // namespace mail
