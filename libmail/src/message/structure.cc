// BODY and BODYSTRUCTURE as IMAP writes them: a walk along parent, child and sibling links, no
// recursion.
//
// Tested by tests/unit/message/mime_test.cc, tests/unit/message/dovecot_oracle_test.cc.
#include "mail/message/structure.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

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
    PartDescription description = tree_.describe(part);
    if (part.kind == MimePart::Kind::kLeaf) rename_unread(description.content_type);
    append_basic(part, description);
    if (part.kind == MimePart::Kind::kMessage) {
      const MimePart& inner = tree_.part(part.first_child);
      append(out_, " ", envelope_text(tree_.header(inner)), " ");
    } else {
      if (description.content_type.type == "text") append(out_, " ", part.body_lines);
      append_single_extensions(description);
    }
  }

  /// Beyond the limits of the tree a multipart or message is a leaf, for which the grammar has no
  /// form under its own name: RFC 2046 §4.5.1's for what is not understood.
  static void rename_unread(ContentType& type) {
    if (type.type != "multipart" && !type.is("message", "rfc822")) return;
    type.type = "application";
    type.subtype = "octet-stream";
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

}  // namespace

namespace {

// RFC 3501 §9: quoted = DQUOTE *QUOTED-CHAR DQUOTE; literal = "{" number "}" CRLF *CHAR8
enum class Form : std::uint8_t { kPlain, kEscaped, kLiteral };

constexpr std::array<Form, 256> kForms = [] {
  std::array<Form, 256> forms{};
  forms['"'] = forms['\\'] = Form::kEscaped;
  forms['\r'] = forms['\n'] = forms['\0'] = Form::kLiteral;
  for (std::size_t i = 0x80; i < forms.size(); ++i) forms[i] = Form::kLiteral;
  return forms;
}();

Form form_of(std::string_view value) {
  Form form = Form::kPlain;
  for (const char c : value) form = std::max(form, kForms[static_cast<unsigned char>(c)]);
  return form;
}

}  // namespace

void append_imap_string(std::string& to, std::string_view value) {
  const Form form = form_of(value);
  if (form == Form::kLiteral) {
    append(to, "{", value.size(), "}\r\n");
    const std::size_t begin = to.size();
    to += value;
    std::replace(to.begin() + static_cast<std::ptrdiff_t>(begin), to.end(), '\0', ' ');
    return;
  }
  to.push_back('"');
  if (form == Form::kPlain) {
    to += value;
  } else {
    for (const char c : value) {
      if (c == '"' || c == '\\') to.push_back('\\');
      to.push_back(c);
    }
  }
  to.push_back('"');
}

std::string body_structure_text(const MimeTree& tree, bool extended) {
  return StructureWriter(tree, extended).write();
}

}  // namespace mail::message
