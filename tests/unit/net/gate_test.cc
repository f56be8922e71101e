#include <vector>

#include <catch2/catch.hpp>

#include "net/gate.h"

namespace mail::net {

using Verdict = Gate::Verdict;

TEST_CASE("The gate counts connections by service and address and as a whole") {
  Gate gate(5, 2);
  std::vector<Gate::Ticket> tickets(8);
  const auto admit = [&](std::size_t i, std::string_view service, std::string_view address) {
    const Verdict verdict = gate.admit(service, address, tickets[i]);
    tickets[i].establish();
    return verdict;
  };
  CHECK(admit(0, "smtp", "192.0.2.1") == Verdict::kAdmitted);
  CHECK(admit(1, "smtp", "192.0.2.1") == Verdict::kAdmitted);
  CHECK(admit(2, "smtp", "192.0.2.1") == Verdict::kTooManyFromAddress);
  CHECK(admit(2, "imap", "192.0.2.1") == Verdict::kAdmitted);
  CHECK(admit(3, "smtp", "127.0.0.1") == Verdict::kAdmitted);
  CHECK(admit(4, "smtp", "::1") == Verdict::kAdmitted);
  CHECK(admit(5, "smtp", "192.0.2.2") == Verdict::kTooMany);
  CHECK(gate.count() == 5);
  tickets.erase(tickets.begin());
  CHECK(admit(5, "smtp", "192.0.2.1") == Verdict::kAdmitted);
  CHECK_FALSE(gate.wait_until_empty(Duration::zero()));
  tickets.clear();
  CHECK(gate.wait_until_empty(Duration::zero()));
}

TEST_CASE("A limit of 0 an address is none, and limits may change") {
  Gate gate(100, 0);
  std::vector<Gate::Ticket> tickets(5);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(gate.admit("smtp", "192.0.2.1", tickets[i]) == Verdict::kAdmitted);
  }
  gate.set_limits(4, 3);
  CHECK(gate.admit("smtp", "192.0.2.1", tickets[3]) == Verdict::kTooManyFromAddress);
  CHECK(gate.admit("smtp", "192.0.2.2", tickets[3]) == Verdict::kAdmitted);
  CHECK(gate.admit("smtp", "192.0.2.2", tickets[4]) == Verdict::kAdmittedForAnother);
}

TEST_CASE("A connection may come to count for another address") {
  Gate gate(10, 2);
  std::vector<Gate::Ticket> tickets(4);
  for (Gate::Ticket& ticket : tickets) {
    REQUIRE(gate.admit("smtp", "", ticket) == Verdict::kAdmitted);
  }
  CHECK(tickets[0].count_as("smtp", "192.0.2.1"));
  CHECK(tickets[1].count_as("smtp", "192.0.2.1"));
  CHECK_FALSE(tickets[2].count_as("smtp", "192.0.2.1"));
  CHECK(tickets[2].count_as("imap", "192.0.2.1"));
  CHECK(tickets[0].count_as("smtp", "192.0.2.2"));
  CHECK(tickets[3].count_as("smtp", "192.0.2.1"));
  tickets.clear();
  Gate::Ticket again;
  CHECK(gate.admit("smtp", "192.0.2.1", again) == Verdict::kAdmitted);
  CHECK(gate.count() == 1);
}

// Attack H1.
TEST_CASE("The oldest unknown connection makes room, a known one never does") {
  Gate gate(3, 0);
  std::vector<int> shed;
  std::vector<Gate::Ticket> tickets(6);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(gate.admit("smtp", "192.0.2.1", tickets[i]) == Verdict::kAdmitted);
    CHECK(tickets[i].on_shed([&shed, i] { shed.push_back(i); }));
  }
  tickets[0].establish();
  CHECK(gate.admit("smtp", "192.0.2.1", tickets[3]) == Verdict::kAdmittedForAnother);
  CHECK(shed == std::vector{1});
  // Asked to go before it could say how: it learns when it does.
  CHECK(gate.shed_one());
  CHECK(shed == std::vector{1, 2});
  CHECK(gate.shed_one());
  CHECK_FALSE(tickets[3].on_shed([] {}));
  tickets[3].establish();
  CHECK_FALSE(gate.shed_one());
  CHECK(gate.count() == 4);
  for (int i : {1, 2, 3}) tickets[i] = {};
  CHECK(gate.count() == 1);
  CHECK(gate.admit("smtp", "192.0.2.1", tickets[4]) == Verdict::kAdmitted);
}

TEST_CASE("Not more connections than the overlap are on their way out at one time") {
  Gate gate(1, 0);
  std::vector<Gate::Ticket> tickets(Gate::kOverlap + 2);
  CHECK(gate.admit("smtp", "192.0.2.1", tickets[0]) == Verdict::kAdmitted);
  for (std::size_t i = 1; i <= Gate::kOverlap; ++i) {
    REQUIRE(gate.admit("smtp", "192.0.2.1", tickets[i]) == Verdict::kAdmittedForAnother);
  }
  CHECK(gate.admit("smtp", "192.0.2.1", tickets[Gate::kOverlap + 1]) == Verdict::kTooMany);
}

}  // namespace mail::net
