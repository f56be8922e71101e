#include <catch2/catch.hpp>

#include "unit/server/script_world.h"

namespace mail::server {
namespace {

using test::ScriptWorld;

directory::Snapshot::Texts config() {
  directory::Snapshot::Texts texts;
  texts.accounts =
      "ann@example.test|{PLAIN}secret\n"
      "bob@example.test|{PLAIN}hidden\n";
  texts.virtual_aliases =
      "hello@example.test ann@example.test\n"
      "all@example.test ann@example.test,bob@example.test\n"
      "away@example.test ann@example.test,someone@elsewhere.test\n"
      "nobody@example.test devnull\n";
  texts.local_aliases = "devnull: /dev/null\n";
  return texts;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::vector<std::string> messages_of(ScriptWorld& world, const std::string& address) {
  const auto account = world.store->account({address, {}});
  REQUIRE(account.ok());
  const auto inbox = (*account)->open("INBOX");
  REQUIRE(inbox.ok());
  std::vector<std::string> messages;
  for (const store::MessageInfo& info : (*inbox)->snapshot().messages) {
    const auto content = (*inbox)->read(info.uid);
    REQUIRE(content.ok());
    messages.emplace_back((*content)->bytes());
  }
  return messages;
}

std::string message_to(std::string_view recipients, std::string_view body = "Hi.\r\n") {
  std::string script = "EHLO client.example\r\nMAIL FROM:<eve@elsewhere.test>\r\n";
  for (std::size_t i = 0; i < recipients.size();) {
    const std::size_t end = std::min(recipients.find(' ', i), recipients.size());
    append(script, "RCPT TO:<", recipients.substr(i, end - i), ">\r\n");
    i = end + 1;
  }
  append(script, "DATA\r\nSubject: x\r\n\r\n", body, ".\r\nQUIT\r\n");
  return script;
}

TEST_CASE("A message to an alias ends in the account's INBOX with its trace fields") {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{4096}}) {
    ScriptWorld world(config());
    const std::string replies = world.talk(Protocol::kSmtp, message_to("hello@example.test"), cut);
    CHECK(world.ended);
    CHECK(contains(replies, "220 mail.example.test ESMTP"));
    CHECK(contains(replies, "\r\n250 2.0.0 Ok: queued as "));
    CHECK(contains(replies, "\r\n221 2.0.0 Bye\r\n"));
    const auto messages = messages_of(world, "ann@example.test");
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].starts_with(
        "Return-Path: <eve@elsewhere.test>\r\nDelivered-To: ann@example.test\r\n"
        "Received: from client.example ([192.0.2.7])\r\n\tby mail.example.test (libmail) with "
        "ESMTP id "));
    CHECK(contains(messages[0], "\tfor <hello@example.test>;\r\n"));
    CHECK(messages[0].ends_with("Subject: x\r\n\r\nHi.\r\n"));
    CHECK(messages_of(world, "bob@example.test").empty());
  }
}

TEST_CASE("Nothing is accepted on port 25 that cannot be delivered") {
  struct Row {
    std::string_view recipient;
    std::string_view reply;
  };
  const Row rows[] = {
      {"someone@elsewhere.test", "554 5.7.1 <someone@elsewhere.test>: Relay access denied"},
      {"gone@example.test",
       "550 5.1.1 <gone@example.test>: Recipient address rejected: User unknown"},
      {"away@example.test", "451 4.3.0 Outgoing mail is not available"},
  };
  for (const Row& row : rows) {
    ScriptWorld world(config());
    const std::string replies = world.talk(Protocol::kSmtp, message_to(row.recipient));
    CHECK(contains(replies, row.reply));
    CHECK_FALSE(contains(replies, "queued as"));
    CHECK(messages_of(world, "ann@example.test").empty());
  }
}

