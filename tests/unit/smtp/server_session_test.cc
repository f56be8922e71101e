// What a transcript cannot say: time that passes while a question is open, memory, the views of
// events, and the end.
#include "mail/smtp/server_session.h"

#include <malloc.h>

#include <catch2/catch.hpp>
#include <string>

#include "mail/base/absl.h"

namespace mail::smtp {
namespace {

static_assert(Session<ServerSession>);

constexpr TimePoint kStart{hours(1)};

std::string take(ServerSession& session) {
  std::string bytes(session.output());
  session.consume_output(bytes.size());
  return bytes;
}

template <class Question>
bool ask(ServerSession& session) {
  const auto event = session.next();
  return event && std::holds_alternative<Question>(*event);
}

/// Greeted, EHLO said.
ServerSession ready(ServerOptions options = {}) {
  ServerSession session(std::move(options), kStart);
  REQUIRE(ask<Connected>(session));
  session.accept();
  session.receive("EHLO c\r\n", kStart);
  REQUIRE(ask<Helo>(session));
  session.accept();
  session.receive({}, kStart);
  CHECK_FALSE(session.next());
  take(session);
  return session;
}

TEST_CASE("While a question is open there is no deadline and no further event") {
  auto session = ready();
  session.receive("MAIL FROM:<a@b>\r\nNOOP\r\n", kStart);
  REQUIRE(ask<MailFrom>(session));
  CHECK_FALSE(session.deadline());
  CHECK_FALSE(session.next());
  session.on_deadline(kStart + hours(1));
  CHECK(session.output().empty());
  session.accept();
  CHECK(session.deadline());
  CHECK_FALSE(session.next());
  CHECK(take(session) == "250 2.1.0 Ok\r\n250 2.0.0 Ok\r\n");
}

TEST_CASE("The peer's time starts when a late answer is told the time") {
  auto session = ready();
  session.receive("MAIL FROM:<a@b>\r\n", kStart);
  REQUIRE(ask<MailFrom>(session));
  session.accept();
  session.receive({}, kStart + minutes(4));
  CHECK(session.deadline() == kStart + minutes(9));
}

TEST_CASE("A deadline that passed while a question was open is not held against the peer") {
  auto session = ready();
  session.receive("MAIL FROM:<a@b>\r\n", kStart);
  REQUIRE(ask<MailFrom>(session));
  session.accept();
  take(session);
  session.on_deadline(kStart + minutes(7));
  CHECK(session.output().empty());
  CHECK(session.deadline() == kStart + minutes(12));
  session.on_deadline(kStart + minutes(12));
  CHECK(take(session) == "421 4.4.2 localhost Error: timeout exceeded\r\n");
}

TEST_CASE("A closing session gives its last reply up after a while") {
  auto session = ready();
  session.receive("QUIT\r\n", kStart);
  REQUIRE(ask<Quit>(session));
  CHECK_FALSE(session.next());
  CHECK_FALSE(session.finished());
  CHECK_FALSE(session.wants_input());
  REQUIRE(session.deadline());
  session.on_deadline(*session.deadline());
  CHECK(session.finished());
  CHECK_FALSE(session.deadline());
}

TEST_CASE("Input waits outside while a question is open and much is unread") {
  auto session = ready();
  session.receive("MAIL FROM:<a@b>\r\n", kStart);
  REQUIRE(ask<MailFrom>(session));
  session.receive(std::string(16383, 'x'), kStart);
  CHECK(session.wants_input());
  session.receive("x", kStart);
  CHECK_FALSE(session.wants_input());
  session.accept();
  CHECK_FALSE(session.next());  // the junk is too long a line, swallowed
  CHECK(session.wants_input());
}

TEST_CASE("A peer that does not read is not listened to") {
  ServerOptions options;
  options.output = 100;
  auto session = ready(options);
  std::string noops;
  for (int i = 0; i < 1000; ++i) noops += "NOOP\r\n";
  session.receive(noops.substr(0, 300), kStart);
  CHECK_FALSE(session.next());
  CHECK(session.output().size() < 200);
  CHECK_FALSE(session.wants_input());
  take(session);
  CHECK(session.wants_input());
}

TEST_CASE(
    "shut_down says 421 at once when nothing is under way, of a transaction without data too") {
  auto session = ready();
  session.receive("MAIL FROM:<a@b>\r\n", kStart);
  REQUIRE(ask<MailFrom>(session));
  session.accept();
  CHECK_FALSE(session.next());
  take(session);
  session.shut_down("stopping");
  CHECK(take(session) == "421 4.3.2 stopping\r\n");
  CHECK(ask<Reset>(session));
  CHECK_FALSE(session.next());
  CHECK(session.finished());
}

/// As far as the first octets of the message, and the end of the input.
void begin_message(ServerSession& session, std::string_view data) {
  session.receive(cat("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n", data), kStart);
  REQUIRE(ask<MailFrom>(session));
  session.accept();
  REQUIRE(ask<RcptTo>(session));
  session.accept();
  REQUIRE(ask<Data>(session));
  session.accept();
  REQUIRE(ask<DataChunk>(session));
  CHECK_FALSE(session.next());
}

TEST_CASE("shut_down lets a message that is under way arrive, and its sender hear so") {
  auto session = ready();
  begin_message(session, "DATA\r\nhalf");
  take(session);
  session.shut_down("stopping");
  CHECK(take(session).empty());
  session.receive("\r\n.\r\nMAIL FROM:<a@b>\r\n", kStart);
  REQUIRE(ask<DataChunk>(session));
  REQUIRE(ask<DataEnd>(session));
  session.answer({250, "2.0.0", "Ok"});
  CHECK_FALSE(session.next());  // what was pipelined behind it is not begun
  CHECK(take(session) == "250 2.0.0 Ok\r\n421 4.3.2 stopping\r\n");
  CHECK(session.finished());
}

TEST_CASE("shut_down waits for BDAT LAST, or for RSET to give the message up") {
  const bool arrives = GENERATE(true, false);
  auto session = ready();
  begin_message(session, "BDAT 2\r\nxy");
  session.shut_down("stopping");
  CHECK_FALSE(session.finished());
  take(session);
  session.receive(arrives ? "BDAT 3 LAST\r\nabc" : "RSET\r\n", kStart);
  bool has_arrived = false;
  while (auto event = session.next()) {
    if (!std::holds_alternative<DataEnd>(*event)) continue;
    has_arrived = true;
    session.accept();
  }
  CHECK(has_arrived == arrives);
  CHECK_THAT(take(session), Catch::EndsWith("421 4.3.2 stopping\r\n"));
  CHECK(session.finished());
}

TEST_CASE("shut_down before the greeting leaves no question behind") {
  ServerSession session({}, kStart);
  session.shut_down("stopping");
  CHECK_FALSE(session.next());
  CHECK(take(session) == "421 4.3.2 stopping\r\n");
  CHECK(session.finished());
}

TEST_CASE("A driver that did the handshake itself says so first") {
  ServerOptions options;
  options.dialect = Dialect::kSubmissions;
  ServerSession session(options, kStart);
  CHECK(session.wants_tls());
  CHECK_FALSE(session.wants_input());
  CHECK_FALSE(session.next());
  session.tls_started({.version = "TLSv1.3"});
  CHECK(ask<Connected>(session));
  CHECK(session.tls()->version == "TLSv1.3");
}

TEST_CASE("The facts for the Received field follow what was accepted") {
  auto session = ready();
  CHECK(session.helo_domain() == "c");
  CHECK(session.is_extended());
  CHECK_FALSE(session.is_authenticated());
  CHECK_FALSE(session.tls());
  session.receive("HELO d\r\n", kStart);
  REQUIRE(ask<Helo>(session));
  CHECK(session.helo_domain() == "c");
  session.answer({550, "5.7.1", "No"});
  CHECK(session.helo_domain() == "c");
  session.receive("HELO d\r\n", kStart);
  REQUIRE(ask<Helo>(session));
  session.accept();
  CHECK(session.helo_domain() == "d");
  CHECK_FALSE(session.is_extended());
}

TEST_CASE("An answer may bring its own positive reply") {
  auto session = ready();
  session.receive("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", kStart);
  REQUIRE(ask<MailFrom>(session));
  session.answer({250, "2.1.0", "Sender ok"});
  REQUIRE(ask<RcptTo>(session));
  session.answer({251, "2.1.5", "User not local; will forward"});
  REQUIRE(ask<Data>(session));
  session.accept("Go on");
  CHECK(take(session) ==
        "250 2.1.0 Sender ok\r\n251 2.1.5 User not local; will forward\r\n354 Go on\r\n");
}

TEST_CASE("No message size limit is advertised as SIZE 0") {
  ServerOptions options;
  options.message_size = 0;
  ServerSession session(options, kStart);
  REQUIRE(ask<Connected>(session));
  session.accept();
  session.receive("EHLO c\r\nMAIL FROM:<a@b> SIZE=99999999999\r\n", kStart);
  REQUIRE(ask<Helo>(session));
  session.accept();
  CHECK(take(session).find("250-SIZE 0\r\n") != std::string::npos);
  CHECK(ask<MailFrom>(session));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(__has_feature)
TEST_CASE("An idle session costs less than 2 KB of heap, whatever it has seen") {
  // Warm up, so that nothing of the test itself is counted.
  {
    auto session = ready();
  }
  const auto before = mallinfo2().uordblks;
  auto session = std::make_unique<ServerSession>(ready());
  session->receive("MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n", kStart);
  for (int i = 0; i < 3; ++i) {
    session->next();
    session->accept();
  }
  session->receive(std::string(100'000, 'x') + "\r\n.\r\n", kStart);
  while (const auto event = session->next()) {
    if (std::holds_alternative<DataEnd>(*event)) session->accept();
  }
  take(*session);
  CHECK_FALSE(session->next());
  CHECK(mallinfo2().uordblks - before < 2048);
}
#endif

}  // namespace
}  // namespace mail::smtp
