// Reply texts are Postfix's where its users know them by heart, so that log watchers keep working.
//
// Tested by tests/unit/server/smtp_replies_test.cc.
#include "server/smtp_replies.h"

#include <algorithm>

#include "mail/store/usage.h"
#include "server/quota.h"

namespace mail::server {
namespace {

using directory::RecipientKind;
using directory::Verdict;

/// RFC 5321 §3.6.2: a relay that cannot take a message must say so. An authenticated user's mail to
/// the world, and an alias of ours that leads there, are refused for now only.
smtp::Reply no_outgoing_mail() { return {451, "4.3.0", "Outgoing mail is not available"}; }

}  // namespace

smtp::Reply reply_to_recipient(const directory::Resolution& resolution, std::string_view address,
                               Sender sender) {
  const auto with_address = [&](int code, std::string_view enhanced, std::string_view text) {
    return smtp::Reply{code, std::string(enhanced), cat("<", address, ">: ", text)};
  };
  switch (resolution.verdict) {
    case Verdict::kDeliverable: {
      const bool leads_away = std::any_of(
          resolution.recipients.begin(), resolution.recipients.end(),
          [](const directory::Recipient& r) { return r.kind == RecipientKind::kRemote; });
      if (leads_away) return no_outgoing_mail();
      if (!resolution.undeliverable.empty()) {
        return with_address(451, "4.3.0", "Alias has a target that does not exist");
      }
      return {250, "2.1.5", "Ok"};
    }
    case Verdict::kUnknownUser:
      return with_address(550, "5.1.1",
                          "Recipient address rejected: User unknown in virtual mailbox table");
    case Verdict::kRelayDenied:
      if (sender == Sender::kAuthenticated) return no_outgoing_mail();
      return with_address(554, "5.7.1", "Relay access denied");
    case Verdict::kLookupFailure: return with_address(451, "4.3.0", "Temporary lookup failure");
    case Verdict::kExpansionError: return {451, "4.6.0", "Alias expansion error"};
  }
  return {451, "4.3.0", "Temporary lookup failure"};
}

smtp::Reply reply_to_mailbox(bool exists, bool accounts_available, std::string_view address) {
  if (exists) return {250, "2.1.5", "OK"};
  if (!accounts_available) {
    return {451, "4.3.0", cat("<", address, "> Temporary internal error")};
  }
  return {550, "5.1.1", cat("<", address, "> User doesn't exist: ", address)};
}

smtp::Reply reply_to_login(directory::LoginVerdict verdict) {
  switch (verdict) {
    case directory::LoginVerdict::kAccepted: return {235, "2.7.0", "Authentication successful"};
    case directory::LoginVerdict::kRefused:
      return {535, "5.7.8", "Error: authentication failed: wrong login or password"};
    case directory::LoginVerdict::kUnavailable: break;
  }
  return {454, "4.7.0", "Temporary authentication failure"};
}

smtp::Reply reply_to_missing_room(const Status& status) {
  if (store::is_over_quota(status)) return {554, "5.2.2", std::string(kQuotaExceeded)};
  return {451, "4.3.0", "Temporary lookup failure"};
}

smtp::Reply reply_to_failed_delivery(const Status& status) {
  if (store::is_over_quota(status)) return {552, "5.2.2", std::string(kQuotaExceeded)};
  if (status.code() == absl::StatusCode::kResourceExhausted) {
    return {452, "4.3.1", "Insufficient system storage"};
  }
  return {451, "4.3.0", "Error: the message could not be stored"};
}

}  // namespace mail::server
