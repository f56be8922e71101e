// Framing before meaning: a command is looked at only when all of it is there, and one that is too
// long is swallowed to its end, so that nothing is ever read from the middle of bytes that the peer
// chose.
//
// A bare CR or LF is never a line end here (RFC 5321 §2.3.8): a peer that uses one is not cut off
// from what it says, it is shown the door by the engine.
//
// Tested by tests/unit/smtp/command_line_test.cc.
#include "smtp/command_line.h"

#include <algorithm>

#include "mail/base/ascii.h"
#include "mail/text/utf8.h"

namespace mail::smtp {

LineReader::Cut LineReader::read(std::string_view bytes, std::size_t limit) {
  const auto lf = bytes.find('\n', scanned_);
  if (lf == bytes.npos) {
    scanned_ = bytes.size();
    if (!is_swallowing_ && bytes.size() < limit) return {};
    if (bytes.empty()) return {};
    is_swallowing_ = true;
    last_swallowed_ = bytes.back();
    scanned_ = 0;
    return {.consumed = bytes.size()};
  }
  const bool was_swallowing = is_swallowing_;
  const char before = lf != 0 ? bytes[lf - 1] : was_swallowing ? last_swallowed_ : '\0';
  scanned_ = 0;
  is_swallowing_ = false;
  if (before != '\r') return {Result::kBareLf, lf + 1, {}};
  if (was_swallowing || lf + 1 > limit) return {Result::kTooLong, lf + 1, {}};
  const auto line = bytes.substr(0, lf - 1);
  if (line.find('\r') != line.npos) return {Result::kBareCr, lf + 1, {}};
  return {Result::kLine, lf + 1, line};
}

CommandLine split_command(std::string_view line) {
  while (!line.empty() && ascii::is_blank(line.back())) line.remove_suffix(1);
  const auto end = static_cast<std::size_t>(
      std::find_if(line.begin(), line.end(), ascii::is_blank) - line.begin());
  CommandLine command{line.substr(0, end), line.substr(end)};
  while (!command.argument.empty() && ascii::is_blank(command.argument.front())) {
    command.argument.remove_prefix(1);
  }
  return command;
}

bool has_allowed_octets(std::string_view line, bool allow_utf8) {
  bool is_ascii = true;
  for (const char c : line) {
    if (ascii::is_control(c) && c != '\t') return false;
    if (static_cast<unsigned char>(c) > 127) is_ascii = false;
  }
  return is_ascii || (allow_utf8 && text::is_valid_utf8(line));
}

// Mail-parameters = esmtp-param *(SP esmtp-param)
// esmtp-param     = esmtp-keyword ["=" esmtp-value]
// esmtp-keyword   = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
// esmtp-value     = 1*(%d33-60 / %d62-126)                              RFC 5321 §4.1.2
// esmtp-value     =/ UTF8-non-ascii                                     RFC 6531 §3.3
std::optional<std::vector<Parameter>> parse_parameters(std::string_view text) {
  std::vector<Parameter> parameters;
  for (;;) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (text.empty()) return parameters;
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    const auto equal = word.find('=');
    Parameter parameter{.keyword = word.substr(0, equal), .has_value = equal != word.npos};
    if (parameter.has_value) parameter.value = word.substr(equal + 1);
    const auto fits_keyword = [](char c) { return ascii::is_alnum(c) || c == '-'; };
    const auto fits_value = [](char c) {
      return static_cast<unsigned char>(c) > 32 && c != 127 && c != '=';
    };
    const auto& [keyword, value, has_value] = parameter;
    if (keyword.empty() || keyword.front() == '-' ||
        !std::all_of(keyword.begin(), keyword.end(), fits_keyword) ||
        (has_value && value.empty()) || !std::all_of(value.begin(), value.end(), fits_value)) {
      return std::nullopt;
    }
    for (const auto& other : parameters) {
      if (ascii::equal_ignoring_case(other.keyword, keyword)) return std::nullopt;
    }
    parameters.push_back(parameter);
  }
}

}  // namespace mail::smtp
