// What the world's answers are called on the wire: one place for every mapping to an SMTP reply.
#pragma once

#include <string_view>

#include "mail/base/status.h"
#include "mail/directory/authenticate.h"
#include "mail/directory/resolution.h"
#include "mail/smtp/reply.h"

namespace mail::server {

/// Who asks for a recipient: anybody, or a user of ours.
enum class Sender { kAnyone, kAuthenticated };

/// The reply to RCPT; positive when every recipient that `resolution` names can be reached. Nothing
/// is accepted that cannot be delivered: there is no queue, so an address that leads to another
/// server is refused whole, for now when it is ours (an alias) or the sender is.
smtp::Reply reply_to_recipient(const directory::Resolution& resolution, std::string_view address,
                               Sender sender);

/// The reply to RCPT in LMTP, in Dovecot's words.
smtp::Reply reply_to_mailbox(bool exists, bool accounts_available, std::string_view address);

smtp::Reply reply_to_login(directory::LoginVerdict verdict);

/// The reply to RCPT for an address that leads to a mailbox that is full, or will be with what the
/// sender announced; or of which nobody can tell just now.
smtp::Reply reply_to_missing_room(const Status& status);

/// A delivery that failed. Temporary, since the world's fault is no reason to lose a message; but a
/// mailbox that is full is its owner's.
smtp::Reply reply_to_failed_delivery(const Status& status);

}  // namespace mail::server
