// A recursive-descent reader, one function a rule of RFC 3501 §9. It may recurse: what it reads is
// our own output, or a recorded answer, and MIME trees are at most a hundred deep.
#include "support/imap_grammar.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::test {
namespace {

class Grammar {
 public:
  Grammar(std::string_view text, StructureForm form) : rest_(text), form_(form) {}

  bool at_end() { return rest_.empty() || fail("octets behind the end"); }
  std::string fault() const { return fault_; }
  std::size_t parts() const { return parts_; }

  // envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP
  //            env-cc SP env-bcc SP env-in-reply-to SP env-message-id ")"
  bool envelope() {
    if (!take("(") || !nstring() || !take(" ") || !nstring()) return false;
    for (int list = 0; list < 6; ++list) {
      if (!take(" ") || !addresses()) return false;
    }
    return take(" ") && nstring() && take(" ") && nstring() && take(")");
  }

  // body            = "(" (body-type-1part / body-type-mpart) ")"
  // body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
  bool body() {
    ++parts_;
    if (!take("(")) return false;
    if (!rest_.starts_with('(')) return single_part() && take(")");
    while (rest_.starts_with('(')) {
      if (!body()) return false;
    }
    return take(" ") && string() && extensions(&Grammar::parameters) && take(")");
  }

 private:
  bool fail(std::string_view what) {
    if (fault_.empty()) fault_ = cat(what, " before: ", rest_.substr(0, 80));
    return false;
  }

  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return fail(cat("no \"", token, "\""));
    rest_.remove_prefix(token.size());
    return true;
  }
  bool take_nil() {
    if (!ascii::starts_with_ignoring_case(rest_, "NIL")) return false;
    rest_.remove_prefix(3);
    return true;
  }

  // number = 1*DIGIT ; (0 <= n < 4,294,967,296)
  bool number() {
    const std::size_t length = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (!ascii::parse_number(rest_.substr(0, length), UINT32_MAX)) return fail("no number");
    rest_.remove_prefix(length);
    return true;
  }

  // string      = quoted / literal
  // quoted      = DQUOTE *QUOTED-CHAR DQUOTE
  // QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\" quoted-specials
  // TEXT-CHAR   = <any CHAR except CR and LF>
  // literal     = "{" number "}" CRLF *CHAR8
  bool string() {
    text_.clear();
    if (rest_.starts_with('{')) return literal();
    if (!take("\"")) return false;
    while (!rest_.starts_with('"')) {
      if (rest_.starts_with('\\')) {
        rest_.remove_prefix(1);
        if (!rest_.starts_with('"') && !rest_.starts_with('\\')) return fail("wrong escape");
      }
      if (rest_.empty()) return fail("string without end");
      const char c = rest_.front();
      const bool is_text = static_cast<unsigned char>(c) < 0x80 && c != '\0' && !is_line_end(c);
      if (!is_text) return fail("octet that needs a literal");
      text_.push_back(c);
      rest_.remove_prefix(1);
    }
    return take("\"");
  }
  static bool is_line_end(char c) { return c == '\r' || c == '\n'; }

  bool literal() {
    const std::size_t brace = rest_.find('}');
    const auto size = ascii::parse_number(rest_.substr(1, brace - 1), rest_.size());
    if (brace == std::string_view::npos || !size) return fail("literal without a size");
    rest_.remove_prefix(brace);
    if (!take("}\r\n")) return false;
    if (*size > rest_.size()) return fail("literal longer than the text");
    text_ = rest_.substr(0, *size);
    if (text_.find('\0') != std::string::npos) return fail("NUL in a literal");
    rest_.remove_prefix(*size);
    return true;
  }

  bool nstring() { return take_nil() || string(); }

  // env-from = "(" 1*address ")" / nil
  // address  = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
  bool addresses() {
    if (take_nil()) return true;
    if (!take("(")) return false;
    do {
      if (!take("(") || !nstring()) return false;
      for (int member = 1; member < 4; ++member) {
        if (!take(" ") || !nstring()) return false;
      }
      if (!take(")")) return false;
    } while (rest_.starts_with('('));
    return take(")");
  }

  // body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
  bool parameters() {
    if (take_nil()) return true;
    if (!take("(")) return false;
    while (true) {
      if (!string() || !take(" ") || !string()) return false;
      if (rest_.starts_with(')')) return take(")");
      if (!take(" ")) return false;
    }
  }

  // body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
  // body-fields     = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP
  //                   body-fld-octets
  // media-message   = DQUOTE "MESSAGE" DQUOTE SP DQUOTE "RFC822" DQUOTE
  // A message/rfc822 is always body-type-msg, a text always body-type-text: clients expect it.
  bool single_part() {
    if (!string()) return false;
    const std::string type = ascii::to_lower(text_);
    if (!take(" ") || !string()) return false;
    const std::string subtype = ascii::to_lower(text_);
    if (type == "multipart") return fail("multipart without parts");
    if (!take(" ") || !parameters() || !take(" ") || !nstring() || !take(" ") || !nstring()) {
      return false;
    }
    if (!take(" ") || !string() || !take(" ") || !number()) return false;
    if (type == "message" && subtype == "rfc822") {
      if (!take(" ") || !envelope() || !take(" ") || !body()) return false;
    }
    const bool has_lines = type == "text" || (type == "message" && subtype == "rfc822");
    if (has_lines && !(take(" ") && number())) return false;
    return extensions(&Grammar::nstring);
  }

  // body-ext-1part  = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc
  //                   *(SP body-extension)]]]
  // body-ext-mpart  = body-fld-param [ the same ]
  bool extensions(bool (Grammar::*first)()) {
    using Member = bool (Grammar::*)();
    const Member members[] = {first, &Grammar::disposition, &Grammar::languages, &Grammar::nstring};
    if (form_ == StructureForm::kBody) return true;
    for (const Member member : members) {
      if (form_ == StructureForm::kAny && rest_.starts_with(')')) return true;
      if (!take(" ") || !(this->*member)()) return false;
    }
    return true;
  }

  // body-fld-dsp = "(" string SP body-fld-param ")" / nil
  bool disposition() {
    if (take_nil()) return true;
    return take("(") && string() && take(" ") && parameters() && take(")");
  }

  // body-fld-lang = nstring / "(" string *(SP string) ")"
  bool languages() {
    if (!rest_.starts_with('(')) return nstring();
    rest_.remove_prefix(1);
    while (true) {
      if (!string()) return false;
      if (rest_.starts_with(')')) return take(")");
      if (!take(" ")) return false;
    }
  }

  std::string_view rest_;
  const StructureForm form_;
  std::string text_;  // the last string
  std::string fault_;
  std::size_t parts_ = 0;
};

}  // namespace

std::string envelope_fault(std::string_view text) {
  Grammar grammar(text, StructureForm::kAny);
  if (grammar.envelope()) grammar.at_end();
  return grammar.fault();
}

std::string body_fault(std::string_view text, StructureForm form, std::size_t* parts) {
  Grammar grammar(text, form);
  if (grammar.body()) grammar.at_end();
  if (parts != nullptr) *parts = grammar.parts();
  return grammar.fault();
}

}  // namespace mail::test