TEST_CASE("A refused recipient does not end the transaction") {
  ScriptWorld world(config());
  const std::string replies =
      world.talk(Protocol::kSmtp, message_to("gone@example.test bob@example.test"));
  CHECK(contains(replies, "550 5.1.1 "));
  CHECK(contains(replies, "queued as"));
  CHECK(messages_of(world, "bob@example.test").size() == 1);
}

TEST_CASE("A mailbox that is reached twice gets one copy, or two by option") {
  const std::string script = message_to("all@example.test hello@example.test ann@example.test");
  {
    ScriptWorld world(config());
    world.talk(Protocol::kSmtp, script);
    CHECK(messages_of(world, "ann@example.test").size() == 1);
    CHECK(messages_of(world, "bob@example.test").size() == 1);
  }
  ServiceOptions options;
  options.dedupe_recipients = false;
  ScriptWorld world(config(), options);
  world.talk(Protocol::kSmtp, script);
  CHECK(messages_of(world, "ann@example.test").size() == 3);
  CHECK(messages_of(world, "bob@example.test").size() == 1);
}

TEST_CASE("Mail to an alias of /dev/null is accepted and stored nowhere") {
  ScriptWorld world(config());
  CHECK(contains(world.talk(Protocol::kSmtp, message_to("nobody@example.test")), "queued as"));
  CHECK(messages_of(world, "ann@example.test").empty());
}

TEST_CASE("Several recipients are not named to each other") {
  ScriptWorld world(config());
  world.talk(Protocol::kSmtp, message_to("ann@example.test bob@example.test"));
  CHECK_FALSE(contains(messages_of(world, "ann@example.test").at(0), "for <"));
  CHECK_FALSE(contains(messages_of(world, "ann@example.test").at(0), "bob@"));
}

TEST_CASE("A message that has passed too many servers is refused at the limit and not below") {
  ServiceOptions options;
  options.hops = 3;
  struct Row {
    int received;
    bool accepted;
  };
  for (const Row& row : {Row{2, true}, Row{3, true}, Row{4, false}}) {
    ScriptWorld world(config(), options);
    std::string script = "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\n";
    for (int i = 0; i < row.received; ++i) script += "Received: from a by b; now\r\n";
    script += "\r\nx\r\n.\r\nQUIT\r\n";
    const std::string replies = world.talk(Protocol::kSmtp, script);
    CHECK(contains(replies, "queued as") == row.accepted);
    CHECK(contains(replies, "554 5.4.6 Error: too many hops") == !row.accepted);
  }
}

TEST_CASE("Messages under way share a budget of memory; beyond it the answer is 452") {
  ServiceOptions options;
  options.message_memory = 20;
  struct Row {
    std::size_t body;
    bool accepted;
  };
  // "Subject: x" CRLF CRLF takes 14 octets.
  for (const Row& row : {Row{5, true}, Row{6, true}, Row{7, false}}) {
    ScriptWorld world(config(), options);
    const std::string body = std::string(row.body - 2, 'x') + "\r\n";
    const std::string replies = world.talk(Protocol::kSmtp, message_to("ann@example.test", body));
    CHECK(contains(replies, "queued as") == row.accepted);
    CHECK(contains(replies, "452 4.3.1 Insufficient system storage") == !row.accepted);
    // What was taken was given back: the next small one fits.
    CHECK(contains(world.talk(Protocol::kSmtp, message_to("ann@example.test", "x\r\n")),
                   "queued as"));
  }
}

// SASL PLAIN: base64 of authzid NUL authcid NUL password.
constexpr std::string_view kAnn = "AUTH PLAIN AGFubkBleGFtcGxlLnRlc3QAc2VjcmV0\r\n";
constexpr std::string_view kAnnWrong = "AUTH PLAIN AGFubkBleGFtcGxlLnRlc3QAd3Jvbmc=\r\n";
constexpr std::string_view kAnnAsBob =
    "AUTH PLAIN Ym9iQGV4YW1wbGUudGVzdABhbm5AZXhhbXBsZS50ZXN0AHNlY3JldA==\r\n";

