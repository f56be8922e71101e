// ENVELOPE, BODY and BODYSTRUCTURE as IMAP writes them. The structure is written by a walk along
// parent, child and sibling links: no recursion.
//
// Tested by tests/unit/message/structure_test.cc, tests/unit/message/dovecot_oracle_test.cc.
#include "mail/message/structure.h"

#include <algorithm>
#include <string>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/message/header.h"

namespace mail::message {
namespace {

void append_nstring(std::string& to, const std::optional<std::string>& value) {
  if (value) {
    append_imap_string(to, *value);
  } else {
    to += "NIL";
  }
}

void append_nonempty(std::string& to, std::string_view value) {
  if (value.empty()) {
    to += "NIL";
  } else {
    append_imap_string(to, value);
  }
}

// RFC 3501 §7.4.2: a group begins with its name where the mailbox stands and NIL for the host, and
// ends with four NILs. So NIL must not stand for the host of a mailbox: where one is missing, this
// says what Dovecot says.
void append_address(std::string& to, const Address& address) {
  to.push_back('(');
  switch (address.kind) {
    case Address::Kind::kGroupStart:
      to += "NIL NIL ";
      append_imap_string(to, address.name);
      to += " NIL";
      break;
    case Address::Kind::kGroupEnd: to += "NIL NIL NIL NIL"; break;
    case Address::Kind::kMailbox:
      append_nonempty(to, address.name);
      to.push_back(' ');
      append_nonempty(to, address.route);
      to.push_back(' ');
      append_imap_string(to, address.local_part.empty() ? "MISSING_MAILBOX" : address.local_part);
      to.push_back(' ');
      append_imap_string(to, address.domain.empty() ? "MISSING_DOMAIN" : address.domain);
      break;
  }
  to.push_back(')');
}

void append_addresses(std::string& to, const std::vector<Address>& addresses) {
  if (addresses.empty()) {
    to += "NIL";
    return;
  }
  to.push_back('(');
  for (const Address& address : addresses) append_address(to, address);
  to.push_back(')');
}

// RFC 3501 §9: body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
void append_parameters(std::string& to, const std::vector<Parameter>& parameters) {
  if (parameters.empty()) {
    to += "NIL";
    return;
  }
  char before = '(';
  for (const Parameter& parameter : parameters) {
    to.push_back(before);
    append_imap_string(to, parameter.name);
    to.push_back(' ');
    append_imap_string(to, parameter.value);
    before = ' ';
  }
  to.push_back(')');
}

// body-fld-dsp = "(" string SP body-fld-param ")" / nil
// body-fld-lang = nstring / "(" string *(SP string) ")"
// The order of both extension lists: parameters or MD5 stand before.
void append_extensions(std::string& to, const PartDescription& part) {
  if (part.disposition) {
    to += " (";
    append_imap_string(to, part.disposition->kind);
    to.push_back(' ');
    append_parameters(to, part.disposition->parameters);
    to.push_back(')');
  } else {
    to += " NIL";
  }
  to.push_back(' ');
  if (part.languages.empty()) {
    to += "NIL";
  } else {
    char before = '(';
    for (const std::string& language : part.languages) {
      to.push_back(before);
      append_imap_string(to, language);
      before = ' ';
    }
    to.push_back(')');
  }
  to.push_back(' ');
  append_nstring(to, part.location);
}

class StructureWriter {
 public:
  StructureWriter(const MimeTree& tree, bool extended) : tree_(tree), extended_(extended) {}

  std::string write() {
    const MimePart* at = &tree_.root();
    enter(*at);
    while (true) {
      if (at->first_child != MimePart::kNone) {
        at = &tree_.part(at->first_child);
        enter(*at);
        continue;
      }
      leave(*at);
      while (at->next_sibling == MimePart::kNone) {
        if (at->parent == MimePart::kNone) return std::move(out_);
        at = &tree_.part(at->parent);
        leave(*at);
      }
      at = &tree_.part(at->next_sibling);
      enter(*at);
    }
  }

 private:
  /// What stands before the children; of a leaf, everything but the closing parenthesis.
  void enter(const MimePart& part) {
    out_.push_back('(');
    if (part.kind == MimePart::Kind::kMultipart) return;
    const PartDescription description = tree_.describe(part);
    append_basic(part, description);
    if (part.kind == MimePart::Kind::kMessage) {
      const MimePart& inner = tree_.part(part.first_child);
      append(out_, " ", envelope_text(tree_.header(inner)), " ");
    } else {
      if (description.content_type.type == "text") append(out_, " ", part.body_lines);
      append_single_extensions(description);
    }
  }

  /// What stands behind them.
  void leave(const MimePart& part) {
    if (part.kind == MimePart::Kind::kMultipart) {
      leave_multipart(part, tree_.describe(part));
    } else if (part.kind == MimePart::Kind::kMessage) {
      append(out_, " ", part.body_lines);
      append_single_extensions(tree_.describe(part));
    }
    out_.push_back(')');
  }

  // body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc …]]]
  void append_single_extensions(const PartDescription& description) {
    if (!extended_) return;
    out_.push_back(' ');
    append_nstring(out_, description.md5);
    append_extensions(out_, description);
  }

