// Modified UTF-7. Decoding is lax inside and exact as a whole: what was decoded must encode to the
// very same name, which is the definition of "the one form" and leaves no rule out.
//
// Tested by tests/unit/text/utf7_test.cc.
#include "mail/text/utf7.h"

#include <cstddef>
#include <cstdint>

#include "mail/base/ascii.h"
#include "mail/text/base64.h"
#include "mail/text/utf8.h"

namespace mail::text {
namespace {

void append_utf16(std::string& to, char32_t code_point) {
  auto unit = [&](char32_t value) {
    to.push_back(static_cast<char>(value >> 8));
    to.push_back(static_cast<char>(value & 0xFF));
  };
  if (code_point < 0x10000) {
    unit(code_point);
    return;
  }
  code_point -= 0x10000;
  unit(0xD800 + (code_point >> 10));
  unit(0xDC00 + (code_point & 0x3FF));
}

/// Base64 with "," for "/" and no padding (RFC 3501 §5.1.3).
std::string shifted(std::string_view utf16) {
  std::string text = base64_encode(utf16);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '/') c = ',';
  }
  return "&" + text + "-";
}

/// Appends the UTF-8 form of a shifted sequence without "&" and "-". Fails: false. Surrogates
/// without a partner become U+FFFD and are found by the comparison.
bool append_unshifted(std::string& to, std::string_view text) {
  std::string padded(text);
  for (char& c : padded) {
    if (c == '/') return false;
    if (c == ',') c = '/';
  }
  while (padded.size() % 4 != 0) padded.push_back('=');
  const auto utf16 = base64_decode(padded);
  if (!utf16 || utf16->size() % 2 != 0) return false;
  auto unit = [&](std::size_t i) -> char32_t {
    return (static_cast<unsigned char>((*utf16)[i]) << 8) |
           static_cast<unsigned char>((*utf16)[i + 1]);
  };
  for (std::size_t i = 0; i < utf16->size(); i += 2) {
    char32_t value = unit(i);
    const bool is_high = value >= 0xD800 && value <= 0xDBFF;
    if (is_high && i + 2 < utf16->size() && (unit(i + 2) & 0xFC00) == 0xDC00) {
      i += 2;
      value = 0x10000 + ((value - 0xD800) << 10) + (unit(i) - 0xDC00);
    }
    append_code_point(to, value);
  }
  return true;
}

}  // namespace

std::optional<std::string> to_modified_utf7(std::string_view utf8) {
  if (!is_valid_utf8(utf8)) return std::nullopt;
  std::string result;
  std::string pending;  // UTF-16 waiting to be shifted
  auto flush = [&] {
    if (!pending.empty()) result += shifted(pending);
    pending.clear();
  };
  for (std::size_t i = 0; i < utf8.size();) {
    const char32_t code_point = next_code_point(utf8, i);
    if (code_point < 0x20 || code_point > 0x7E) {
      append_utf16(pending, code_point);
      continue;
    }
    flush();
    result.push_back(static_cast<char>(code_point));
    if (code_point == '&') result.push_back('-');
  }
  flush();
  return result;
}

std::optional<std::string> from_modified_utf7(std::string_view name) {
  std::string result;
  std::string_view rest = name;
  while (!rest.empty()) {
    const std::size_t shift = rest.find('&');
    const std::string_view direct = rest.substr(0, shift);
    result.append(direct);
    if (shift == std::string_view::npos) break;
    rest.remove_prefix(shift + 1);
    const std::size_t end = rest.find('-');
    if (end == std::string_view::npos) return std::nullopt;
    if (end == 0) {
      result.push_back('&');
    } else if (!append_unshifted(result, rest.substr(0, end))) {
      return std::nullopt;
    }
    rest.remove_prefix(end + 1);
  }
  if (to_modified_utf7(result) != name) return std::nullopt;
  return result;
}

}  // namespace mail::text
