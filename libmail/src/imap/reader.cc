// The idea: one class that knows tokens and nothing else. Its only state is a position in the frame
// and the literal that comes next; a literal is a token of its own and every other token ends where
// a line piece does, so no octet of a literal can ever be read as syntax.
//
// Strict but for two named tolerances (docs/imap.md): octets above 0x7F in quoted strings, which
// RFC 9051 §9 allows and clients send in passwords and searches, and the date forms of
// mail/message/date.h.
//
// Tested by tests/unit/imap/reader_test.cc, fuzz/imap_command.cc.
#include "imap/reader.h"

#include <algorithm>
#include <array>

#include "mail/base/ascii.h"
#include "mail/base/status.h"
#include "mail/text/utf7.h"

namespace mail::imap {

bool is_atom_char(char c) {
  return ascii::is_printable(c) && c != '(' && c != ')' && c != '{' && c != ' ' && c != '%' &&
         c != '*' && c != '"' && c != '\\' && c != ']';
}

std::string canonical_mailbox(std::string name, char separator) {
  constexpr std::string_view kInbox = "INBOX";
  if (ascii::starts_with_ignoring_case(name, kInbox) &&
      (name.size() == kInbox.size() || name[kInbox.size()] == separator)) {
    name.replace(0, kInbox.size(), kInbox);
  }
  return name;
}

std::nullopt_t Reader::bad(std::string_view text) {
  if (!has_failed_) refusal_ = {false, "", std::string(text)};
  has_failed_ = true;
  return std::nullopt;
}

std::nullopt_t Reader::no(std::string_view code, std::string_view text) {
  if (!has_failed_) refusal_ = {true, std::string(code), std::string(text)};
  has_failed_ = true;
  return std::nullopt;
}

bool Reader::skip(char c) {
  if (!is_at(c)) return false;
  ++position_;
  return true;
}

bool Reader::skip_word(std::string_view word) {
  if (!ascii::starts_with_ignoring_case(rest_of_piece(), word)) return false;
  position_ += word.size();
  return true;
}

bool Reader::expect(char c) {
  if (skip(c)) return true;
  const std::string_view where = is_at_end() ? " at the end of the command" : "";
  if (c == ' ') {
    bad(cat("Space expected", where));
  } else {
    bad(cat("\"", c, "\" expected", where));
  }
  return false;
}

template <class Predicate>
std::string_view Reader::take_while(Predicate predicate) {
  const std::string_view rest = rest_of_piece();
  std::size_t octets = 0;
  while (octets < rest.size() && predicate(rest[octets])) ++octets;
  position_ += octets;
  return rest.substr(0, octets);
}

// atom            = 1*ATOM-CHAR
std::optional<std::string_view> Reader::atom() {
  const std::string_view atom = take_while(is_atom_char);
  if (atom.empty()) return bad(is_at_end() ? "Argument missing" : "Atom expected");
  return atom;
}

std::string_view Reader::keyword() {
  return take_while([](char c) { return ascii::is_alnum(c) || c == '.'; });
}

// tag             = 1*<any ASTRING-CHAR except "+">
// ASTRING-CHAR    = ATOM-CHAR / resp-specials
std::optional<std::string_view> Reader::tag() {
  const std::string_view tag =
      take_while([](char c) { return (is_atom_char(c) || c == ']') && c != '+'; });
  if (tag.empty()) return bad("Tag expected");
  return tag;
}

// objectid        = 1*255(ALPHA / DIGIT / "_" / "-")                  RFC 8474 §7
std::optional<std::string_view> Reader::object_id() {
  constexpr std::size_t kLongest = 255;
  const std::string_view id =
      take_while([](char c) { return ascii::is_alnum(c) || c == '_' || c == '-'; });
  if (id.empty() || id.size() > kLongest) return bad("Object identifier expected");
  return id;
}

// quoted          = DQUOTE *QUOTED-CHAR DQUOTE
// QUOTED-CHAR     = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials
//                                             and UTF8-2 / UTF8-3 / UTF8-4 of RFC 9051 §9
std::optional<std::string> Reader::quoted() {
  if (!skip('"')) return bad("Quoted string expected");
  const std::string_view rest = rest_of_piece();
  std::string value;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    char c = rest[i];
    if (c == '"') {
      position_ += i + 1;
      return value;
    }
    if (c == '\\') {
      if (++i == rest.size()) break;
      c = rest[i];
      if (c != '"' && c != '\\') return bad("Only \\\" and \\\\ are escapes in a quoted string");
    } else if (c == '\0' || c == '\r' || c == '\n') {
      return bad("NUL, CR and LF cannot stand in a quoted string");
    }
    value += c;
  }
  return bad("Quoted string without an end");
}

