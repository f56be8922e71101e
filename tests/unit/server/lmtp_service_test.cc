// LMTP as a service, and what SMTP's own test leaves out: XCLIENT, the header of a submission,
// BINARYMIME.
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
  texts.virtual_aliases = "hello@example.test ann@example.test\n@example.test bob@example.test\n";
  return texts;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::vector<std::string> messages_of(store::Store& store, const std::string& address) {
  const auto account = store.account({address, {}});
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

constexpr std::string_view kTwo =
    "LHLO mta.example\r\nMAIL FROM:<eve@elsewhere.test>\r\nRCPT TO:<Ann+news@example.test>\r\n"
    "RCPT TO:<gone@example.test>\r\nRCPT TO:<hello@example.test>\r\nRCPT TO:<bob@example.test>\r\n"
    "RCPT TO:<someone@elsewhere.test>\r\nDATA\r\nReturn-Path: <old@x>\r\nSubject: x\r\n\r\nHi.\r\n"
    ".\r\nQUIT\r\n";

TEST_CASE("LMTP delivers to mailboxes alone and answers for each recipient") {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{4096}}) {
    ScriptWorld world(config());
    const std::string replies = world.talk(Protocol::kLmtp, std::string(kTwo), cut);
    CHECK(world.ended);
    CHECK(replies.starts_with("220 mail.example.test LMTP\r\n250-mail.example.test\r\n"));
    CHECK(contains(replies,
                   "\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n"
                   "550 5.1.1 <gone@example.test> User doesn't exist: gone@example.test\r\n"
                   "550 5.1.1 <hello@example.test> User doesn't exist: hello@example.test\r\n"
                   "250 2.1.5 Ok\r\n"
                   "550 5.1.1 <someone@elsewhere.test> User doesn't exist: "
                   "someone@elsewhere.test\r\n354 "));
    CHECK(contains(replies, "\r\n250 2.0.0 <Ann+news@example.test> "));
    CHECK(contains(replies, " Saved\r\n250 2.0.0 <bob@example.test> "));
    CHECK(contains(replies, " Saved\r\n221 2.0.0 Bye\r\n"));
    const auto messages = messages_of(*world.store, "ann@example.test");
    REQUIRE(messages.size() == 1);
    CHECK(messages[0].starts_with(
        "Return-Path: <eve@elsewhere.test>\r\nDelivered-To: Ann+news@example.test\r\n"
        "Received: from mta.example ([192.0.2.7])\r\n\tby mail.example.test (libmail) with LMTP "
        "id "));
    CHECK(messages[0].ends_with("\r\nSubject: x\r\n\r\nHi.\r\n"));
    CHECK_FALSE(contains(messages[0], "old@x"));
    CHECK(messages_of(*world.store, "bob@example.test").size() == 1);
  }
}

TEST_CASE("DELIVERED_TO=0 leaves the same bytes for every recipient") {
  ServiceOptions options;
  options.delivered_to = false;
  ScriptWorld world(config(), options);
  world.talk(Protocol::kLmtp, std::string(kTwo));
  const auto ann = messages_of(*world.store, "ann@example.test");
  CHECK(ann.size() == 1);
  CHECK(ann == messages_of(*world.store, "bob@example.test"));
  CHECK_FALSE(contains(ann.at(0), "Delivered-To"));
}

/// A store in which one mailbox is full.
class FullStore : public store::Store {
 public:
  FullStore(store::Store& store, std::string full) : store_(store), full_(std::move(full)) {}
  StatusOr<std::shared_ptr<store::Account>> account(const store::AccountPlace& place) override {
    return store_.account(place);
  }
  Status deliver(std::span<const store::Target> targets, std::span<const std::string_view> pieces,
                 WallTime received) override {
    for (const auto& target : targets) {
      if (target.account.address == full_) return exhausted(full_, " is full");
    }
    return store_.deliver(targets, pieces, received);
  }
  StatusOr<store::Usage> usage(const store::AccountPlace& place) override {
    return store_.usage(place);
  }

 private:
  store::Store& store_;
  std::string full_;
};

TEST_CASE("In LMTP one mailbox that fails does not keep the message from the others") {
  ScriptWorld world(config());
  FullStore full(*world.store, "bob@example.test");
  World with_full{world.clock, world.random, world.worker, world.logger,
                  *world.bus,  full,         world.current};
  std::string replies;
  auto transport =
      std::make_unique<test::ScriptTransport>(world.clock, std::string(kTwo), 4096, replies);
  Task<void> task = serve(with_full, world.shared, Protocol::kLmtp, std::move(transport));
  task.start();
  CHECK(task.done());
  CHECK(contains(replies, "\r\n250 2.0.0 <Ann+news@example.test> "));
  CHECK(contains(replies, "\r\n452 4.3.1 <bob@example.test> Insufficient system storage\r\n"));
  CHECK(messages_of(*world.store, "ann@example.test").size() == 1);
  CHECK(messages_of(*world.store, "bob@example.test").empty());
}

