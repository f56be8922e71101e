#include "mail/sasl/mechanism.h"

#include <catch2/catch.hpp>
#include <vector>

namespace mail::sasl {
namespace {

const TlsInfo kUnbound{.version = "TLSv1.2"};
const TlsInfo kBound{.version = "TLSv1.3", .bindings = {.exporter = "e", .end_point = "p"}};

}  // namespace

TEST_CASE("Mechanisms are known by their names in any case") {
  for (const Mechanism mechanism : kMechanisms) {
    CHECK(parse_mechanism(to_string(mechanism)) == mechanism);
  }
  CHECK(parse_mechanism("scram-sha-256-plus") == Mechanism::kScramSha256Plus);
  CHECK_FALSE(parse_mechanism("CRAM-MD5"));
  CHECK_FALSE(parse_mechanism(""));
}

TEST_CASE("A server names what it offers, the strongest first") {
  const struct {
    bool offers_scram;
    const TlsInfo* tls;
    std::string_view expected;
  } cases[] = {
      {false, nullptr, " AUTH=PLAIN AUTH=LOGIN"},
      {false, &kBound, " AUTH=PLAIN AUTH=LOGIN"},
      {true, nullptr, " AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN"},
      {true, &kUnbound, " AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN"},
      {true, &kBound, " AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=PLAIN AUTH=LOGIN"},
  };
  for (const auto& c : cases) {
    std::string text;
    append_offered(text, " AUTH=", {.offers_scram = c.offers_scram}, c.tls);
    CHECK(text == c.expected);
  }
}

TEST_CASE("A client takes the strongest mechanism that both can do") {
  const std::vector<std::string_view> all = {"PLAIN", "login", "CRAM-MD5", "SCRAM-SHA-256",
                                             "scram-sha-256-plus"};
  const std::vector<std::string_view> old = {"LOGIN", "PLAIN"};
  const std::vector<std::string_view> oldest = {"NTLM", "LOGIN"};
  const ClientPolicy any{};
  const ClientPolicy careful{.allows_password = false};
  CHECK(choose_mechanism(all, any, &kBound) == Mechanism::kScramSha256Plus);
  CHECK(choose_mechanism(all, any, &kUnbound) == Mechanism::kScramSha256);
  CHECK(choose_mechanism(all, careful, nullptr) == Mechanism::kScramSha256);
  CHECK(choose_mechanism(old, any, &kBound) == Mechanism::kPlain);
  CHECK(choose_mechanism(oldest, any, &kBound) == Mechanism::kLogin);
  CHECK_FALSE(choose_mechanism(old, careful, &kBound));
  CHECK_FALSE(choose_mechanism({}, any, &kBound));
}

}  // namespace mail::sasl