// literal         = "{" number "}" CRLF *CHAR8
// CHAR8           = %x01-ff
std::optional<std::string> Reader::literal() {
  const Frame::Literal& literal = frame_.literals[next_literal_];
  std::string value = frame_.text.substr(literal.offset, literal.octets);
  if (value.find('\0') != std::string::npos) return bad("NUL cannot stand in a literal");
  position_ += literal.octets;
  ++next_literal_;
  return value;
}

// string          = quoted / literal
std::optional<std::string> Reader::string() {
  if (is_at_literal()) return literal();
  if (is_at('"')) return quoted();
  return bad("String expected");
}

// astring         = 1*ASTRING-CHAR / string
std::optional<std::string> Reader::astring() {
  if (is_at_literal() || is_at('"')) return string();
  const std::string_view atom = take_while([](char c) { return is_atom_char(c) || c == ']'; });
  if (atom.empty()) return bad(is_at_end() ? "Argument missing" : "String expected");
  return std::string(atom);
}

// number          = 1*DIGIT                ; (0 <= n < 4,294,967,296)
std::optional<std::uint32_t> Reader::number() {
  const auto value = ascii::parse_number(take_while(ascii::is_digit), UINT32_MAX);
  if (!value) return bad("Number from 0 to 4294967295 expected");
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::uint32_t> Reader::nz_number() {
  const auto value = ascii::parse_number(take_while(ascii::is_digit), UINT32_MAX);
  if (!value || *value == 0) return bad("Number from 1 to 4294967295 expected");
  return static_cast<std::uint32_t>(*value);
}

// seq-number      = nz-number / "*"
std::optional<std::uint32_t> Reader::sequence_number() {
  if (skip('*')) return SequenceSet::kStar;
  return nz_number();
}

// sequence-set    = (seq-number / seq-range) *("," sequence-set)
// seq-range       = seq-number ":" seq-number
std::optional<SequenceSet> Reader::sequence_set() {
  SequenceSet set;
  do {
    const auto first = sequence_number();
    if (!first) return std::nullopt;
    auto last = first;
    if (skip(':')) last = sequence_number();
    if (!last) return std::nullopt;
    set.ranges.push_back({*first, *last});
  } while (skip(','));
  return set;
}

std::optional<std::string> Reader::decode_mailbox(std::string_view wire) {
  auto name = text::from_modified_utf7(wire);
  if (!name) return no("CANNOT", "Mailbox name is not valid modified UTF-7");
  if (std::any_of(name->begin(), name->end(), ascii::is_control)) {
    return no("CANNOT", "Mailbox name holds a control character");
  }
  return canonical_mailbox(std::move(*name), options_.hierarchy_separator);
}

// mailbox         = "INBOX" / astring
std::optional<std::string> Reader::mailbox() {
  const auto wire = astring();
  if (!wire) return std::nullopt;
  return decode_mailbox(*wire);
}

// list-mailbox    = 1*list-char / string
// list-char       = ATOM-CHAR / list-wildcards / resp-specials
std::optional<std::string> Reader::list_mailbox() {
  if (is_at_literal() || is_at('"')) return string();
  const std::string_view pattern =
      take_while([](char c) { return is_atom_char(c) || c == '%' || c == '*' || c == ']'; });
  if (pattern.empty()) return bad("Mailbox pattern expected");
  return std::string(pattern);
}

// flag            = "\Answered" / "\Flagged" / "\Deleted" / "\Seen" / "\Draft" / flag-keyword
// flag-keyword    = atom                 (flag-extension: none is defined, so none is accepted)
bool Reader::flag(FlagList& flags) {
  constexpr std::array<std::string_view, 5> kSystemFlags = {"Answered", "Flagged", "Deleted",
                                                            "Seen", "Draft"};
  const bool is_system = skip('\\');
  const auto name = atom();
  if (!name) return false;
  if (!is_system) {
    flags.keywords.emplace_back(*name);
    return true;
  }
  for (std::size_t i = 0; i < kSystemFlags.size(); ++i) {
    if (!ascii::equal_ignoring_case(*name, kSystemFlags[i])) continue;
    flags.system = static_cast<std::uint8_t>(flags.system | (1U << i));
    return true;
  }
  bad(cat("\\", *name, " is no flag that can be set"));
  return false;
}

std::optional<FlagList> Reader::bare_flag_list() {
  FlagList flags;
  do {
    if (!flag(flags)) return std::nullopt;
  } while (skip(' '));
  return flags;
}

// flag-list       = "(" [flag *(SP flag)] ")"
std::optional<FlagList> Reader::flag_list() {
  if (!expect('(')) return std::nullopt;
  if (skip(')')) return FlagList{};
  auto flags = bare_flag_list();
  if (!flags || !expect(')')) return std::nullopt;
  return flags;
}

}  // namespace mail::imap
