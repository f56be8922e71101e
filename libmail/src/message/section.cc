// Sections of a message. What needs no part numbers is found without the MIME tree.
//
// Tested by tests/unit/message/mime_test.cc, tests/unit/message/dovecot_oracle_test.cc.
#include "mail/message/section.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/header.h"
#include "mail/message/mime.h"
#include "mail/message/structure.h"

namespace mail::message {
namespace {

/// HEADER, TEXT and the header subsets of one message.
SectionOctets of_message(std::string_view header, std::string_view body, const Section& section) {
  switch (section.kind) {
    case Section::Kind::kHeader: return SectionOctets(header);
    case Section::Kind::kText: return SectionOctets(body);
    case Section::Kind::kHeaderFields: return SectionOctets(select_fields(header, section.fields));
    case Section::Kind::kHeaderFieldsNot:
      return SectionOctets(without_fields(header, section.fields));
    case Section::Kind::kWhole:
    case Section::Kind::kMime: break;
  }
  return SectionOctets(std::string_view());
}

// RFC 3501 §9: ATOM-CHAR without what quoting is for; header names rarely need more.
bool is_atom(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return ascii::is_printable(c) &&
           std::string_view("(){ %*\"\\]").find(c) == std::string_view::npos;
  });
}

void append_fields(std::string& to, const std::vector<std::string>& fields) {
  to += " (";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) to.push_back(' ');
    if (is_atom(fields[i])) {
      to += fields[i];
    } else {
      append_imap_string(to, fields[i]);
    }
  }
  to.push_back(')');
}

std::string_view keyword(Section::Kind kind) {
  switch (kind) {
    case Section::Kind::kWhole: return "";
    case Section::Kind::kHeader: return "HEADER";
    case Section::Kind::kHeaderFields: return "HEADER.FIELDS";
    case Section::Kind::kHeaderFieldsNot: return "HEADER.FIELDS.NOT";
    case Section::Kind::kText: return "TEXT";
    case Section::Kind::kMime: return "MIME";
  }
  return "";
}

}  // namespace

// RFC 3501 §9:
//   section-spec    = section-msgtext / (section-part ["." section-text])
//   section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
std::string to_string(const Section& section) {
  std::string result;
  for (const std::uint32_t number : section.part) {
    if (!result.empty()) result.push_back('.');
    append(result, number);
  }
  const std::string_view word = keyword(section.kind);
  if (!result.empty() && !word.empty()) result.push_back('.');
  result += word;
  if (section.kind == Section::Kind::kHeaderFields ||
      section.kind == Section::Kind::kHeaderFieldsNot) {
    append_fields(result, section.fields);
  }
  return result;
}

SectionOctets section_octets(std::string_view message, const Section& section) {
  if (!section.part.empty()) return section_octets(MimeTree(message), section);
  if (section.kind == Section::Kind::kWhole) return SectionOctets(message);
  const std::size_t length = header_length(message);
  return of_message(message.substr(0, length), message.substr(length), section);
}

SectionOctets section_octets(const MimeTree& tree, const Section& section) {
  if (section.part.empty()) return section_octets(tree.message(), section);
  const auto index = tree.find(section.part);
  if (!index) return SectionOctets(std::string_view());
  const MimePart& part = tree.part(*index);
  if (section.kind == Section::Kind::kWhole) return SectionOctets(tree.body(part));
  if (section.kind == Section::Kind::kMime) return SectionOctets(tree.header(part));
  // HEADER and TEXT are of the message inside (RFC 3501 §6.4.5).
  if (part.kind != MimePart::Kind::kMessage) return SectionOctets(std::string_view());
  const MimePart& inner = tree.part(part.first_child);
  return of_message(tree.header(inner), tree.body(inner), section);
}

}  // namespace mail::message
