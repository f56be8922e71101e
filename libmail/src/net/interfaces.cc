// Tested by tests/unit/net/interfaces_test.cc.
#include "net/interfaces.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <bit>
#include <cstring>

namespace mail::net {
namespace {

std::uint32_t v4_octets(const sockaddr* address) {
  sockaddr_in v4;
  std::memcpy(&v4, address, sizeof v4);
  return ntohl(v4.sin_addr.s_addr);
}

}  // namespace

std::vector<directory::Interface> interfaces() {
  std::vector<directory::Interface> all;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return all;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_netmask == nullptr) continue;
    if (at->ifa_addr->sa_family != AF_INET) continue;
    const in_addr address{htonl(v4_octets(at->ifa_addr))};
    char text[INET_ADDRSTRLEN] = {};
    if (inet_ntop(AF_INET, &address, text, sizeof text) == nullptr) continue;
    const auto prefix = static_cast<unsigned>(std::popcount(v4_octets(at->ifa_netmask)));
    all.push_back({at->ifa_name, text, prefix});
  }
  freeifaddrs(list);
  return all;
}

}  // namespace mail::net
