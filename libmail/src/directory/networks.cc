// Networks as Postfix's mynetworks writes them. All addresses are kept as IPv6, IPv4 ones mapped,
// so that one comparison of bits serves both.
//
// Tested by tests/unit/directory/networks_test.cc.
#include "mail/directory/networks.h"

#include <algorithm>
#include <optional>

#include <arpa/inet.h>

#include "config_text.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::directory {
namespace {

using Octets = std::array<std::uint8_t, 16>;

struct Parsed {
  Octets octets{};
  bool is_v4 = false;
};

std::optional<Parsed> parse_address(std::string_view text) {
  const std::string address(text);
  Parsed parsed;
  if (inet_pton(AF_INET6, address.c_str(), parsed.octets.data()) == 1) return parsed;
  parsed.octets = {};
  if (inet_pton(AF_INET, address.c_str(), parsed.octets.data() + 12) != 1) return std::nullopt;
  parsed.octets[10] = parsed.octets[11] = 0xff;  // RFC 4291 §2.5.5.2
  parsed.is_v4 = true;
  return parsed;
}

bool same_prefix(const Octets& a, const Octets& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (a[whole] & mask) == (b[whole] & mask);
}

Octets masked(const Octets& octets, unsigned bits) {
  Octets kept{};
  for (unsigned bit = 0; bit < bits; ++bit) {
    kept[bit / 8] =
        static_cast<std::uint8_t>(kept[bit / 8] | (octets[bit / 8] & (0x80u >> (bit % 8))));
  }
  return kept;
}

Status malformed(std::string_view item) {
  return invalid("'", excerpt(item), "' is no network; write 172.16.0.0/12 or [2001:db8::]/32");
}

std::string v4_network(std::string_view address, unsigned prefix) {
  const auto parsed = parse_address(address);
  if (!parsed || !parsed->is_v4 || prefix > 32) return {};
  const Octets kept = masked(parsed->octets, 96 + prefix);
  return cat(kept[12], ".", kept[13], ".", kept[14], ".", kept[15], "/", prefix);
}

}  // namespace

StatusOr<Networks> Networks::parse(std::string_view text) {
  Networks networks;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(", \t\r\n");
    std::string_view item = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (item.empty()) continue;
    const std::string_view whole = item;
    Entry entry;
    entry.excluded = item.starts_with('!');
    if (entry.excluded) item.remove_prefix(1);
    const std::size_t slash = item.rfind('/');
    std::string_view host = item.substr(0, slash);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = parse_address(host);
    if (!address) return malformed(whole);
    const unsigned most = address->is_v4 ? 32 : 128;
    auto prefix = std::optional<std::uint64_t>(most);
    if (slash != std::string_view::npos) prefix = ascii::parse_number(item.substr(slash + 1), most);
    if (!prefix) return malformed(whole);
    entry.prefix = static_cast<unsigned>(*prefix) + (address->is_v4 ? 96 : 0);
    entry.octets = address->octets;
    if (masked(entry.octets, entry.prefix) != entry.octets) {
      return invalid("'", excerpt(whole), "' has bits behind its prefix of ", *prefix,
                     "; zero them, or use a longer prefix");
    }
    networks.entries_.push_back(entry);
  }
  return networks;
}

bool Networks::contains(std::string_view address) const {
  if (entries_.empty()) return false;
  const auto parsed = parse_address(address);
  if (!parsed) return false;
  for (const Entry& entry : entries_) {
    if (same_prefix(parsed->octets, entry.octets, entry.prefix)) return !entry.excluded;
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
