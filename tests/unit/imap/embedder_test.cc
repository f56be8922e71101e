// The engine in the hands of those who embed it (attack H6): docs/embedding.md promises all this.
#include <memory>

#include <catch2/catch.hpp>

#include "mail/base/overloaded.h"
#include "mail/imap.h"
#include "support/embedder.h"

namespace mail::imap {
namespace {

using test::Embedding;
using test::lead;

constexpr std::string_view kDialog =
    "a LOGIN {3+}\r\nann secret\r\nb LIST \"\" *\r\nc SELECT INBOX\r\n"
    "d FETCH 1:2 (FLAGS BODY[])\r\ne APPEND INBOX (\\Seen) {10+}\r\n0123456789\r\nf NONSENSE\r\n"
    "g IDLE\r\nDONE\r\nh SEARCH OR (SUBJECT {2+}\r\nhi) NOT SEEN\r\ni LOGOUT\r\n";

ServerSession make(TimePoint now) {
  return ServerSession({.hostname = "imap.example", .allows_cleartext_auth = true}, now);
}

void answer(ServerSession& session, const ServerSession::Event& event) {
  const auto finish = [&session](const auto&) { session.ok("", "Done"); };
  const auto nothing = [](const auto&) {};
  std::visit(Overloaded{
                 [&](const AppendChunk& notice) { nothing(notice); },
                 [&](const AppendAborted& notice) { nothing(notice); },
                 [&](const Violated& notice) { nothing(notice); },
                 [&](const Logout& notice) { nothing(notice); },
                 [&](const Append&) { session.proceed(); },
                 [&](const Idle&) { session.proceed(); },
                 [&](const Select&) {
                   session.exists(2);
                   session.ok("", "Done");
                 },
                 [&](const Fetch& fetch) {
                   const auto text = std::make_shared<const std::string>(3000, 'x');
                   session.fetch_begin(1);
                   session.fetch_literal(fetch.attributes.back().label, make_source(text, *text));
                   session.fetch_end();
                   session.ok("", "Done");
                 },
                 [&](const auto& question) { finish(question); },
             },
             event);
}

TimePoint at(Duration time) { return TimePoint(time); }

}  // namespace

TEST_CASE("The IMAP dialog of an embedder comes out the same however bytes go in and out") {
  const std::string whole = lead(make, answer, kDialog, {});
  CHECK_THAT(whole, Catch::Contains("\r\nh OK") && Catch::Contains("\r\ni OK"));
  for (const std::size_t piece : {1, 2, 3, 7, 64}) {
    for (const std::size_t bite : {1, 50, 5000}) {
      INFO(piece << " octets in, " << bite << " out");
      CHECK(lead(make, answer, kDialog, {.piece = piece, .bite = bite}) == whole);
    }
  }
}

TEST_CASE("An IMAP session may be destroyed after any call") {
  std::string last;
  for (std::size_t steps = 0; steps < 300; ++steps) {
    const std::string said = lead(make, answer, kDialog, {.piece = 16, .steps = steps});
    CHECK(said.starts_with(last));
    last = said;
  }
  CHECK(last == lead(make, answer, kDialog, {}));
}

TEST_CASE("A clock that goes back ends no IMAP session early") {
  const Embedding back{.piece = 8, .asks_deadline = true, .clock = [](std::size_t step) {
                         return at(step % 2 == 0 ? hours(10) : hours(1));
                       }};
  CHECK(lead(make, answer, kDialog, back) == lead(make, answer, kDialog, {}));

  ServerSession session = make(at(hours(2)));
  while (const auto event = session.next()) answer(session, *event);
  session.consume_output(session.output().size());
  session.receive("a LOGIN ann secret\r\nb NOOP\r\n", at(hours(1)));
  while (const auto event = session.next()) answer(session, *event);
  REQUIRE(session.deadline());
  CHECK(*session.deadline() > at(hours(2)));
}

TEST_CASE("What is done to an IMAP session that has ended does nothing") {
  ServerSession session = make({});
  while (const auto event = session.next()) answer(session, *event);
  session.receive_eof({});
  session.receive_eof({});
  while (session.next()) continue;
  session.consume_output(session.output().size());
  REQUIRE(session.finished());
  session.receive("a NOOP\r\n", {});
  session.on_deadline(at(hours(100)));
  CHECK_FALSE(session.next());
  CHECK(session.output().empty());
  CHECK(session.finished());
}

}  // namespace mail::imap
