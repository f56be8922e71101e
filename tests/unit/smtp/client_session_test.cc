// What a transcript cannot say of the client: the contract, DSN parameters, SCRAM, bounded memory.
#include "mail/smtp/client_session.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"

namespace mail::smtp {
namespace {

static_assert(Session<ClientSession>);

constexpr TimePoint kNow{hours(1)};

std::string take(ClientSession& session) {
  std::string all;
  for (;;) {
    const std::string bytes(session.output());
    if (bytes.empty()) return all;
    session.consume_output(bytes.size());
    all += bytes;
  }
}

/// As far as Ready, with these lines of EHLO.
ClientSession ready(std::string_view lines) {
  ClientOptions options;
  options.tls = TlsUse::kNever;
  ClientSession session(options, kNow);
  session.receive(cat("220 x\r\n250-x\r\n", lines), kNow);
  const auto event = session.next();
  REQUIRE(event);
  REQUIRE(std::holds_alternative<Ready>(*event));
  take(session);
  return session;
}

TEST_CASE("DSN parameters go to a server that has them, and to no other") {
  Envelope envelope;
  envelope.reverse_path = "ann@example";
  envelope.dsn_return = DsnReturn::kHeaders;
  envelope.envelope_id = "a+b";
  envelope.recipients = {
      {"bob@example", {.success = true, .delay = true}, "rfc822", "Bob+x@example"},
      {"carl@example", {.never = true}, "", ""}};
  {
    auto session = ready("250-PIPELINING\r\n250 DSN\r\n");
    session.send(envelope, "x");
    CHECK(take(session) ==
          "MAIL FROM:<ann@example> RET=HDRS ENVID=a+2Bb\r\n"
          "RCPT TO:<bob@example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;Bob+2Bx@example\r\n"
          "RCPT TO:<carl@example> NOTIFY=NEVER\r\nDATA\r\n");
  }
  auto session = ready("250 PIPELINING\r\n");
  session.send(envelope, "x");
  CHECK(take(session) ==
        "MAIL FROM:<ann@example>\r\nRCPT TO:<bob@example>\r\nRCPT TO:<carl@example>\r\nDATA\r\n");
}

TEST_CASE("A server that talks on while nobody listens is not listened to (A10)") {
  auto session = ready("250 PIPELINING\r\n");  // Ready is not answered
  session.receive(std::string(16383, 'x'), kNow);
  CHECK(session.wants_input());
  session.receive("x", kNow);
  CHECK_FALSE(session.wants_input());
}

TEST_CASE("No more commands are under way than the limit") {
  Envelope envelope;
  envelope.recipients.resize(300, {"bob@example", {}, {}, {}});
  auto session = ready("250 PIPELINING\r\n");
  session.send(envelope, "x");
  const std::string commands = take(session);
  CHECK(std::count(commands.begin(), commands.end(), '\n') == 100);
}

TEST_CASE("While Ready is open there is no deadline") {
  auto session = ready("250 PIPELINING\r\n");
  CHECK_FALSE(session.deadline());
  CHECK_FALSE(session.next());
  session.quit();
  session.receive({}, kNow);
  CHECK(session.deadline() == kNow + seconds(10));
  session.on_deadline(kNow + seconds(10));
  take(session);
  CHECK(session.finished());
}

}  // namespace
}  // namespace mail::smtp
