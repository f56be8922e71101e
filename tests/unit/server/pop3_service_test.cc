#include <catch2/catch.hpp>

#include "unit/server/script_world.h"

namespace mail::server {
namespace {

using test::ScriptWorld;

directory::Snapshot::Texts config() {
  directory::Snapshot::Texts texts;
  texts.accounts = "ann@example.test|{PLAIN}secret\nbob@example.test|{PLAIN}hidden\n";
  return texts;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kLogin = "USER ann@example.test\r\nPASS secret\r\n";

struct Pop3World : ScriptWorld {
  Pop3World() : ScriptWorld(config()) {}

  void deliver(std::string_view bytes) {
    store::Target target;
    target.account.address = "ann@example.test";
    const std::string_view pieces[] = {bytes};
    REQUIRE(store->deliver(std::span(&target, 1), pieces, clock.wall()).ok());
  }
  std::string pop3(std::string_view commands, std::size_t cut = 4096) {
    const std::string output = talk(Protocol::kPop3s, cat(kLogin, commands), cut);
    CHECK(ended);
    return output;
  }
  std::shared_ptr<store::Mailbox> inbox() {
    const store::AccountPlace place{"ann@example.test", {}};
    return (*store->account(place))->open("INBOX").value();
  }
};

TEST_CASE("POP3: login needs TLS, the right password, and one's own name") {
  Pop3World world;
  CHECK(contains(world.talk(Protocol::kPop3, std::string(kLogin)), "-ERR [AUTH] Plaintext"));
  CHECK(contains(world.talk(Protocol::kPop3, cat("STLS\r\n", kLogin)), "+OK Begin TLS"));
  CHECK_FALSE(contains(world.talk(Protocol::kPop3, cat("STLS\r\n", kLogin)), "Logged in"));
  CHECK(contains(world.pop3(""), "+OK Logged in.\r\n"));
  CHECK(contains(world.talk(Protocol::kPop3s, "USER ann@example.test\r\nPASS x\r\nSTAT\r\n"),
                 "-ERR [AUTH] Authentication failed.\r\n-ERR Log in first\r\n"));
  CHECK(contains(world.talk(Protocol::kPop3s, "USER nobody@example.test\r\nPASS x\r\n"),
                 "-ERR [AUTH] Authentication failed.\r\n"));
  CHECK(contains(
      world.talk(Protocol::kPop3s, "AUTH PLAIN AGFubkBleGFtcGxlLnRlc3QAc2VjcmV0\r\nSTAT\r\n"),
      "+OK Logged in.\r\n+OK 0 0\r\n"));
  // bob's authorization identity with ann's password
  CHECK(contains(
      world.talk(Protocol::kPop3s,
                 "AUTH PLAIN Ym9iQGV4YW1wbGUudGVzdABhbm5AZXhhbXBsZS50ZXN0AHNlY3JldA==\r\n"),
      "-ERR [AUTH] "));
}

TEST_CASE("POP3: messages are listed, fetched and deleted by QUIT, cut anywhere") {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{4096}}) {
    Pop3World world;
    world.deliver("Subject: one\r\n\r\n.dot\r\n");
    world.deliver("Subject: two\r\n\r\nbody\r\nmore\r\n");
    const std::string output =
        world.pop3("STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 2 1\r\nDELE 1\r\nSTAT\r\nQUIT\r\n", cut);
    INFO(output);
    CHECK(contains(output, "+OK 2 50\r\n+OK\r\n1 22\r\n2 28\r\n.\r\n"));
    CHECK(contains(output, "\r\n+OK 22 octets\r\nSubject: one\r\n\r\n..dot\r\n.\r\n"));
    CHECK(contains(output, "\r\n+OK\r\nSubject: two\r\n\r\nbody\r\n.\r\n"));
    CHECK(contains(output, "+OK 1 28\r\n+OK Logging out, messages deleted.\r\n"));
    const auto left = world.inbox()->snapshot().messages;
    REQUIRE(left.size() == 1);
    CHECK(store::number(left.front().uid) == 2);
    CHECK_FALSE(left.front().flags.has(store::kSeen));
  }
}

TEST_CASE("POP3: without QUIT nothing is deleted, and what was fetched is seen") {
  Pop3World world;
  world.deliver("a: 1\r\n\r\n");
  world.deliver("a: 2\r\n\r\n");
  CHECK(contains(world.pop3("RETR 2\r\nDELE 1\r\nDELE 2\r\n"), "Marked"));
  const auto left = world.inbox()->snapshot().messages;
  REQUIRE(left.size() == 2);
  CHECK_FALSE(left[0].flags.has(store::kSeen));
  CHECK(left[1].flags.has(store::kSeen));
  CHECK_FALSE(left[1].flags.has(store::kDeleted));
}

TEST_CASE("POP3: unique-ids are Dovecot's, the same in every session, and never given twice") {
  Pop3World world;
  world.deliver("a: 1\r\n\r\n");
  world.deliver("a: 2\r\n\r\n");
  const auto validity = world.inbox()->status().uid_validity;
  const std::string second = store::number(validity) == 0 ? "" : world.pop3("UIDL 2\r\n");
  CHECK(contains(second, "+OK 2 00000002"));
  CHECK(contains(world.pop3("DELE 2\r\nQUIT\r\n"), "messages deleted"));
  world.deliver("a: 3\r\n\r\n");
  const std::string third = world.pop3("UIDL 2\r\n");
  CHECK(contains(third, "+OK 2 00000003"));
  // What IMAP marked as deleted is still there.
  store::FlagChange change;
  change.mode = store::FlagChange::Mode::kAdd;
  change.flags.system = store::kDeleted;
  const store::Uid uids[] = {store::Uid{1}};
  REQUIRE(world.inbox()->change_flags(uids, change).ok());
  CHECK(contains(world.pop3("DELE 2\r\nQUIT\r\n"), "messages deleted"));
  CHECK(world.inbox()->snapshot().messages.size() == 1);
}

TEST_CASE("Commands pipelined beyond the room for output are all answered") {
  Pop3World world;
  world.deliver(cat("a: 1\r\n\r\n", std::string(50'000, 'x'), "\r\n"));
  std::string many;
  for (int i = 0; i < 50; ++i) many += "RETR 1\r\n";
  std::string output = world.pop3(many + "QUIT\r\n", 1'000'000);
  CHECK(output.size() > 50 * 50'000);
  CHECK(output.ends_with("+OK Logging out\r\n"));
  many.clear();
  for (int i = 0; i < 20'000; ++i) many += "a NOOP\r\n";
  output = world.talk(Protocol::kImaps,
                      cat("a LOGIN ann@example.test secret\r\n", many, "z LOGOUT\r\n"), 1'000'000);
  CHECK(contains(output, "z OK"));
}

}  // namespace
}  // namespace mail::server
