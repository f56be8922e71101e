// xtext   = *( xchar / hexchar )
// xchar   = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
// hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits     RFC 3461 §4
//
// Lower-case digits are read too: Postfix's XCLIENT allows them.
//
// Tested by tests/unit/smtp/xtext_test.cc.
#include "smtp/xtext.h"

#include "mail/base/ascii.h"

namespace mail::smtp {
namespace {

bool is_xchar(char c) { return c > 32 && c < 127 && c != '+' && c != '='; }

int hex_value(char c) {
  if (ascii::is_digit(c)) return c - '0';
  return ascii::to_lower(c) - 'a' + 10;
}

}  // namespace

std::optional<std::string> decode_xtext(std::string_view text, bool allow_utf8) {
  std::string octets;
  octets.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_xchar(c) || (allow_utf8 && static_cast<unsigned char>(c) > 127)) {
      octets += c;
    } else if (c == '+' && i + 2 < text.size() && ascii::is_hex_digit(text[i + 1]) &&
               ascii::is_hex_digit(text[i + 2])) {
      octets += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return octets;
}

std::string encode_xtext(std::string_view octets) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(octets.size());
  for (const char c : octets) {
    if (is_xchar(c)) {
      text += c;
      continue;
    }
    const auto value = static_cast<unsigned char>(c);
    text += '+';
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

}  // namespace mail::smtp
