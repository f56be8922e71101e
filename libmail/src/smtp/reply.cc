// Replies on the wire. Whatever the text, the result is one well-formed reply: each line begins
// with the code, ends with CRLF and is no longer than the standard allows, and only the last has a
// space behind its code.
//
// Tested by tests/unit/smtp/reply_test.cc.
#include "mail/smtp/reply.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "smtp/reply_wire.h"

namespace mail::smtp {

// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
// textstring = 1*(%d09 / %d32-126)                                          RFC 5321 §4.2
// The enhanced code stands in every line (RFC 2034 §4).
void append_reply(std::string& to, int code, std::string_view enhanced, std::string_view text) {
  const std::size_t prefix = 4 + (enhanced.empty() ? 0 : enhanced.size() + 1);
  const std::size_t room = kReplyLine - 2 - std::min(prefix, kReplyLine / 2);
  for (;;) {
    const auto line = text.substr(0, std::min(text.find('\n'), room));
    text.remove_prefix(line.size());
    if (text.starts_with('\n')) text.remove_prefix(1);
    const bool is_last = text.empty();
    append(to, code, is_last ? ' ' : '-', enhanced, enhanced.empty() ? "" : " ");
    for (const char c : line) to += ascii::is_printable(c) || c == '\t' ? c : '?';
    to += "\r\n";
    if (is_last) return;
  }
}

void append_wire(std::string& to, const Reply& reply) {
  append_reply(to, reply.code, reply.enhanced, reply.text);
}

}  // namespace mail::smtp