TEST_CASE("A message that loops is refused in LMTP for each recipient (A12)") {
  ServiceOptions options;
  options.hops = 1;
  ScriptWorld world(config(), options);
  const std::string replies =
      world.talk(Protocol::kLmtp,
                 "LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.test>\r\nRCPT "
                 "TO:<bob@example.test>\r\nDATA\r\n"
                 "Received: a\r\nReceived: b\r\n\r\n.\r\nQUIT\r\n");
  CHECK(contains(replies,
                 "\r\n554 5.4.6 Error: too many hops\r\n554 5.4.6 Error: too many hops\r\n221 "));
}

TEST_CASE("LMTP has no AUTH, and a STARTTLS of its own") {
  ScriptWorld world(config());
  const std::string replies = world.talk(Protocol::kLmtp, "LHLO c\r\nQUIT\r\n");
  CHECK(contains(replies, "250-STARTTLS\r\n"));
  CHECK_FALSE(contains(replies, "AUTH"));
}

constexpr std::string_view kXclient =
    "EHLO proxy.example\r\nXCLIENT NAME=spike.example ADDR=203.0.113.9 PORT=5 HELO=spike.helo\r\n"
    "EHLO spike.helo\r\nMAIL FROM:<>\r\nRCPT "
    "TO:<ann@example.test>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n";

TEST_CASE("XCLIENT is believed from the configured networks and from nowhere else (A15)") {
  struct Row {
    std::string_view networks;
    bool is_believed;
  };
  for (const auto& [networks, is_believed] :
       {Row{"", false}, Row{"192.0.2.0/29", true}, Row{"192.0.2.8/29, 203.0.113.9", false}}) {
    CAPTURE(networks);
    ServiceOptions options;
    options.xclient_networks = *parse_ip_networks(networks);
    ScriptWorld world(config(), options);
    const std::string replies = world.talk(Protocol::kSmtp, std::string(kXclient));
    CHECK(contains(replies, "250-XCLIENT NAME ADDR") == is_believed);
    CHECK(contains(replies, "550 5.7.0 Error: insufficient authorization") != is_believed);
    const auto messages = messages_of(*world.store, "ann@example.test");
    REQUIRE(messages.size() == 1);
    CHECK(contains(messages[0], "Received: from spike.helo (spike.example [203.0.113.9])\r\n") ==
          is_believed);
    CHECK(contains(messages[0], "Received: from spike.helo ([192.0.2.7])\r\n") != is_believed);
  }
}

constexpr std::string_view kAnn = "AUTH PLAIN AGFubkBleGFtcGxlLnRlc3QAc2VjcmV0\r\n";

TEST_CASE("A submitted message gets what it lacks and loses what tells of its sender") {
  ScriptWorld world(config());
  const std::string replies = world.talk(
      Protocol::kSubmissions, cat("EHLO secret.lan\r\n", kAnn,
                                  "MAIL FROM:<ann@example.test>\r\nRCPT TO:<bob@example.test>\r\n"
                                  "DATA\r\nFrom: ann@example.test\r\nUser-Agent: X\r\nBcc: "
                                  "eve@x\r\n\r\nHi.\r\n.\r\nQUIT\r\n"));
  CHECK(contains(replies, "queued as"));
  const auto messages = messages_of(*world.store, "bob@example.test");
  REQUIRE(messages.size() == 1);
  const std::string& message = messages[0];
  CHECK(contains(message, "\r\nReceived: by mail.example.test (libmail) with ESMTPSA id "));
  CHECK(contains(message, "\r\nDate: "));
  CHECK(contains(message, "\r\nMessage-ID: <"));
  CHECK(contains(message, "@mail.example.test>\r\nFrom: ann@example.test\r\n\r\nHi.\r\n"));
  for (const std::string_view secret : {"secret.lan", "192.0.2.7", "User-Agent", "Bcc", "eve@x"}) {
    CHECK_FALSE(contains(message, secret));
  }
}

TEST_CASE("Extensions that are withheld are not offered") {
  ServiceOptions options;
  options.withheld_extensions = smtp::parse_extension_list("CHUNKING, STARTTLS");
  ScriptWorld world(config(), options);
  const std::string replies = world.talk(Protocol::kSmtp, "EHLO c\r\nQUIT\r\n");
  CHECK_FALSE(contains(replies, "CHUNKING"));
  CHECK_FALSE(contains(replies, "STARTTLS"));
  CHECK(contains(replies, "SMTPUTF8"));
}

TEST_CASE("A binary message is stored byte for byte") {
  ScriptWorld world(config());
  constexpr char kOctets[] = "Content-Transfer-Encoding: binary\r\n\r\na\nb\r\r\n\0\xff.\r\n.\n";
  const std::string body(kOctets, sizeof kOctets - 1);
  world.talk(Protocol::kSmtp,
             cat("EHLO c\r\nMAIL FROM:<> BODY=BINARYMIME\r\nRCPT TO:<ann@example.test>\r\nBDAT ",
                 body.size() - 5, "\r\n", body.substr(0, body.size() - 5), "BDAT 5 LAST\r\n",
                 body.substr(body.size() - 5), "QUIT\r\n"));
  const auto messages = messages_of(*world.store, "ann@example.test");
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].ends_with(body));
}

}  // namespace
}  // namespace mail::server
