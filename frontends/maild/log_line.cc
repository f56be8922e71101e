// How a line looks. What a peer sent is only ever a value here, and a value cannot end its line,
// nor move the cursor of a terminal, nor write backwards. Tested by tests/unit/maild/log_test.cc.
#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "log.h"
#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace maild {
namespace {

bool is_plain(char c) {
  return mail::ascii::is_printable(c) && c != ' ' && c != '"' && c != '\\' && c != '=';
}

/// Octets of the well-formed UTF-8 character (RFC 3629 §4) that `text` begins with; 0: none.
std::size_t utf8_length(std::string_view text, char32_t& character) {
  const auto octet = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = octet(0);
  const std::size_t length = first < 0x80    ? 1
                             : first < 0xC2  ? 0
                             : first < 0xE0  ? 2
                             : first < 0xF0  ? 3
                             : first <= 0xF4 ? 4
                                             : 0;
  if (length < 2) {
    character = first;
    return length;
  }
  character = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xC0) != 0x80) return 0;
    character = (character << 6) | (octet(i) & 0x3F);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = character >= 0xD800 && character <= 0xDFFF;
  return character < kLeast[length] || character > 0x10FFFF || is_surrogate ? 0 : length;
}

/// C1 controls, line and paragraph separators, and what turns the direction of writing.
bool is_harmful(char32_t c) {
  return (c >= 0x80 && c <= 0x9F) || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0x061C || c == 0xFEFF;
}

void append_hex(std::string& to, std::string_view octets) {
  constexpr char kHex[] = "0123456789abcdef";
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    to += "\\x";
    to += kHex[octet >> 4];
    to += kHex[octet & 15];
  }
}

/// `text` with everything escaped that is not harmless.
std::string harmless(std::string_view text, bool escape_quotes) {
  std::string result;
  while (!text.empty()) {
    char32_t character = 0;
    const std::size_t length = utf8_length(text, character);
    const std::string_view octets = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 1 && escape_quotes && (character == '"' || character == '\\')) {
      result += '\\';
      result += octets;
    } else if (length == 0 || (length == 1 && mail::ascii::is_control(octets.front())) ||
               is_harmful(character)) {
      append_hex(result, octets);
    } else {
      result += octets;
    }
    text.remove_prefix(octets.size());
  }
  return result;
}

}  // namespace

std::string logfmt_value(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  return mail::cat("\"", harmless(text, true), "\"");
}

std::string text_line(std::string_view time, std::string_view level, std::string_view sentence,
                      std::span<const mail::Logger::Field> fields) {
  std::string line = mail::cat(time, " ", level, " ", sentence);
  for (const auto& field : fields)
    mail::append(line, " ", field.name, "=", logfmt_value(field.value));
  return line;
}

std::string json_line(std::string_view time, std::string_view level, std::string_view sentence,
                      std::span<const mail::Logger::Field> fields) {
  nlohmann::ordered_json line = {{"time", time}, {"level", level}, {"message", sentence}};
  for (const auto& field : fields) {
    // `message` is the sentence; the id of a mail has that name too.
    const std::string name =
        line.contains(field.name) ? mail::cat(field.name, "_id") : std::string(field.name);
    line[name] = harmless(field.value, false);
  }
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace maild