TEST_CASE("Submission asks for TLS, then for a login, then delivers") {
  ScriptWorld world(config());
  const std::string before = world.talk(Protocol::kSubmission, message_to("bob@example.test"));
  CHECK(contains(before, "530 5.7.0 Must issue a STARTTLS command first"));
  CHECK_FALSE(contains(before, "queued as"));

  const std::string anonymous = world.talk(Protocol::kSubmissions, message_to("bob@example.test"));
  CHECK(contains(anonymous, "530 5.7.0 Authentication required"));
  CHECK_FALSE(contains(anonymous, "queued as"));

  const std::string script = cat("EHLO c\r\n", kAnn, message_to("bob@example.test"));
  const std::string replies = world.talk(Protocol::kSubmissions, script);
  CHECK(contains(replies, "235 2.7.0 Authentication successful"));
  CHECK(contains(replies, "queued as"));
  CHECK(contains(messages_of(world, "bob@example.test").at(0), " with ESMTPSA id "));
}

TEST_CASE("An authenticated user's mail to the world is refused for now") {
  ScriptWorld world(config());
  for (const std::string_view to : {"someone@elsewhere.test", "away@example.test"}) {
    const std::string replies =
        world.talk(Protocol::kSubmissions, cat("EHLO c\r\n", kAnn, message_to(to)));
    CHECK(contains(replies, "451 4.3.0 Outgoing mail is not available"));
    CHECK_FALSE(contains(replies, "queued as"));
  }
}

TEST_CASE("A wrong password, and acting for another user, are refused after a pause") {
  for (const std::string_view auth : {kAnnWrong, kAnnAsBob}) {
    ScriptWorld world(config());
    const TimePoint before = world.clock.now();
    const std::string replies =
        world.talk(Protocol::kSubmissions, cat("EHLO c\r\n", auth, message_to("bob@example.test")));
    CHECK(contains(replies, "535 5.7.8 Error: authentication failed"));
    CHECK_FALSE(contains(replies, "queued as"));
    // The second says nothing about any password.
    if (auth == kAnnWrong) CHECK(world.clock.now() - before >= seconds(2));
  }
}

TEST_CASE("Port 25 never offers AUTH") {
  ScriptWorld world(config());
  const std::string replies = world.talk(Protocol::kSmtp, cat("EHLO c\r\n", kAnn, "QUIT\r\n"));
  CHECK_FALSE(contains(replies, "AUTH"));
  CHECK_FALSE(contains(replies, "235"));
}

TEST_CASE("A connection that ends inside DATA leaves nothing") {
  ScriptWorld world(config());
  std::string script = message_to("ann@example.test");
  script.resize(script.find("\r\n.\r\n") + 4);  // the dot, but not its line end
  world.talk(Protocol::kSmtp, script);
  CHECK(world.ended);
  CHECK(messages_of(world, "ann@example.test").empty());
}

TEST_CASE("Who neither logs in nor brings mail for somebody here is cut off in time") {
  const auto replies = [](std::string_view behind_ehlo) {
    ServiceOptions options;
    options.proof_timeout = minutes(1);
    ScriptWorld world(config(), options);
    const TimePoint start = world.clock.now();
    auto output = world.talk(Protocol::kSmtp, cat("EHLO client.example\r\n", behind_ehlo), 4096,
                             test::Ending::kStays);
    CHECK(world.ended);
    const bool is_cut_off = contains(output, "no login and no message in time");
    CHECK((world.clock.now() - start < minutes(2)) == is_cut_off);
    return output;
  };
  CHECK(contains(replies(""), "no login and no message in time"));
  CHECK(contains(replies("MAIL FROM:<eve@elsewhere.test>\r\nRCPT TO:<x@example.test>\r\n"),
                 "no login and no message in time"));
  // Somebody here gets mail: only the engine's own timeout is left.
  CHECK(contains(replies("MAIL FROM:<eve@elsewhere.test>\r\nRCPT TO:<ann@example.test>\r\n"),
                 "421 4.4.2"));
}

}  // namespace
}  // namespace mail::server
