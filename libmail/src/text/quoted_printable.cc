// Quoted-printable. Decoding works line by line because what blanks mean depends on the line's end
// (RFC 2045 §6.7 rule 3).
//
// Tested by tests/unit/text/quoted_printable_test.cc.
#include "mail/text/quoted_printable.h"

#include <cstddef>

#include "mail/base/ascii.h"
#include "mail/text/hex.h"

namespace mail::text {
namespace {

constexpr std::size_t kColumns = 76;  // RFC 2045 §6.7 rule 5

void decode_line(std::string& to, std::string_view line, std::string_view line_end) {
  while (!line.empty() && ascii::is_blank(line.back())) line.remove_suffix(1);
  const bool soft = line.ends_with('=');
  if (soft) line.remove_suffix(1);
  while (!line.empty()) {
    const std::size_t escape = line.find('=');
    to.append(line.substr(0, escape));
    if (escape == std::string_view::npos) break;
    line.remove_prefix(escape);
    const int octet = line.size() >= 3 ? hex_octet(line[1], line[2]) : -1;
    to.push_back(octet < 0 ? '=' : static_cast<char>(octet));
    line.remove_prefix(octet < 0 ? 1 : 3);
  }
  if (!soft) to.append(line_end);
}

/// Writes one line of output, breaking it softly before it grows too long.
class LineWriter {
 public:
  explicit LineWriter(std::string& to) : to_(to) {}

  void add(char c, bool escaped) {
    const std::size_t width = escaped ? 3 : 1;
    if (column_ + width > kColumns - 1) {
      to_ += "=\r\n";
      column_ = 0;
    }
    if (escaped) {
      to_.push_back('=');
      append_hex(to_, c);
    } else {
      to_.push_back(c);
    }
    column_ += width;
  }
  void end_line(std::string_view line_end) {
    to_ += line_end;
    column_ = 0;
  }

 private:
  std::string& to_;
  std::size_t column_ = 0;
};

}  // namespace

std::string quoted_printable_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    std::string_view line_end;
    if (newline != std::string_view::npos) {
      line_end = text.substr(newline, 1);
      if (line.ends_with('\r')) {
        line.remove_suffix(1);
        line_end = text.substr(newline - 1, 2);
      }
    }
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    decode_line(result, line, line_end);
  }
  return result;
}

std::string quoted_printable_encode(std::string_view octets) {
  std::string result;
  result.reserve(octets.size() + octets.size() / 8);
  LineWriter writer(result);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const char c = octets[i];
    const std::string_view rest = octets.substr(i);
    if (c == '\n' || rest.starts_with("\r\n")) {
      const std::size_t length = c == '\n' ? 1 : 2;
      writer.end_line(rest.substr(0, length));
      i += length - 1;
      continue;
    }
    const std::string_view after = rest.substr(1);
    const bool ends_line = after.empty() || after[0] == '\n' || after.starts_with("\r\n");
    const bool plain = ascii::is_blank(c) ? !ends_line : ascii::is_printable(c) && c != '=';
    writer.add(c, !plain);
  }
  return result;
}

}  // namespace mail::text
