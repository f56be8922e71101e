// The engine in the hands of those who embed it (attack H6): docs/embedding.md promises all this.
#include <catch2/catch.hpp>

#include "mail/smtp/server_session.h"
#include "support/embedder.h"

namespace mail::smtp {
namespace {

using test::Embedding;
using test::lead;

constexpr std::string_view kDialog =
    "LHLO client.example\r\nMAIL FROM:<eve@example.net>\r\nRCPT TO:<ann@example.com>\r\n"
    "RCPT TO:<bob@example.com>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nBAD\r\n"
    "MAIL FROM:<>\r\nRCPT TO:<ann@example.com>\r\nBDAT 5 LAST\r\nab\r\n\rRSET\r\nVRFY "
    "x\r\nQUIT\r\n";

ServerSession make(TimePoint now) {
  return ServerSession({.hostname = "mx.example", .dialect = Dialect::kLmtp}, now);
}

void accept(ServerSession& session, const ServerSession::Event& event) {
  if (is_question(event)) session.accept();
}

TimePoint at(Duration time) { return TimePoint(time); }

}  // namespace

TEST_CASE("The dialog of an embedder comes out the same however bytes go in and out") {
  const std::string whole = lead(make, accept, kDialog, {});
  CHECK_THAT(whole, Catch::EndsWith("221 2.0.0 Bye\r\n"));
  for (const std::size_t piece : {1, 2, 3, 7, 64}) {
    for (const std::size_t bite : {1, 5, 1000}) {
      INFO(piece << " octets in, " << bite << " out");
      CHECK(lead(make, accept, kDialog, {.piece = piece, .bite = bite}) == whole);
    }
  }
}

TEST_CASE("An SMTP session may be destroyed after any call") {
  std::string last;
  for (std::size_t steps = 0; steps < 400; ++steps) {
    const std::string said = lead(make, accept, kDialog, {.piece = 16, .steps = steps});
    CHECK(said.starts_with(last));
    last = said;
  }
  CHECK(last == lead(make, accept, kDialog, {}));
}

TEST_CASE("Many megabytes in one call of an SMTP session are one message") {
  std::string input = "LHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n";
  const std::size_t before = input.size();
  const std::string line(998, 'x');
  while (input.size() < (48U << 20)) input += line + "\r\n";
  const std::size_t octets = input.size() - before;
  input += ".\r\nQUIT\r\n";
  std::size_t counted = 0;
  std::size_t told = 0;
  const auto count = [&](ServerSession& session, const ServerSession::Event& event) {
    if (const auto* chunk = std::get_if<DataChunk>(&event)) counted += chunk->bytes.size();
    if (const auto* end = std::get_if<DataEnd>(&event)) told = end->octets;
    accept(session, event);
  };
  const auto make_large = [](TimePoint now) {
    return ServerSession({.dialect = Dialect::kLmtp, .message_size = 1U << 30}, now);
  };
  CHECK_THAT(lead(make_large, count, input, {}), Catch::EndsWith("221 2.0.0 Bye\r\n"));
  CHECK(counted == octets);
  CHECK(told == octets);
}

TEST_CASE("A clock that goes back ends no SMTP session early") {
  const std::string whole = lead(make, accept, kDialog, {});
  const Embedding back{.piece = 8, .asks_deadline = true, .clock = [](std::size_t step) {
                         return at(step % 2 == 0 ? hours(10) : hours(1));
                       }};
  CHECK(lead(make, accept, kDialog, back) == whole);

  ServerSession session = make(at(hours(2)));
  while (const auto event = session.next()) accept(session, *event);
  session.consume_output(session.output().size());
  session.receive("NOOP\r\n", at(hours(1)));
  while (const auto event = session.next()) accept(session, *event);
  REQUIRE(session.deadline());
  CHECK(*session.deadline() > at(hours(2)));
}

TEST_CASE("Asking for the deadline before it comes changes nothing in an SMTP session") {
  CHECK(lead(make, accept, kDialog, {.piece = 4, .asks_deadline = true}) ==
        lead(make, accept, kDialog, {}));
}

TEST_CASE("What is done to an SMTP session that has ended does nothing") {
  ServerSession session = make({});
  while (const auto event = session.next()) accept(session, *event);
  session.receive_eof({});
  session.receive_eof({});
  while (session.next()) continue;
  session.consume_output(session.output().size());
  REQUIRE(session.finished());
  session.receive("NOOP\r\n", {});
  session.receive_eof({});
  session.on_deadline(at(hours(100)));
  session.consume_output(1000);
  CHECK_FALSE(session.next());
  CHECK(session.output().empty());
  CHECK_FALSE(session.wants_input());
  CHECK(session.finished());
}

}  // namespace mail::smtp