  // body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
  void leave_multipart(const MimePart& part, const PartDescription& description) {
    if (part.children == 0) {
      // The grammar wants a body: Dovecot's answer for a multipart without any.
      out_ += R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0)";
      if (extended_) out_ += " NIL NIL NIL NIL";
      out_.push_back(')');
    }
    out_.push_back(' ');
    append_imap_string(out_, description.content_type.subtype);
    if (!extended_) return;
    out_.push_back(' ');
    append_parameters(out_, description.content_type.parameters);
    append_extensions(out_, description);
  }

  // body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP
  //               body-fld-octets, behind media type and subtype
  void append_basic(const MimePart& part, const PartDescription& description) {
    const ContentType& type = description.content_type;
    append_imap_string(out_, type.type);
    out_.push_back(' ');
    append_imap_string(out_, type.subtype);
    out_.push_back(' ');
    std::vector<Parameter> parameters = type.parameters;
    // RFC 2046 §4.1.2: without a charset text is US-ASCII.
    if (type.type == "text" && !parameter_value(parameters, "charset")) {
      parameters.push_back({"charset", "us-ascii"});
    }
    append_parameters(out_, parameters);
    out_.push_back(' ');
    append_nstring(out_, description.id);
    out_.push_back(' ');
    append_nstring(out_, description.description);
    out_.push_back(' ');
    append_imap_string(out_, description.encoding);
    append(out_, " ", part.end - part.body);
  }

  const MimeTree& tree_;
  const bool extended_;
  std::string out_;
};

struct TextMember {
  std::string_view field;
  std::optional<std::string> Envelope::* member;
};
constexpr TextMember kTextMembers[] = {
    {"Date", &Envelope::date},
    {"Subject", &Envelope::subject},
    {"In-Reply-To", &Envelope::in_reply_to},
    {"Message-ID", &Envelope::message_id},
};

struct ListMember {
  std::string_view field;
  std::vector<Address> Envelope::* member;
};
constexpr ListMember kListMembers[] = {
    {"From", &Envelope::from}, {"Sender", &Envelope::sender}, {"Reply-To", &Envelope::reply_to},
    {"To", &Envelope::to},     {"Cc", &Envelope::cc},         {"Bcc", &Envelope::bcc},
};

/// A list that was written twice is one list, up to the limit of one field.
void add_addresses(std::vector<Address>& to, std::string_view value) {
  if (to.size() >= kAddressLimit) return;
  std::vector<Address> more = parse_addresses(value, kAddressLimit - to.size());
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

void append_imap_string(std::string& to, std::string_view value) {
  // RFC 3501 §9: quoted = DQUOTE *QUOTED-CHAR DQUOTE; literal = "{" number "}" CRLF *CHAR8
  const bool needs_literal = std::any_of(value.begin(), value.end(), [](char c) {
    return c == '\r' || c == '\n' || c == '\0' || static_cast<unsigned char>(c) >= 0x80;
  });
  if (needs_literal) {
    append(to, "{", value.size(), "}\r\n");
    const std::size_t begin = to.size();
    to += value;
    std::replace(to.begin() + static_cast<std::ptrdiff_t>(begin), to.end(), '\0', ' ');
    return;
  }
  to.push_back('"');
  for (char c : value) {
    if (c == '"' || c == '\\') to.push_back('\\');
    to.push_back(c);
  }
  to.push_back('"');
}

Envelope parse_envelope(std::string_view header) {
  Envelope envelope;
  for (const HeaderField& field : HeaderFields(header)) {
    for (const TextMember& member : kTextMembers) {
      // Of a field that was written twice the last one: Dovecot's choice, and RFC 8621 §4.1.2's.
      if (ascii::equal_ignoring_case(field.name, member.field)) {
        envelope.*member.member = unfold(field.value);
      }
    }
    for (const ListMember& member : kListMembers) {
      if (ascii::equal_ignoring_case(field.name, member.field)) {
        add_addresses(envelope.*member.member, field.value);
      }
    }
  }
  // RFC 3501 §7.4.2: "If the Sender or Reply-To lines are absent in the [header], or are present
  // but empty, the server sets the corresponding member of the envelope to be the same value as
  // the From member".
  if (envelope.sender.empty()) envelope.sender = envelope.from;
  if (envelope.reply_to.empty()) envelope.reply_to = envelope.from;
  return envelope;
}

std::string envelope_text(const Envelope& envelope) {
  std::string out = "(";
  append_nstring(out, envelope.date);
  out.push_back(' ');
  append_nstring(out, envelope.subject);
  for (const auto* list : {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to,
                           &envelope.cc, &envelope.bcc}) {
    out.push_back(' ');
    append_addresses(out, *list);
  }
  out.push_back(' ');
  append_nstring(out, envelope.in_reply_to);
  out.push_back(' ');
  append_nstring(out, envelope.message_id);
  out.push_back(')');
  return out;
}

std::string body_structure_text(const MimeTree& tree, bool extended) {
  return StructureWriter(tree, extended).write();
}

}  // namespace mail::message
