// Modified UTF-7: mailbox names of IMAP4rev1 (RFC 3501 §5.1.3) and of Maildir folders on disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mail::text {

/// The UTF-8 name. Strict: only the one form that `to_modified_utf7` writes is accepted, so that a
/// mailbox has one name. Fails: nullopt.
std::optional<std::string> from_modified_utf7(std::string_view name);

/// Fails: nullopt when `utf8` is not valid UTF-8.
std::optional<std::string> to_modified_utf7(std::string_view utf8);

}  // namespace mail::text
