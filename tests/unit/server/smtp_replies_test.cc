#include "server/smtp_replies.h"

#include <catch2/catch.hpp>

#include "mail/store/usage.h"

namespace mail::server {
namespace {

using directory::Recipient;
using directory::RecipientKind;
using directory::Resolution;
using directory::Verdict;

Resolution resolution(Verdict verdict, std::vector<RecipientKind> kinds = {},
                      std::vector<std::string> undeliverable = {}) {
  Resolution result;
  result.verdict = verdict;
  for (RecipientKind kind : kinds) result.recipients.push_back({"x@example.test", kind, ""});
  result.undeliverable = std::move(undeliverable);
  return result;
}

TEST_CASE("Every verdict of the directory has its reply") {
  const Resolution mailbox = resolution(Verdict::kDeliverable, {RecipientKind::kMailbox});
  const Resolution discard = resolution(Verdict::kDeliverable, {RecipientKind::kDiscard});
  const Resolution mixed =
      resolution(Verdict::kDeliverable, {RecipientKind::kMailbox, RecipientKind::kRemote});
  const Resolution broken =
      resolution(Verdict::kDeliverable, {RecipientKind::kMailbox}, {"gone@example.test"});
  struct Row {
    Resolution resolution;
    Sender sender;
    std::string wire;
  };
  const Row rows[] = {
      {mailbox, Sender::kAnyone, "250 2.1.5 Ok\r\n"},
      {discard, Sender::kAnyone, "250 2.1.5 Ok\r\n"},
      {mixed, Sender::kAnyone, "451 4.3.0 Outgoing mail is not available\r\n"},
      {mixed, Sender::kAuthenticated, "451 4.3.0 Outgoing mail is not available\r\n"},
      {broken, Sender::kAnyone,
       "451 4.3.0 <a@example.test>: Alias has a target that does not exist\r\n"},
      {resolution(Verdict::kUnknownUser), Sender::kAnyone,
       "550 5.1.1 <a@example.test>: Recipient address rejected: User unknown in virtual mailbox "
       "table\r\n"},
      {resolution(Verdict::kRelayDenied), Sender::kAnyone,
       "554 5.7.1 <a@example.test>: Relay access denied\r\n"},
      {resolution(Verdict::kRelayDenied, {RecipientKind::kRemote}), Sender::kAuthenticated,
       "451 4.3.0 Outgoing mail is not available\r\n"},
      {resolution(Verdict::kLookupFailure), Sender::kAnyone,
       "451 4.3.0 <a@example.test>: Temporary lookup failure\r\n"},
      {resolution(Verdict::kExpansionError), Sender::kAnyone,
       "451 4.6.0 Alias expansion error\r\n"},
  };
  for (const Row& row : rows) {
    std::string wire;
    smtp::append_wire(wire, reply_to_recipient(row.resolution, "a@example.test", row.sender));
    CHECK(wire == row.wire);
  }
}

TEST_CASE("A login that cannot be judged is a temporary failure, a wrong one is not") {
  using directory::LoginVerdict;
  CHECK(reply_to_login(LoginVerdict::kAccepted).code == 235);
  CHECK(reply_to_login(LoginVerdict::kRefused).code == 535);
  CHECK(reply_to_login(LoginVerdict::kRefused).enhanced == "5.7.8");
  CHECK(reply_to_login(LoginVerdict::kUnavailable).code == 454);
}

TEST_CASE(
    "A full mailbox is refused for good, at RCPT and at the end, whatever else fails for now") {
  const Status full = store::over_quota("ann@example.test");
  std::string wire;
  smtp::append_wire(wire, reply_to_missing_room(full));
  smtp::append_wire(wire, reply_to_failed_delivery(full));
  smtp::append_wire(wire, reply_to_missing_room(exhausted("/var/mail/x")));
  CHECK(wire ==
        "554 5.2.2 Quota exceeded (mailbox for user is full)\r\n"
        "552 5.2.2 Quota exceeded (mailbox for user is full)\r\n"
        "451 4.3.0 Temporary lookup failure\r\n");
}

TEST_CASE("A delivery that failed for another reason than a quota is always temporary") {
  for (int code = 1; code <= 16; ++code) {
    const Status status(static_cast<absl::StatusCode>(code), "disk");
    const smtp::Reply reply = reply_to_failed_delivery(status);
    CHECK(reply.code >= 400);
    CHECK(reply.code < 500);
    CHECK(reply.text.find("disk") == std::string::npos);  // the peer learns nothing of our paths
  }
  CHECK(reply_to_failed_delivery(exhausted("full")).code == 452);
}

}  // namespace
}  // namespace mail::server
