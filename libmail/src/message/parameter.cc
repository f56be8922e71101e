// The three ways to write a parameter, the plainest that can hold the value.
//
// Tested by tests/unit/message/parameter_test.cc.
#include "mail/message/parameter.h"

#include <algorithm>
#include <vector>

#include "mail/base/ascii.h"
#include "mail/text/hex.h"
#include "mail/text/utf8.h"

namespace mail::message {
namespace {

/// Octets of "name=value" that fit into a line of 78 behind a blank, with a semicolon.
constexpr std::size_t kPiece = 76;
constexpr std::size_t kNameLimit = 60;

// token = 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>       RFC 2045 §5.1
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return ascii::is_printable(c) && c != ' ' &&
           std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
  });
}

// attribute-char = <any (US-ASCII) CHAR except SPACE, CTLs, "*", "'", "%", or tspecials>
//                                                                        RFC 2231 §7
bool is_attribute_char(char c) {
  return is_token(std::string_view(&c, 1)) && c != '*' && c != '\'' && c != '%';
}

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

/// One character of the value, escaped where it must be.
std::string escaped(std::string_view character) {
  std::string text;
  for (const char c : character) {
    if (is_attribute_char(c)) {
      text += c;
    } else {
      text += '%';
      text::append_hex(text, c);
    }
  }
  return text;
}

// extended-parameter = (extended-initial-name "=" extended-value) / …    RFC 2231 §7
// Cut between characters, not only between octets: some readers decode each piece by itself.
std::string extended(std::string_view name, std::string_view value) {
  std::vector<std::string> pieces = {"utf-8''"};
  const std::size_t room = kPiece - name.size() - std::string_view("*999*=").size();
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t begin = at;
    text::next_code_point(value, at);
    const std::string character = escaped(value.substr(begin, at - begin));
    if (pieces.back().size() + character.size() > room) pieces.emplace_back();
    pieces.back() += character;
  }
  if (pieces.size() == 1) return cat(name, "*=", pieces.front());
  std::string joined;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    append(joined, i == 0 ? "" : "; ", name, "*", i, "*=", pieces[i]);
  }
  return joined;
}

}  // namespace

StatusOr<std::string> format_parameter(std::string_view name, std::string_view utf8) {
  if (!is_token(name) || name.find_first_of("*'%") != name.npos || name.size() > kNameLimit) {
    return invalid("a parameter cannot have this name");
  }
  if (utf8.find_first_of(std::string_view("\r\n\0", 3)) != utf8.npos) {
    return invalid("the parameter ", name, " holds CR, LF or NUL");
  }
  if (!text::is_valid_utf8(utf8)) return invalid("the parameter ", name, " is not UTF-8");
  const bool is_plain = std::all_of(utf8.begin(), utf8.end(), ascii::is_printable);
  if (is_plain) {
    std::string text = cat(name, "=", is_token(utf8) ? std::string(utf8) : quoted(utf8));
    if (text.size() <= kPiece) return text;
  }
  return extended(name, utf8);
}

}  // namespace mail::message
