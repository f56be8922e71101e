// What postfix-send-access.cf and postfix-receive-access.cf mean for a transaction.
#pragma once

#include <optional>
#include <string_view>

#include "mail/directory/access.h"
#include "mail/smtp/reply.h"

namespace mail::server {

/// The refusal of `rule` (none: nothing is said about `address`); nullopt: go on. `party` is
/// "Sender" or "Recipient".
std::optional<smtp::Reply> refusal_by(const directory::AccessRule* rule, std::string_view party,
                                      std::string_view address);

/// The reply that a recipient would get without the file, as DEFER_IF_PERMIT and DEFER_IF_REJECT
/// leave it.
smtp::Reply deferred_by(const directory::AccessRule* rule, std::string_view party,
                        std::string_view address, smtp::Reply reply);

inline bool discards(const directory::AccessRule* rule) {
  return rule != nullptr && rule->action == directory::AccessAction::kDiscard;
}

}  // namespace mail::server
