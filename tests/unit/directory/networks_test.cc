#include "mail/directory/networks.h"

#include <catch2/catch.hpp>

using namespace mail::directory;

TEST_CASE("a list of networks holds what its first matching entry says") {
  const auto networks = Networks::parse(
      "!172.17.0.5, 172.16.0.0/12 [2001:db8::]/33\t127.0.0.0/8 192.0.2.1 [::1]/128");
  REQUIRE(networks.ok());
  struct Row {
    std::string_view address;
    bool inside;
  };
  const Row rows[] = {
      {"172.16.0.0", true},
      {"172.31.255.255", true},
      {"172.32.0.0", false},
      {"172.15.255.255", false},
      {"172.17.0.5", false},
      {"::ffff:172.17.0.6", true},
      {"2001:db8:7fff::1", true},
      {"2001:db8:8000::1", false},
      {"127.9.9.9", true},
      {"192.0.2.1", true},
      {"192.0.2.2", false},
      {"::1", true},
      {"::2", false},
      {"nonsense", false},
      {"", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.address);
    CHECK(networks->contains(row.address) == row.inside);
  }
  for (const char* bad :
       {"1.2.3", "1.2.3.4/33", "1.2.3.4/8", "[::1", "::/129", "example.com", "10.0.0.0/"}) {
    CAPTURE(bad);
    CHECK_FALSE(Networks::parse(bad).ok());
  }
  CHECK(Networks::parse("")->empty());
  CHECK(Networks::parse("0.0.0.0/0")->contains("203.0.113.9"));
  CHECK_FALSE(Networks::parse("0.0.0.0/0")->contains("2001:db8::1"));
}

TEST_CASE("PERMIT_DOCKER names the networks that docker-mailserver trusts") {
  const Interface interfaces[] = {
      {"lo", "127.0.0.1", 8}, {"eth0", "172.18.3.4", 16}, {"eth1", "10.1.2.3", 24}};
  const std::string own = "127.0.0.0/8 [::1]/128 [fe80::]/64";
  CHECK(permit_docker_networks("none", "eth0", interfaces).empty());
  CHECK(permit_docker_networks("container", "eth0", interfaces) == own + " 172.18.3.4/32");
  CHECK(permit_docker_networks("host", "eth0", interfaces) == own + " 172.18.0.0/16");
  CHECK(permit_docker_networks("network", "eth0", interfaces) == own + " 172.16.0.0/12");
  CHECK(permit_docker_networks("connected-networks", "eth0", interfaces) ==
        own + " 172.18.0.0/16 10.1.2.0/24");
  for (const char* choice : {"none", "container", "host", "network", "connected-networks"}) {
    CHECK(Networks::parse(permit_docker_networks(choice, "eth0", interfaces)).ok());
  }
}
