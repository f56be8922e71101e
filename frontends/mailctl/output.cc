// Text for people, who may sit at a terminal, and JSON for programs.
//
// Tested by tests/cases/mailctl/terminal.py and tests/cases/mailctl/bad_input.py.
#include "output.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "mail/text/utf8.h"

namespace mailctl {
namespace {

bool is_harmless(char32_t c) {
  const bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  const bool turns =
      c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return !is_control && !turns;
}

void append_escaped(std::string& text, unsigned char octet) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  switch (octet) {
    case '\n': text += "\\n"; return;
    case '\r': text += "\\r"; return;
    case '\t': text += "\\t"; return;
    default: text += {'\\', 'x', kDigits[octet >> 4], kDigits[octet & 15]};
  }
}

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::kRed: return "31";
    case Colour::kYellow: return "33";
    case Colour::kGreen: return "32";
    case Colour::kCyan: return "36";
    case Colour::kDim: return "2";
    case Colour::kBold: return "1";
  }
  return "0";
}

bool shows_colours(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return isatty(descriptor) == 1 && (no_color == nullptr || *no_color == '\0') && term != nullptr &&
         std::string_view(term) != "dumb";
}

/// Characters, as good as columns for what stands in config files.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

std::string shown(std::string_view text, std::size_t limit) {
  std::string safe;
  std::size_t valid = mail::text::valid_utf8_prefix(text);
  for (std::size_t at = 0; at < text.size();) {
    if (safe.size() >= limit) return safe + "...";
    if (at == valid) {  // an octet that is no text
      append_escaped(safe, static_cast<unsigned char>(text[at++]));
      valid = at + mail::text::valid_utf8_prefix(text.substr(at));
      continue;
    }
    const std::size_t begin = at;
    const char32_t character = mail::text::next_code_point(text, at);
    const std::string_view octets = text.substr(begin, at - begin);
    if (is_harmless(character)) {
      safe += octets;
    } else {
      for (const char c : octets) append_escaped(safe, static_cast<unsigned char>(c));
    }
  }
  return safe;
}

bool is_plain_text(std::string_view text) {
  if (!mail::text::is_valid_utf8(text)) return false;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_harmless(mail::text::next_code_point(text, at))) return false;
  }
  return true;
}

std::string named(std::string_view value) { return "'" + shown(value, kMaxQuoted) + "'"; }

std::string paint(int descriptor, Colour colour, std::string_view text) {
  if (!shows_colours(descriptor)) return std::string(text);
  return "\x1b[" + std::string(code_of(colour)) + "m" + std::string(text) + "\x1b[0m";
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void Table::print() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(shown(row[i].text)));
    }
  }
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = shown(row[i].text);
      std::cout << (row[i].painted ? paint(STDOUT_FILENO, row[i].colour, text) : text);
      if (i + 1 < row.size()) std::cout << std::string(widths[i] - width_of(text) + 2, ' ');
    }
    std::cout << "\n";
  }
}

}  // namespace mailctl
