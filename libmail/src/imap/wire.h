// Writing the tokens of IMAP: what response and command printers share.
#pragma once

#include <string>
#include <string_view>

#include "mail/imap/command.h"

namespace mail::imap {

enum class LiteralForm { kSync, kNonSync };  // "{5}" in responses, "{5+}" in commands

/// atom where it can be one, else quoted, else a literal.
void append_astring(std::string& to, std::string_view text, LiteralForm form);
/// quoted, or a literal for what cannot be quoted (8-bit, CR, LF, very long text).
void append_string(std::string& to, std::string_view text, LiteralForm form);
/// UTF-8 to modified UTF-7, as an astring. Octets that are not UTF-8 become U+FFFD.
void append_mailbox(std::string& to, std::string_view utf8, LiteralForm form);
/// "(\Seen kw)"
void append_flags(std::string& to, const FlagList& flags);
void append_system_flags(std::string& to, std::uint8_t system);
void append_set(std::string& to, const SequenceSet& set);
/// Text for people: a line of printable ASCII that cannot be taken for a response code.
std::string human_text(std::string_view text, std::string_view if_empty);
/// A response code: printable ASCII without "]".
std::string response_code(std::string_view code);

}  // namespace mail::imap
