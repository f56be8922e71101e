#include "mail/pop3/server_session.h"

#include <catch2/catch.hpp>

#include "mail/base/status.h"

using namespace mail;
using namespace mail::pop3;

namespace {

constexpr TimePoint kNow{hours(1)};

ServerSession logged_in(std::uint32_t messages) {
  ServerSession session(ServerOptions{.allows_cleartext_auth = true}, kNow);
  session.next();
  session.accept();
  session.receive("USER ann\r\nPASS secret\r\n", kNow);
  session.next();
  Maildrop maildrop;
  for (std::uint32_t i = 0; i < messages; ++i) maildrop.add(100, "id");
  session.open(std::move(maildrop));
  session.consume_output(session.output().size());
  return session;
}

std::string drain(ServerSession& session) {
  std::string all;
  while (!session.output().empty()) {
    all += session.output();
    session.consume_output(session.output().size());
  }
  return all;
}

}  // namespace

TEST_CASE("A message of 20 MB passes through a small buffer") {
  ServerSession session = logged_in(1);
  session.receive("RETR 1\r\nNOOP\r\n", kNow);
  REQUIRE(session.next());
  std::string message;
  while (message.size() < 20'000'000) message += ".a line of text\r\n";
  const auto owner = std::make_shared<const std::string>(std::move(message));
  session.send(make_source(owner, *owner));
  // What comes behind waits.
  CHECK_FALSE(session.next());
  CHECK_FALSE(session.wants_input());
  std::size_t octets = 0;
  while (!session.output().empty()) {
    const std::size_t piece = std::min<std::size_t>(session.output().size(), 10'000);
    if (session.output().size() >= 100'000) FAIL("too much at once");
    octets += piece;
    session.consume_output(piece);
  }
  CHECK(octets > 21'000'000);
  CHECK_FALSE(session.next());
  CHECK(drain(session) == "+OK\r\n");
}

TEST_CASE("Small messages leave with the answers around them") {
  ServerSession session = logged_in(2);
  session.receive("RETR 1\r\nRETR 2\r\n", kNow);
  const auto owner = std::make_shared<const std::string>("a: b\r\n\r\nc\r\n");
  while (session.next()) session.send(make_source(owner, *owner));
  CHECK(session.output() ==
        cat("+OK 11 octets\r\n", *owner, ".\r\n+OK 11 octets\r\n", *owner, ".\r\n"));
}

TEST_CASE("A clock that goes back ends no POP3 session early") {
  ServerSession session = logged_in(1);
  session.receive("NOOP\r\n", kNow - minutes(30));
  session.next();
  drain(session);
  session.on_deadline(kNow - minutes(19));
  CHECK_FALSE(session.finished());
  REQUIRE(session.deadline());
  CHECK(*session.deadline() == kNow + minutes(10));
  session.on_deadline(*session.deadline());
  CHECK(session.finished());
}

TEST_CASE("A listing of a hundred thousand messages is never there as a whole") {
  ServerSession session = logged_in(100'000);
  session.receive("UIDL\r\n", kNow);
  CHECK_FALSE(session.next());
  std::size_t octets = 0;
  while (!session.output().empty()) {
    if (session.output().size() >= 100'000) FAIL("too much at once");
    octets += session.output().size();
    session.consume_output(session.output().size());
  }
  CHECK(octets > 900'000);
}
