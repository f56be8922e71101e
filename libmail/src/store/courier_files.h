// What Courier left beside the messages: UIDs, POP3 unique-ids, subscriptions, keywords.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/keywords_file.h"
#include "store/uidlist.h"

namespace mail::store {

/// The list that `courierimapuiddb` and `courierpop3dsizelist` (which may be empty) amount to.
/// Without UIDVALIDITY when the first says none.
UidList adopt_courier(std::string_view uid_database, std::string_view pop3_list);

/// A folder's keywords: names for letters, and the letters (bit 0 is 'a') of messages by base name.
struct CourierKeywords {
  KeywordFile names;
  std::map<std::string, std::uint32_t, std::less<>> letters;
};

/// `list` is courierimapkeywords/:list; `updates` are the other files there, text by name. Keywords
/// beyond the letters are left out.
CourierKeywords parse_courier_keywords(std::string_view list,
                                       const std::map<std::string, std::string>& updates);

/// Folder names of `courierimapsubscribed`, where all begin with INBOX.
std::vector<std::string> parse_courier_subscriptions(std::string_view text);

}  // namespace mail::store
