// The idea: whatever reaches these functions (a folder somebody made by hand, an error text with a
// file name in it) leaves as well-formed IMAP; nothing can put a line of its own into a response.
//
// Tested by tests/unit/imap/wire_test.cc.
#include "imap/wire.h"

#include <algorithm>
#include <array>

#include "imap/reader.h"
#include "mail/base/ascii.h"
#include "mail/base/status.h"
#include "mail/text/utf7.h"
#include "mail/text/utf8.h"

namespace mail::imap {
namespace {

constexpr std::size_t kLongestQuoted = 1024;  // RFC 2683 §3.2.1.5: lines must not grow endless

}  // namespace

void append_string(std::string& to, std::string_view text, LiteralForm form) {
  const bool is_quotable =
      text.size() <= kLongestQuoted && std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x80 && c != '\r' && c != '\n' && c != '\0';
      });
  if (!is_quotable) {
    append(to, "{", text.size(), form == LiteralForm::kNonSync ? "+}\r\n" : "}\r\n", text);
    return;
  }
  to += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') to += '\\';
    to += c;
  }
  to += '"';
}

void append_astring(std::string& to, std::string_view text, LiteralForm form) {
  // "NIL" as an atom would be read as nil where a client expects nstring.
  const bool is_atom = !text.empty() && text.size() <= kLongestQuoted &&
                       std::all_of(text.begin(), text.end(), is_atom_char) &&
                       !ascii::equal_ignoring_case(text, "NIL");
  if (is_atom) {
    to += text;
  } else {
    append_string(to, text, form);
  }
}

void append_mailbox(std::string& to, std::string_view utf8, LiteralForm form) {
  auto wire = text::to_modified_utf7(utf8);
  if (!wire) wire = text::to_modified_utf7(text::sanitize_utf8(utf8));
  append_astring(to, wire.value_or(""), form);
}

void append_system_flags(std::string& to, std::uint8_t system) {
  constexpr std::array<std::string_view, 5> kNames = {"\\Answered", "\\Flagged", "\\Deleted",
                                                      "\\Seen", "\\Draft"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if ((system >> i & 1U) == 0) continue;
    if (!to.ends_with('(')) to += ' ';
    to += kNames[i];
  }
}

void append_flags(std::string& to, const FlagList& flags) {
  to += '(';
  append_system_flags(to, flags.system);
  for (const std::string& keyword : flags.keywords) {
    if (!to.ends_with('(')) to += ' ';
    to += keyword;
  }
  to += ')';
}

void append_set(std::string& to, const SequenceSet& set) {
  const auto number = [&](std::uint32_t n) {
    if (n == SequenceSet::kStar) {
      to += '*';
    } else {
      append(to, n);
    }
  };
  bool is_first = true;
  for (const SequenceSet::Range& range : set.ranges) {
    if (!is_first) to += ',';
    is_first = false;
    number(range.first);
    if (range.first == range.last) continue;
    to += ':';
    number(range.last);
  }
}

// text            = 1*TEXT-CHAR
// resp-text       = ["[" resp-text-code "]" SP] text
std::string human_text(std::string_view text, std::string_view if_empty) {
  std::string line(text.empty() ? if_empty : text);
  for (char& c : line) {
    if (ascii::is_control(c)) c = ' ';
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  if (line.starts_with('[')) line.front() = '(';
  return line;
}

std::string response_code(std::string_view code) {
  std::string clean(code);
  std::erase_if(clean, [](char c) { return !ascii::is_printable(c) || c == ']'; });
  return clean;
}

}  // namespace mail::imap
