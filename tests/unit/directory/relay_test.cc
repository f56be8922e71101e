#include "mail/directory/relay.h"

#include <catch2/catch.hpp>

#include "mail/directory/snapshot.h"

using namespace mail::directory;

TEST_CASE("a relay host has brackets, a port, or neither") {
  struct Row {
    std::string_view text;
    std::string_view host;
    std::uint16_t port;
    bool mx;
  };
  const Row rows[] = {
      {"[smtp.mailgun.org]:465", "smtp.mailgun.org", 465, false},
      {"Relay-Service.test", "relay-service.test", 25, true},
      {"relay.test:587", "relay.test", 587, true},
      {"[2001:db8::1]:submission", "2001:db8::1", 587, false},
      {"[192.0.2.1]", "192.0.2.1", 25, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto host = parse_relay_host(row.text);
    REQUIRE(host.ok());
    CHECK(*host == RelayHost{std::string(row.host), row.port, row.mx, std::string(row.text)});
  }
  for (const char* bad :
       {"", "[", "[]", "[a", "a:", "a:0", "a:65536", "a:smpt", "[a]b", "a b", "a/b"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_relay_host(bad).ok());
  }
}

TEST_CASE("relays and credentials are found by sender, domain, then host") {
  // dms.md §2.8.
  Snapshot::Texts texts;
  texts.relay_map =
      "@domaintwo.tld     [other.relay.com]:587\nuser@domain1.test  relay-service.test\n"
      "@domainthree.tld\n@bad.tld [\nnosender [x]\n";
  texts.relay_credentials =
      "@domaintwo.tld          smtp_user_2:smtp_password_2\n"
      "[smtp.mailgun.org]:465  postmaster@mydomain.com:password:with:colons\nbroken secret\n";
  const auto snapshot = Snapshot::from_texts(texts, {});
  const RelayRoute* route = snapshot->relay_route("Any@DomainTwo.tld");
  REQUIRE(route != nullptr);
  CHECK(route->host.text == "[other.relay.com]:587");
  CHECK(snapshot->relay_route("user@domain1.test")->host.host == "relay-service.test");
  CHECK(snapshot->relay_route("other@domain1.test") == nullptr);
  CHECK(snapshot->relay_route("x@domainthree.tld")->opts_out);
  CHECK(snapshot->relay_routes().size() == 3);

  const RelayCredentials* credentials = snapshot->relay_credentials("a@domaintwo.tld", "[x]:1");
  REQUIRE(credentials != nullptr);
  CHECK(credentials->user == "smtp_user_2");
  credentials = snapshot->relay_credentials("a@elsewhere.tld", "[smtp.mailgun.org]:465");
  REQUIRE(credentials != nullptr);
  CHECK(credentials->user == "postmaster@mydomain.com");
  CHECK(credentials->password.reveal() == "password:with:colons");
  CHECK(snapshot->relay_credentials("a@elsewhere.tld", "smtp.mailgun.org") == nullptr);
  std::vector<std::string> said;
  for (const Diagnostic& diagnostic : snapshot->diagnostics()) {
    said.push_back(diagnostic.file + ":" + std::to_string(diagnostic.line));
    CHECK(diagnostic.text.find("secret") == std::string::npos);
  }
  CHECK(said == std::vector<std::string>{"postfix-relaymap.cf:4", "postfix-relaymap.cf:5",
                                         "postfix-sasl-password.cf:3"});
}
