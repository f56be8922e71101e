// Matching mailbox names against LIST and LSUB patterns (RFC 3501 §6.3.8).
#pragma once

#include <string_view>

namespace mail::imap {

/// True when the whole `name` matches: "*" is any text, "%" any text without `separator`. INBOX,
/// and INBOX as the first level of a name, match in any case. Both are UTF-8. Linear space, at most
/// pattern × name steps whatever the pattern (attack C7).
bool matches(std::string_view pattern, std::string_view name, char separator);

}  // namespace mail::imap
