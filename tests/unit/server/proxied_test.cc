// Connections that a proxy forwards: whose they are, and who may not say so.
#include <catch2/catch.hpp>

#include "unit/server/script_world.h"

namespace mail::server {
namespace {

using test::Ending;
using test::ScriptWorld;

directory::Snapshot::Texts config() {
  directory::Snapshot::Texts texts;
  texts.accounts = "ann@example.test|{PLAIN}secret\n";
  return texts;
}

/// The scripts' peer is 192.0.2.7.
ServiceOptions proxied(std::string_view networks) {
  ServiceOptions options;
  options.proxied = {Protocol::kSmtp, Protocol::kImaps};
  options.proxy_networks = directory::Networks::parse(networks).value();
  options.trusted_networks = directory::Networks::parse("10.9.0.0/16").value();
  return options;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool logged(const ScriptWorld& world, std::string_view part) {
  return std::any_of(world.logger.lines.begin(), world.logger.lines.end(),
                     [part](const std::string& line) { return contains(line, part); });
}

constexpr std::string_view kRelay =
    "EHLO client.example\r\nMAIL FROM:<x@elsewhere.test>\r\nRCPT TO:<y@elsewhere.test>\r\nQUIT\r\n";

}  // namespace

TEST_CASE("The client that a trusted proxy names is the peer of the session") {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{4096}}) {
    ScriptWorld world(config(), proxied("192.0.2.0/24"));
    const std::string replies =
        world.talk(Protocol::kSmtp, cat("PROXY TCP4 10.9.8.7 192.0.2.1 40000 25\r\n", kRelay), cut);
    CHECK(world.ended);
    CHECK(replies.starts_with("220 "));
    // 10.9.0.0/16 may relay; what cannot be sent yet is deferred, not denied.
    CHECK_FALSE(contains(replies, "Relay access denied"));
    CHECK(logged(world, "peer=10.9.8.7"));
    const std::string stranger = world.talk(
        Protocol::kSmtp, cat("PROXY TCP4 203.0.113.9 192.0.2.1 40000 25\r\n", kRelay), cut);
    CHECK(contains(stranger, "554 5.7.1 <y@elsewhere.test>: Relay access denied"));
  }
}

TEST_CASE("A proxy that speaks for itself is the peer") {
  ScriptWorld world(config(), proxied("192.0.2.7"));
  CHECK(contains(world.talk(Protocol::kSmtp, cat("PROXY UNKNOWN\r\n", kRelay)),
                 "554 5.7.1 <y@elsewhere.test>: Relay access denied"));
  CHECK(logged(world, "peer=192.0.2.7"));
}

TEST_CASE("The PROXY header comes before the TLS handshake") {
  ScriptWorld world(config(), proxied("192.0.2.7"));
  const std::string replies = world.talk(Protocol::kImaps,
                                         "PROXY TCP4 203.0.113.9 192.0.2.1 40000 993\r\n1 LOGIN "
                                         "ann@example.test secret\r\n2 LOGOUT\r\n");
  CHECK(contains(replies, "1 OK "));
  CHECK(logged(world, "peer=203.0.113.9"));
}

// Attack A15.
TEST_CASE("Nobody but a trusted proxy is heard where PROXY headers are expected") {
  ScriptWorld world(config(), proxied("192.0.2.8"));
  CHECK(world.talk(Protocol::kSmtp, cat("PROXY TCP4 10.9.8.7 192.0.2.1 40000 25\r\n", kRelay))
            .empty());
  CHECK(world.ended);
  CHECK(logged(world, "refused a connection that no trusted proxy forwards"));
}

// Attack A15.
TEST_CASE("A PROXY header means nothing where none is expected") {
  ScriptWorld world(config(), proxied("192.0.2.7"));
  const std::string replies =
      world.talk(Protocol::kSubmission, cat("PROXY TCP4 10.9.8.7 192.0.2.1 40000 25\r\n", kRelay));
  CAPTURE(replies);
  CHECK(replies.starts_with("220 "));
  CHECK(contains(replies, "\r\n5"));
  CHECK(logged(world, "peer=192.0.2.7"));
  CHECK_FALSE(logged(world, "peer=10.9.8.7"));
}

TEST_CASE("A trusted proxy without a usable PROXY header is cut, also when it is silent") {
  struct Row {
    std::string_view script, reason;
    Ending ending;
  };
  const Row rows[] = {
      {"EHLO client.example\r\n", "does not begin with a PROXY header", Ending::kLeaves},
      {"PROXY TCP4 1.2.3", "the peer left before", Ending::kLeaves},
      {"PROXY TCP4 1.2.3", "no PROXY header came in time", Ending::kStays},
      {"", "no PROXY header came in time", Ending::kStays},
  };
  for (const Row& row : rows) {
    CAPTURE(row.script);
    ScriptWorld world(config(), proxied("192.0.2.7"));
    CHECK(world.talk(Protocol::kSmtp, std::string(row.script), 4096, row.ending).empty());
    CHECK(world.ended);
    CHECK(logged(world, row.reason));
    CHECK(world.clock.now() - TimePoint{} <= seconds(5));
  }
}

}  // namespace mail::server
