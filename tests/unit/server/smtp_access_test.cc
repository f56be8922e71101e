#include "server/smtp_access.h"

#include <catch2/catch.hpp>

#include "unit/server/script_world.h"

namespace mail::server {
namespace {

using test::ScriptWorld;

directory::Snapshot::Texts config() {
  directory::Snapshot::Texts texts;
  texts.accounts = "ann@example.test|{PLAIN}secret\nbob@example.test|{PLAIN}hidden\n";
  texts.send_access =
      "evil@elsewhere.test \t\t REJECT\nslow.test DEFER_IF_PERMIT Later\n<> DUNNO\n"
      "forget@elsewhere.test DISCARD\n";
  texts.receive_access =
      "bob@example.test \t\t REJECT\nann+old@example.test 550 5.1.6 Moved\n"
      "gone@example.test DEFER_IF_REJECT Perhaps\nhole@example.test DISCARD\n"
      "someone@elsewhere.test OK\n";
  return texts;
}

TEST_CASE("The access files answer before everything else") {
  struct Row {
    std::string_view from, to, reply;
  };
  const Row rows[] = {
      {"eve@elsewhere.test", "ann@example.test", "250 2.1.5 Ok"},
      {"", "ann@example.test", "250 2.1.5 Ok"},
      {"Evil@elsewhere.test", "ann@example.test",
       "554 5.7.1 <Evil@elsewhere.test>: Sender address rejected: Access denied"},
      {"x@sub.slow.test", "ann@example.test",
       "450 4.7.1 <x@sub.slow.test>: Sender address rejected: Later"},
      {"x@sub.slow.test", "nobody@example.test", "550 5.1.1 <nobody@example.test>"},
      {"eve@elsewhere.test", "bob@example.test",
       "554 5.7.1 <bob@example.test>: Recipient address rejected: Access denied"},
      {"eve@elsewhere.test", "bob+x@example.test", "554 5.7.1 <bob+x@example.test>"},
      {"eve@elsewhere.test", "ann+old@example.test",
       "550 5.1.6 <ann+old@example.test>: Recipient address rejected: Moved"},
      {"eve@elsewhere.test", "gone@example.test",
       "450 4.7.1 <gone@example.test>: Recipient address rejected: Perhaps"},
      // OK never opens a relay.
      {"eve@elsewhere.test", "someone@elsewhere.test", "554 5.7.1 <someone@elsewhere.test>: Relay"},
      {"eve@elsewhere.test", "hole@example.test", "250 2.1.5 Ok"},
      {"forget@elsewhere.test", "ann@example.test", "250 2.1.5 Ok"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.from, row.to);
    ScriptWorld world(config());
    const std::string script =
        cat("EHLO c.example\r\nMAIL FROM:<", row.from, ">\r\nRCPT TO:<", row.to, ">\r\nQUIT\r\n");
    const std::string replies = world.talk(Protocol::kSmtp, script, 4096);
    CAPTURE(replies);
    CHECK(replies.find(cat("\r\n", row.reply)) != std::string::npos);
  }
}

TEST_CASE("A discarded message is accepted and reaches nobody") {
  for (const std::string_view to : {"ann@example.test", "hole@example.test"}) {
    ScriptWorld world(config());
    const std::string_view from =
        to.starts_with("ann") ? "forget@elsewhere.test" : "eve@elsewhere.test";
    const std::string replies = world.talk(
        Protocol::kSmtp,
        cat("EHLO c.example\r\nMAIL FROM:<", from, ">\r\nRCPT TO:<", to,
            ">\r\nRCPT TO:<ann@example.test>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n"),
        4096);
    CHECK(replies.find("250 2.0.0 Ok: queued as ") != std::string::npos);
    const auto account = world.store->account({"ann@example.test", {}});
    REQUIRE(account.ok());
    const auto inbox = (*account)->open("INBOX");
    REQUIRE(inbox.ok());
    CHECK((*inbox)->snapshot().messages.empty());
  }
}

}  // namespace
}  // namespace mail::server
