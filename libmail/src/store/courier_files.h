// What Courier left beside the messages: UIDs, POP3 unique-ids, subscriptions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/uidlist.h"

namespace mail::store {

/// The list that `courierimapuiddb` and `courierpop3dsizelist` (which may be empty) amount to.
/// Without UIDVALIDITY when the first says none.
UidList adopt_courier(std::string_view uid_database, std::string_view pop3_list);

/// Folder names of `courierimapsubscribed`, where all begin with INBOX.
std::vector<std::string> parse_courier_subscriptions(std::string_view text);

}  // namespace mail::store
