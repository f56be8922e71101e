#include "net/interfaces.h"

#include <catch2/catch.hpp>

TEST_CASE("The interfaces of this machine make a list of networks") {
  const auto interfaces = mail::net::interfaces();
  for (const auto& interface : interfaces) {
    CAPTURE(interface.name, interface.address, interface.prefix);
    CHECK_FALSE(interface.name.empty());
    CHECK(interface.prefix <= 32);
  }
  const std::string list =
      mail::directory::permit_docker_networks("connected-networks", "eth0", interfaces);
  CHECK(mail::directory::Networks::parse(list).ok());
}
