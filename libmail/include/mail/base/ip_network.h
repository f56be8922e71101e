// IP networks in settings: "192.0.2.0/24, 2001:db8::/32, 127.0.0.1".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"

namespace mail {

/// A value. IPv4 and IPv6 networks are two things; an IPv4-mapped address counts as IPv4.
struct IpNetwork {
  std::array<std::uint8_t, 16> address{};
  std::uint8_t prefix = 0;  // bits
  bool is_ipv6 = false;

  /// `address` as Endpoint has it. False for anything that is no address, such as the empty one of
  /// a unix socket.
  bool contains(std::string_view address) const;
  bool operator==(const IpNetwork&) const = default;
};

/// network = address [ "/" bits ]; IPv6 may stand in brackets, as Postfix writes it. Fails:
/// InvalidArgument with the value and what is wrong, also where bits behind the prefix are set.
StatusOr<IpNetwork> parse_ip_network(std::string_view text);

/// The network of `bits` bits that holds this address. Fails: InvalidArgument.
StatusOr<IpNetwork> ip_network_around(std::string_view address, unsigned bits);

/// As `parse_ip_network` takes it: "192.0.2.0/24", "[2001:db8::]/32".
std::string to_string(const IpNetwork& network);

/// Networks with commas or blanks between them. Fails as `parse_ip_network`.
StatusOr<std::vector<IpNetwork>> parse_ip_networks(std::string_view text);

bool contains(const std::vector<IpNetwork>& networks, std::string_view address);

}  // namespace mail
