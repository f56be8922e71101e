// Commands as a client would write them: the inverse of the parsers.
#pragma once

#include <string>

#include "imap/grammar.h"

namespace mail::imap {

/// Without tag and final CRLF; literals are non-synchronising. Of an Append all that stands before
/// the message's literal. Parsing what was printed gives the same command, and prints the same.
std::string print(const Command& command);

}  // namespace mail::imap
