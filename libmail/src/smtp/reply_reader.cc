// A reply is believed when it is one: three digits from 200 to 559, the same in each line, CRLF at
// the end of each. Its text is cleaned, since it ends up in logs and in notices to people.
//
// Tested by tests/unit/smtp/reply_reader_test.cc.
#include "smtp/reply_reader.h"

#include <algorithm>

#include "mail/base/ascii.h"

namespace mail::smtp {
namespace {

/// "5.1.1 " in front of the text, of the same class as the code (RFC 2034 §4). Empty: none.
std::string_view enhanced_code(std::string_view text, int code) {
  std::size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    std::size_t digits = 0;
    while (at < text.size() && digits < 4 && ascii::is_digit(text[at])) ++at, ++digits;
    if (digits == 0 || digits > 3) return {};
    if (part < 2 && (at == text.size() || text[at++] != '.')) return {};
  }
  if (text[1] != '.' || text[0] - '0' != code / 100) return {};
  if (at != text.size() && text[at] != ' ') return {};
  return text.substr(0, at);
}

}  // namespace

ReplyReader::Cut ReplyReader::read(std::string_view bytes) {
  const auto lf = bytes.find('\n', scanned_);
  const auto end = lf == bytes.npos ? bytes.size() : lf + 1;
  if (end > limits_.line) return {Result::kTooLong, bytes.size()};
  if (lf == bytes.npos) {
    scanned_ = bytes.size();
    return {};
  }
  scanned_ = 0;
  if (lf == 0 || bytes[lf - 1] != '\r') return {Result::kMalformed, end};
  return {take_line(bytes.substr(0, lf - 1)), end};
}

// Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
// Reply-code = %x32-35 %x30-35 %x30-39                                      RFC 5321 §4.2
ReplyReader::Result ReplyReader::take_line(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '5' ||
      !ascii::is_digit(line[2])) {
    return Result::kMalformed;
  }
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  const char separator = line.size() > 3 ? line[3] : ' ';
  if (separator != ' ' && separator != '-') return Result::kMalformed;
  if (lines_ == limits_.lines) return Result::kTooLong;
  auto text = line.substr(std::min<std::size_t>(4, line.size()));
  const auto enhanced = enhanced_code(text, code);
  if (lines_ == 0) {
    reply_ = {.code = code, .enhanced = std::string(enhanced), .text = {}};
  } else {
    if (code != reply_.code) return Result::kMalformed;
    reply_.text += '\n';
  }
  ++lines_;
  if (!enhanced.empty() && enhanced == reply_.enhanced) {
    text.remove_prefix(std::min(enhanced.size() + 1, text.size()));
  }
  for (const char c : text) reply_.text += ascii::is_printable(c) || c == '\t' ? c : '?';
  if (separator == '-') return Result::kNeedMore;
  lines_ = 0;
  return Result::kReply;
}

}  // namespace mail::smtp
