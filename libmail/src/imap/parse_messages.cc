// Parsers of the commands about messages of the selected mailbox (RFC 3501 §6.4), SEARCH apart.
//
// Tested by tests/unit/imap/grammar_test.cc, tests/transcripts/imap, fuzz/imap_command.cc.
#include <algorithm>
#include <array>

#include "imap/grammar.h"
#include "mail/base/ascii.h"
#include "mail/base/status.h"

namespace mail::imap {
namespace {

using Kind = FetchAttribute::Kind;

struct NamedAttribute {
  std::string_view name;
  Kind kind;
};
constexpr std::array kPlainAttributes = {
    NamedAttribute{"FLAGS", Kind::kFlags},
    NamedAttribute{"UID", Kind::kUid},
    NamedAttribute{"INTERNALDATE", Kind::kInternalDate},
    NamedAttribute{"RFC822.SIZE", Kind::kRfc822Size},
    NamedAttribute{"ENVELOPE", Kind::kEnvelope},
    NamedAttribute{"BODYSTRUCTURE", Kind::kBodyStructure},
    NamedAttribute{"EMAILID", Kind::kEmailId},
    NamedAttribute{"THREADID", Kind::kThreadId},
};

FetchAttribute plain(std::string_view label, Kind kind) {
  FetchAttribute attribute;
  attribute.kind = kind;
  attribute.label = label;
  return attribute;
}

FetchAttribute rfc822(std::string_view label, message::Section::Kind kind, bool is_peek) {
  FetchAttribute attribute = plain(label, Kind::kSection);
  attribute.section.kind = kind;
  attribute.is_peek = is_peek;
  return attribute;
}

// header-list     = "(" header-fld-name *(SP header-fld-name) ")"
// header-fld-name = astring
//
// Printable ASCII only: nothing else names a field (RFC 5322 §3.6.8), and the names come back in
// the label of the answer, where CR LF out of a literal would forge a response line.
bool header_list(Reader& reader, std::vector<std::string>& fields) {
  if (!reader.space() || !reader.expect('(')) return false;
  do {
    auto name = reader.astring();
    if (!name) return false;
    if (name->empty() || !std::all_of(name->begin(), name->end(), ascii::is_printable)) {
      reader.bad("Header field names are printable ASCII");
      return false;
    }
    fields.push_back(std::move(*name));
  } while (reader.skip(' '));
  return reader.expect(')');
}

// section         = "[" [section-spec] "]"
// section-spec    = section-msgtext / (section-part ["." section-text])
// section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
// section-part    = nz-number *("." nz-number)
// section-text    = section-msgtext / "MIME"
std::optional<message::Section> section(Reader& reader) {
  using SectionKind = message::Section::Kind;
  message::Section section;
  if (!reader.expect('[')) return std::nullopt;
  while (ascii::is_digit(reader.peek())) {
    const auto part = reader.nz_number();
    if (!part) return std::nullopt;
    section.part.push_back(*part);
    if (reader.skip(']')) return section;
    if (!reader.expect('.')) return std::nullopt;
  }
  if (section.part.empty() && reader.skip(']')) return section;
  const std::string_view text = reader.keyword();
  if (ascii::equal_ignoring_case(text, "HEADER")) {
    section.kind = SectionKind::kHeader;
  } else if (ascii::equal_ignoring_case(text, "TEXT")) {
    section.kind = SectionKind::kText;
  } else if (ascii::equal_ignoring_case(text, "MIME") && !section.part.empty()) {
    section.kind = SectionKind::kMime;
  } else if (ascii::equal_ignoring_case(text, "HEADER.FIELDS") ||
             ascii::equal_ignoring_case(text, "HEADER.FIELDS.NOT")) {
    section.kind = text.size() == std::string_view("HEADER.FIELDS").size()
                       ? SectionKind::kHeaderFields
                       : SectionKind::kHeaderFieldsNot;
    if (!header_list(reader, section.fields)) return std::nullopt;
  } else {
    return reader.bad(cat("Unknown section \"", text, "\""));
  }
  if (!reader.expect(']')) return std::nullopt;
  return section;
}

// "BODY" section ["<" number "." nz-number ">"] / "BODY.PEEK" section ["<" number "." nz-number
// ">"]
std::optional<FetchAttribute> body_section(Reader& reader, bool is_peek) {
  auto parsed = section(reader);
  if (!parsed) return std::nullopt;
  FetchAttribute attribute = plain(cat("BODY[", message::to_string(*parsed), "]"), Kind::kSection);
  attribute.section = std::move(*parsed);
  attribute.is_peek = is_peek;
  if (!reader.skip('<')) return attribute;
  const auto offset = reader.number();
  if (!offset || !reader.expect('.')) return std::nullopt;
  const auto octets = reader.nz_number();
  if (!octets || !reader.expect('>')) return std::nullopt;
  attribute.partial = {*offset, *octets};
  append(attribute.label, "<", *offset, ">");
  return attribute;
}

// fetch-att       =/ "PREVIEW" [SP "(" "LAZY" ")"]   (RFC 8970 §6)
std::optional<FetchAttribute> preview(Reader& reader) {
  FetchAttribute attribute = plain("PREVIEW", Kind::kPreview);
  Reader ahead = reader;
  if (!ahead.space() || !ahead.is_at('(')) return attribute;
  reader.space();
  reader.expect('(');
  if (!ascii::equal_ignoring_case(reader.keyword(), "LAZY")) {
    return reader.bad("Unknown modifier of PREVIEW");
  }
  if (!reader.expect(')')) return std::nullopt;
  return attribute;
}

// fetch-att       = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822" [".HEADER" / ".SIZE" /
// ".TEXT"]
//                   / "BODY" ["STRUCTURE"] / "UID" / "BODY" section … / "BODY.PEEK" section …
// fetch-att       =/ "EMAILID" / "THREADID"          (RFC 8474 §7)
std::optional<FetchAttribute> fetch_attribute(Reader& reader) {
  using SectionKind = message::Section::Kind;
  const std::string_view name = reader.keyword();
  for (const NamedAttribute& candidate : kPlainAttributes) {
    if (ascii::equal_ignoring_case(name, candidate.name)) {
      return plain(candidate.name, candidate.kind);
    }
  }
  if (ascii::equal_ignoring_case(name, "BODY")) {
    if (reader.is_at('[')) return body_section(reader, false);
    return plain("BODY", Kind::kBody);
  }
  if (ascii::equal_ignoring_case(name, "PREVIEW")) return preview(reader);
  if (ascii::equal_ignoring_case(name, "BODY.PEEK")) return body_section(reader, true);
  if (ascii::equal_ignoring_case(name, "RFC822")) {
    return rfc822("RFC822", SectionKind::kWhole, false);
  }
  if (ascii::equal_ignoring_case(name, "RFC822.HEADER")) {
    return rfc822("RFC822.HEADER", SectionKind::kHeader, true);
  }
  if (ascii::equal_ignoring_case(name, "RFC822.TEXT")) {
    return rfc822("RFC822.TEXT", SectionKind::kText, false);
  }
  return reader.bad(cat("Unknown FETCH item \"", name, "\""));
}

// "ALL" / "FULL" / "FAST": RFC 3501 §6.4.5. False when it is none of them.
bool fetch_macro(std::string_view name, std::vector<FetchAttribute>& attributes) {
  const bool is_all = ascii::equal_ignoring_case(name, "ALL");
  const bool is_full = ascii::equal_ignoring_case(name, "FULL");
  if (!is_all && !is_full && !ascii::equal_ignoring_case(name, "FAST")) return false;
  attributes.push_back(plain("FLAGS", Kind::kFlags));
  attributes.push_back(plain("INTERNALDATE", Kind::kInternalDate));
  attributes.push_back(plain("RFC822.SIZE", Kind::kRfc822Size));
  if (is_all || is_full) attributes.push_back(plain("ENVELOPE", Kind::kEnvelope));
  if (is_full) attributes.push_back(plain("BODY", Kind::kBody));
  return true;
}

// fetch           = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att /
//                   "(" fetch-att *(SP fetch-att) ")")
std::optional<Command> fetch(Reader& reader, bool by_uid) {
  Fetch fetch;
  fetch.by_uid = by_uid;
  if (!reader.space()) return std::nullopt;
  auto set = reader.sequence_set();
  if (!set || !reader.space()) return std::nullopt;
  fetch.set = std::move(*set);
  const bool is_list = reader.skip('(');
  Reader ahead = reader;
  if (!is_list && fetch_macro(ahead.keyword(), fetch.attributes)) {
    reader.keyword();
  } else {
    do {
      auto attribute = fetch_attribute(reader);
      if (!attribute) return std::nullopt;
      fetch.attributes.push_back(std::move(*attribute));
    } while (is_list && reader.skip(' '));
    if (is_list && !reader.expect(')')) return std::nullopt;
  }
  // UID FETCH answers with the UID whether it was asked for or not (RFC 3501 §6.4.8).
  const auto is_uid = [](const FetchAttribute& a) { return a.kind == Kind::kUid; };
  if (by_uid && std::none_of(fetch.attributes.begin(), fetch.attributes.end(), is_uid)) {
    fetch.attributes.insert(fetch.attributes.begin(), plain("UID", Kind::kUid));
  }
  return fetch;
}

// store           = "STORE" SP sequence-set SP store-att-flags
// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
std::optional<Command> store(Reader& reader, bool by_uid) {
  Store store;
  store.by_uid = by_uid;
  if (!reader.space()) return std::nullopt;
  auto set = reader.sequence_set();
  if (!set || !reader.space()) return std::nullopt;
  store.set = std::move(*set);
  if (reader.skip('+')) {
    store.mode = Store::Mode::kAdd;
  } else if (reader.skip('-')) {
    store.mode = Store::Mode::kRemove;
  }
  const std::string_view item = reader.keyword();
  store.is_silent = ascii::equal_ignoring_case(item, "FLAGS.SILENT");
  if (!store.is_silent && !ascii::equal_ignoring_case(item, "FLAGS")) {
    return reader.bad("FLAGS, +FLAGS or -FLAGS expected, each perhaps with .SILENT");
  }
  if (!reader.space()) return std::nullopt;
  auto flags = reader.is_at('(') ? reader.flag_list() : reader.bare_flag_list();
  if (!flags) return std::nullopt;
  store.flags = std::move(*flags);
  return store;
}

// copy            = "COPY" SP sequence-set SP mailbox
// move            = "MOVE" SP sequence-set SP mailbox                 RFC 6851 §6
std::optional<Command> copy(Reader& reader, bool by_uid, bool is_move) {
  if (!reader.space()) return std::nullopt;
  auto set = reader.sequence_set();
  if (!set || !reader.space()) return std::nullopt;
  auto mailbox = reader.mailbox();
  if (!mailbox) return std::nullopt;
  return Copy{std::move(*set), by_uid, is_move, std::move(*mailbox)};
}

}  // namespace

std::optional<Command> parse_fetch(Reader& reader) { return fetch(reader, false); }
std::optional<Command> uid_parse_fetch(Reader& reader) { return fetch(reader, true); }
std::optional<Command> parse_store(Reader& reader) { return store(reader, false); }
std::optional<Command> uid_parse_store(Reader& reader) { return store(reader, true); }
std::optional<Command> parse_copy(Reader& reader) { return copy(reader, false, false); }
std::optional<Command> uid_parse_copy(Reader& reader) { return copy(reader, true, false); }
std::optional<Command> parse_move(Reader& reader) { return copy(reader, false, true); }
std::optional<Command> uid_parse_move(Reader& reader) { return copy(reader, true, true); }

// "EXPUNGE"
std::optional<Command> parse_expunge(Reader&) { return Expunge{}; }

// uid-expunge     = "UID" SP "EXPUNGE" SP sequence-set                RFC 4315 §4
std::optional<Command> uid_parse_expunge(Reader& reader) {
  if (!reader.space()) return std::nullopt;
  auto set = reader.sequence_set();
  if (!set) return std::nullopt;
  return Expunge{std::move(*set)};
}

}  // namespace mail::imap
