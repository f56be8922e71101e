#include <malloc.h>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "mail/base/status.h"
#include "mail/imap/server_session.h"

using namespace mail;
using namespace mail::imap;

namespace {

constexpr TimePoint kNow{hours(1)};

std::string take_output(ServerSession& session) {
  std::string all;
  for (auto bytes = session.output(); !bytes.empty(); bytes = session.output()) {
    all += bytes;
    session.consume_output(bytes.size());
  }
  return all;
}

ServerSession selected(ServerOptions options = {}) {
  options.allows_cleartext_auth = true;
  ServerSession session(std::move(options), kNow);
  session.next();
  session.ok("", "");
  for (const char* command : {"1 LOGIN ann secret\r\n", "2 SELECT INBOX\r\n"}) {
    take_output(session);
    session.receive(command, kNow);
    REQUIRE(session.next());
    session.ok("", "");
  }
  take_output(session);
  return session;
}

/// Heap in use, by the allocator's own count.
std::size_t heap() { return mallinfo2().uordblks; }

}  // namespace

TEST_CASE("The greeting comes before anything is read") {
  ServerSession session({}, kNow);
  CHECK_FALSE(session.wants_input());
  CHECK(std::holds_alternative<Connected>(*session.next()));
  CHECK_FALSE(session.next());
  CHECK_FALSE(session.wants_input());
  CHECK_FALSE(session.deadline());
  session.ok("", "hello");
  CHECK(take_output(session) == "* OK [CAPABILITY IMAP4rev1 LITERAL+ ID LOGINDISABLED] hello\r\n");
  CHECK(session.wants_input());
  CHECK(session.deadline() == kNow + minutes(3));
}

TEST_CASE("A client that does not read is not listened to") {
  ServerOptions options;
  options.output = 100;
  ServerSession session = selected(options);
  session.receive("a FETCH 1 BODY[]\r\nb NOOP\r\n", kNow);
  REQUIRE(session.next());
  auto octets = std::make_shared<const std::string>(100, 'x');
  session.fetch_begin(1);
  session.fetch_literal("BODY[]", make_source(octets, *octets));
  session.fetch_end();
  session.ok("", "");
  CHECK_FALSE(session.next());
  CHECK_FALSE(session.wants_input());
  while (session.pending_output() >= 100) session.consume_output(1);
  CHECK(std::holds_alternative<Noop>(*session.next()));
}

TEST_CASE("Big literals are sent from where they are") {
  ServerSession session = selected();
  session.receive("a FETCH 1 BODY[]\r\n", kNow);
  REQUIRE(session.next());
  auto octets = std::make_shared<const std::string>(1 << 20, 'x');
  session.fetch_begin(1);
  session.fetch_literal("BODY[]", make_source(octets, *octets));
  session.fetch_end();
  session.ok("", "");
  CHECK(session.output() == "* 1 FETCH (BODY[] {1048576}\r\n");
  session.consume_output(session.output().size());
  CHECK(session.output().data() == octets->data());
  session.consume_output(1 << 20);
  CHECK(session.output() == ")\r\na OK Completed\r\n");
}

TEST_CASE("Bytes cut at any place around STARTTLS close the connection the same way") {
  const std::string bytes = "a NOOP\r\nb STARTTLS\r\nc LOGIN ann secret\r\n";
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    INFO(cut);
    ServerOptions options;
    options.offers_starttls = true;
    options.allows_cleartext_auth = true;
    ServerSession session(options, kNow);
    session.next();
    session.ok("OK", "");
    std::string output;
    std::vector<std::size_t> events;
    const auto drain = [&] {
      while (auto event = session.next()) {
        events.push_back(event->index());
        if (std::holds_alternative<Noop>(*event)) session.ok("", "");
      }
      output += take_output(session);
    };
    for (const std::string_view piece :
         {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
      session.receive(piece, kNow);
      drain();
    }
    CHECK(session.finished());
    CHECK_FALSE(session.wants_tls());
    CHECK(output ==
          "* OK [OK] localhost ready\r\na OK Completed\r\nb OK Begin TLS negotiation now\r\n");
    REQUIRE(events.size() == 2);
    CHECK(events[1] == ServerSession::Event(Violated{}).index());
  }
}

/// A session that has seen big commands and rests in IDLE.
ServerSession idle_after_big_commands(const std::string& big) {
  ServerSession session = selected();
  for (int i = 0; i < 3; ++i) {
    session.receive(cat("a SEARCH SUBJECT \"", big, "\"\r\nb SEARCH TEXT {3+}\r\n"), kNow);
    REQUIRE(session.next());
    session.untagged_ok("", big);
    session.ok("", "");
    session.receive("abc\r\n", kNow);
    REQUIRE(session.next());
    session.ok("", "");
    REQUIRE_FALSE(session.next());
    take_output(session);
  }
  session.receive("c IDLE\r\n", kNow);
  REQUIRE(session.next());
  session.proceed();
  REQUIRE_FALSE(session.next());
  take_output(session);
  return session;
}

TEST_CASE("An idle session costs less than 2 KB of heap, whatever it did before") {
  const std::string big(60000, 'x');
  // The first one also pays for what the C library keeps: charset modules, its cache of chunks.
  const ServerSession first = idle_after_big_commands(big);
  const std::size_t before = heap();
  const ServerSession session = idle_after_big_commands(big);
  if (std::string_view(MAIL_TEST_SANITIZE).empty()) CHECK(heap() - before < 2048);
}

TEST_CASE("shut_down closes a FETCH that is being written, and late answers are dropped") {
  ServerSession session = selected();
  session.receive("a FETCH 1 UID\r\n", kNow);
  REQUIRE(session.next());
  session.fetch_begin(1);
  session.fetch_text("UID", "7");
  session.shut_down("Stopping");
  session.fetch_text("X", "8");
  session.fetch_end();
  session.exists(3);
  session.ok("", "");
  CHECK(take_output(session) == "* 1 FETCH (UID 7)\r\n* BYE Stopping\r\n");
  CHECK(session.finished());
}

TEST_CASE("A peer that does not read the farewell is left after ten seconds") {
  ServerSession session = selected();
  session.shut_down("Stopping");
  CHECK_FALSE(session.finished());
  REQUIRE(session.deadline() == kNow + seconds(10));
  session.on_deadline(kNow + seconds(10));
  CHECK(session.finished());
}

TEST_CASE("Telling the time starts the client's time anew") {
  ServerSession session = selected();
  CHECK(session.deadline() == kNow + minutes(30));
  session.receive("", kNow + minutes(10));
  CHECK(session.deadline() == kNow + minutes(40));
}

TEST_CASE("A refused literal of 256 MB is swallowed without being kept") {
  ServerSession session = selected();
  session.receive("a SEARCH TEXT {268435456+}\r\n", kNow);
  const std::string chunk(1 << 20, 'x');
  const std::size_t before = heap();
  for (int i = 0; i < 256; ++i) {
    session.receive(chunk, kNow);
    while (session.next()) {
    }
  }
  if (std::string_view(MAIL_TEST_SANITIZE).empty()) CHECK(heap() - before < (4U << 20));
  session.receive("\r\n", kNow);
  session.next();
  CHECK(take_output(session) == "a BAD Command is too long\r\n");
}
