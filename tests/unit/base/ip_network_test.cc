#include "mail/base/ip_network.h"

#include <catch2/catch.hpp>

namespace mail {
namespace {

TEST_CASE("A network contains its addresses and no others") {
  struct Row {
    std::string_view network;
    std::string_view address;
    bool is_in;
  };
  const Row rows[] = {
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"192.0.2.0/24", "192.0.2.255", true},
      {"192.0.2.0/24", "192.0.3.0", false},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"192.0.2.128/25", "192.0.2.128", true},
      {"0.0.0.0/0", "203.0.113.9", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "192.0.2.1", false},
      {"127.0.0.0/8", "::ffff:127.0.0.1", true},
      {"2001:db8::/32", "2001:db8:ffff::1", true},
      {"2001:db8::/32", "2001:db9::1", false},
      {"[2001:db8::]/33", "2001:db8:8000::", false},
      {"[::1]", "::1", true},
      {"0.0.0.0/0", "", false},
      {"0.0.0.0/0", "localhost", false},
  };
  for (const auto& [text, address, is_in] : rows) {
    CAPTURE(text, address);
    const auto network = parse_ip_network(text);
    REQUIRE(network.ok());
    CHECK(network->contains(address) == is_in);
  }
}

TEST_CASE("What is no network is refused with the reason") {
  for (const std::string_view text :
       {"", "localhost", "192.0.2", "192.0.2.1/33", "192.0.2.1/-1", "192.0.2.1/24", "::1/129",
        "192.0.2.0/", "2001:db8::1/32", "192.0.2.0/24x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_ip_network(text).ok());
  }
}

TEST_CASE("The network around an address is printed as it is read") {
  struct Row {
    std::string_view address;
    unsigned bits;
    std::string_view network;
  };
  const Row rows[] = {
      {"172.18.3.4", 16, "172.18.0.0/16"},
      {"172.18.3.4", 32, "172.18.3.4/32"},
      {"192.0.2.255", 25, "192.0.2.128/25"},
      {"192.0.2.255", 0, "0.0.0.0/0"},
      {"2001:db8:ffff::1", 33, "[2001:db8:8000::]/33"},
      {"::ffff:10.1.2.3", 8, "10.0.0.0/8"},
  };
  for (const auto& [address, bits, text] : rows) {
    CAPTURE(address, bits);
    const auto network = ip_network_around(address, bits);
    REQUIRE(network.ok());
    CHECK(to_string(*network) == text);
    const auto read = parse_ip_network(text);
    REQUIRE(read.ok());
    CHECK(*read == *network);
  }
  CHECK_FALSE(ip_network_around("192.0.2.1", 33).ok());
  CHECK_FALSE(ip_network_around("mail.example", 8).ok());
}

TEST_CASE("A list of networks has commas or blanks between them") {
  const auto networks = parse_ip_networks(" 127.0.0.0/8, [::1]/128\t10.0.0.1 ,");
  REQUIRE(networks.ok());
  CHECK(networks->size() == 3);
  CHECK(contains(*networks, "10.0.0.1"));
  CHECK_FALSE(contains(*networks, "10.0.0.2"));
  CHECK(parse_ip_networks("")->empty());
  CHECK_FALSE(parse_ip_networks("10.0.0.1 ten").ok());
}

}  // namespace
}  // namespace mail
