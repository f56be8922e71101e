// Comments nest, and are counted instead of descended into: depth is the peer's choice.
//
// Tested through every parser of structured fields in tests/unit/message/.
#include "message/lexer.h"

namespace mail::message {

void Lexer::skip_cfws(std::string* comment) {
  while (!rest_.empty()) {
    if (ascii::is_space(rest_.front())) {
      rest_.remove_prefix(1);
    } else if (rest_.front() == '(') {
      skip_comment(comment);
    } else {
      return;
    }
  }
}

// RFC 5322 §3.2.2:
//   comment  = "(" *([FWS] ccontent) [FWS] ")"
//   ccontent = ctext / quoted-pair / comment
void Lexer::skip_comment(std::string* comment) {
  std::string text;
  std::size_t depth = 0;
  std::size_t i = 0;
  for (; i < rest_.size(); ++i) {
    char c = rest_[i];
    if (c == '\r' || c == '\n') continue;
    if (c == '(' && depth++ == 0) continue;
    if (c == ')' && --depth == 0) {
      ++i;
      break;
    }
    if (c == '\\' && i + 1 < rest_.size()) c = rest_[++i];
    if (comment != nullptr) text.push_back(c);
  }
  rest_.remove_prefix(i);
  if (comment != nullptr) *comment = ascii::trim(text);
}

// RFC 5322 §3.2.4:
//   quoted-string = [CFWS] DQUOTE *([FWS] qcontent) [FWS] DQUOTE [CFWS]
//   qcontent      = qtext / quoted-pair
std::string Lexer::take_quoted_string() {
  std::string text;
  std::size_t i = 1;
  for (; i < rest_.size() && rest_[i] != '"'; ++i) {
    char c = rest_[i];
    if (c == '\r' || c == '\n') continue;
    if (c == '\\' && i + 1 < rest_.size()) c = rest_[++i];
    text.push_back(c);
  }
  rest_.remove_prefix(i < rest_.size() ? i + 1 : i);
  return text;
}

bool Lexer::has_closed_quote() const {
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    if (rest_[i] == '"') return true;
    if (rest_[i] == '\\') ++i;
  }
  return false;
}

}  // namespace mail::message
