// docker-mailserver asks these two files before everything else, of authenticated users too.
//
// Postfix would say both refusals at RCPT (smtpd_delay_reject); a sender is refused at MAIL here:
// the same reply, one command earlier.
//
// Tested by tests/unit/server/smtp_access_test.cc.
#include "server/smtp_access.h"

#include "mail/base/absl.h"

namespace mail::server {
namespace {

using directory::AccessAction;
using directory::AccessRule;

/// Postfix: `<%s>: %s rejected: %s`.
smtp::Reply reply_of(const AccessRule& rule, std::string_view party, std::string_view address) {
  return {rule.code, rule.enhanced,
          cat("<", address, ">: ", party, " address rejected: ", rule.text)};
}

}  // namespace

std::optional<smtp::Reply> refusal_by(const AccessRule* rule, std::string_view party,
                                      std::string_view address) {
  if (rule == nullptr) return std::nullopt;
  switch (rule->action) {
    case AccessAction::kReject:
    case AccessAction::kDefer: return reply_of(*rule, party, address);
    case AccessAction::kDunno:
    case AccessAction::kPermit:
    case AccessAction::kDeferIfPermit:
    case AccessAction::kDeferIfReject:
    case AccessAction::kDiscard: break;
  }
  return std::nullopt;
}

smtp::Reply deferred_by(const AccessRule* rule, std::string_view party, std::string_view address,
                        smtp::Reply reply) {
  if (rule == nullptr) return reply;
  const bool defers = (rule->action == AccessAction::kDeferIfPermit && reply.is_positive()) ||
                      (rule->action == AccessAction::kDeferIfReject && reply.code / 100 == 5);
  return defers ? reply_of(*rule, party, address) : reply;
}

}  // namespace mail::server
