// Lists of networks: `127.0.0.0/8 [::1]/128 172.16.0.0/12`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/ip_network.h"
#include "mail/base/status.h"

namespace mail::directory {

/// A value.
class Networks {
 public:
  /// list    = *( network ( "," / WSP ) )
  /// network = [ "!" ] IpNetwork        ; parse_ip_network
  /// The first that holds an address decides; "!" takes its addresses out. Fails: InvalidArgument
  /// with the value and the form it should have.
  static StatusOr<Networks> parse(std::string_view text);

  /// False for what is no address. An IPv4 address inside IPv6 (::ffff:192.0.2.1) counts as IPv4.
  bool contains(std::string_view address) const;
  bool empty() const { return entries_.empty(); }

  bool operator==(const Networks&) const = default;

 private:
  struct Entry {
    IpNetwork network;
    bool excluded = false;

    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries_;
};

/// One address of this machine. A value.
struct Interface {
  std::string name;     // "eth0"
  std::string address;  // IPv4: "172.17.0.2"
  unsigned prefix = 32;

  bool operator==(const Interface&) const = default;
};

/// PERMIT_DOCKER as docker-mailserver means it, as a list for `Networks::parse`: "none" is empty
/// (also without 127.0.0.0/8), all others begin with this machine itself. `container` adds the
/// address of `interface_name`, `host` its /16, `network` 172.16.0.0/12, `connected-networks` the
/// network of every interface but loopback.
std::string permit_docker_networks(std::string_view choice, std::string_view interface_name,
                                   std::span<const Interface> interfaces);

}  // namespace mail::directory
