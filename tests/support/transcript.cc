// Reading transcripts: one line is one step; nothing spans lines, so an error names its line.
//
// Tested by tests/unit/transcript/transcript_test.cc.
#include "support/transcript.h"

#include <array>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::test {
namespace {

int hex_value(char c) {
  if (ascii::is_digit(c)) return c - '0';
  return ascii::to_lower(c) - 'a' + 10;
}

std::string_view trim_end(std::string_view s) {
  while (!s.empty() && ascii::is_space(s.back())) s.remove_suffix(1);
  return s;
}

/// Four spaces begin a remark. Blanks at the end of a line mean nothing (editors drop them).
std::string_view without_remark(std::string_view s) {
  if (const auto at = s.find("    "); at != s.npos) s = s.substr(0, at);
  return trim_end(s);
}

struct Keyword {
  std::string_view word;
  StepKind kind;
};
// `C|` stands before `C`: the first that fits wins.
constexpr std::array kKeywords = {
    Keyword{"S|", StepKind::kServerRaw},  Keyword{"S", StepKind::kServer},
    Keyword{"-S", StepKind::kNever},      Keyword{"C|", StepKind::kClient},
    Keyword{"C", StepKind::kClient},      Keyword{"?", StepKind::kEvent},
    Keyword{"!", StepKind::kAnswer},      Keyword{"T", StepKind::kTime},
    Keyword{"TLS", StepKind::kTls},       Keyword{"EOF", StepKind::kEof},
    Keyword{"CLOSED", StepKind::kClosed},
};

/// Where the engine is a client, `S` is what it hears and `C` what it says.
std::string_view other_side(std::string_view word) {
  if (word == "S") return "C";
  if (word == "C") return "S";
  if (word == "S|") return "C|";
  if (word == "C|") return "S|";
  return word == "-C" ? "-S" : word;
}

std::pair<std::string_view, std::string_view> split_word(std::string_view line) {
  const auto space = line.find(' ');
  if (space == line.npos) return {line, {}};
  return {line.substr(0, space), line.substr(space + 1)};
}

/// time = "+" 1*DIGIT ( "ms" / "s" / "m" / "h" / "d" )
std::optional<Duration> parse_time(std::string_view text) {
  if (!text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < text.size() && ascii::is_digit(text[digits])) ++digits;
  const auto count = ascii::parse_number(text.substr(0, digits), 1'000'000);
  if (!count) return std::nullopt;
  const auto n = static_cast<std::int64_t>(*count);
  const auto unit = text.substr(digits);
  if (unit == "ms") return milliseconds(n);
  if (unit == "s") return seconds(n);
  if (unit == "m") return minutes(n);
  if (unit == "h") return hours(n);
  if (unit == "d") return hours(24 * n);
  return std::nullopt;
}

class Reader {
 public:
  Reader(std::string_view file, std::string& error) : error_(error) { transcript_.file = file; }

  std::optional<Transcript> read(std::string_view content) {
    while (!content.empty()) {
      const auto end = content.find('\n');
      auto line = content.substr(0, end);
      content = end == content.npos ? std::string_view{} : content.substr(end + 1);
      ++line_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (trim_end(line).empty() || line.starts_with('#')) continue;
      if (!read_line(line)) return std::nullopt;
    }
    if (transcript_.protocol.empty()) return fail("no `protocol` line"), std::nullopt;
    if (transcript_.steps.empty()) return fail("no steps"), std::nullopt;
    return std::move(transcript_);
  }

 private:
  bool read_line(std::string_view line) {
    int connection = 1;
    if (line.size() > 2 && ascii::is_digit(line[0]) && line[1] == ':') {
      connection = line[0] - '0';
      line.remove_prefix(2);
    }
    auto [word, rest] = split_word(line);
    const auto text = without_remark(rest);
    if (word == "protocol") return transcript_.protocol = text, true;
    if (word == "option") return read_option(connection, text);
    if (word == "auto") return read_automatic(text);
    if (word == "where") {
      transcript_.runs_live = text == "live";
      return transcript_.runs_live || fail(cat("unknown place: ", text));
    }
    if (transcript_.protocol.ends_with("_client")) word = other_side(word);
    for (const auto& keyword : kKeywords) {
      if (word == keyword.word) return read_step(keyword, connection, rest);
    }
    return fail(cat("unknown line: ", line));
  }

  bool read_option(int connection, std::string_view text) {
    const auto equal = text.find('=');
    if (equal == text.npos) return fail("an option is name=value");
    auto& options =
        connection == 1 ? transcript_.options : transcript_.connection_options[connection];
    options[std::string(text.substr(0, equal))] = text.substr(equal + 1);
    return true;
  }

  bool read_automatic(std::string_view text) {
    while (!text.empty()) {
      const auto [word, rest] = split_word(text);
      if (!word.empty()) transcript_.automatic.emplace_back(word);
      text = rest;
    }
    return true;
  }

  bool read_step(const Keyword& keyword, int connection, std::string_view rest) {
    Step step{.kind = keyword.kind, .connection = connection, .line = line_};
    const auto text = without_remark(rest);
    const bool is_raw = keyword.word == "C|" || keyword.word == "S|";
    if (is_raw) {
      auto bytes = unescape(text);
      if (!bytes) return fail(cat("bad escape: ", text));
      step.text = std::move(*bytes);
    } else if (keyword.kind == StepKind::kClient) {
      step.text = cat(text, "\r\n");
    } else if (keyword.kind == StepKind::kTime) {
      const auto time = parse_time(text);
      if (!time) return fail(cat("a time is +5m (ms, s, m, h, d): ", text));
      step.time = *time;
    } else if (keyword.kind == StepKind::kServer && text.starts_with("...")) {
      step.skips = true;
      step.text = text.substr(3);
    } else {
      step.text = text;
    }
    transcript_.steps.push_back(std::move(step));
    return true;
  }

  bool fail(std::string_view what) {
    error_ = cat(transcript_.file, ":", line_, ": ", what);
    return false;
  }

  Transcript transcript_;
  std::string& error_;
  int line_ = 0;
};

}  // namespace

std::optional<Transcript> parse_transcript(std::string_view file, std::string_view content,
                                           std::string& error) {
  return Reader(file, error).read(content);
}

std::string escape(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    if (c == '\r') {
      text += "\\r";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (ascii::is_printable(c)) {
      text += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      append(text, "\\x", kHex[octet >> 4], kHex[octet & 15]);
    }
  }
  return text;
}

// escape = "\r" / "\n" / "\t" / "\0" / "\\" / "\x" 2HEXDIG / "\{" 1*DIGIT "*" text "}"
// The last repeats its text, which may hold the other escapes.
std::optional<std::string> unescape(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case 'r': bytes += '\r'; break;
      case 'n': bytes += '\n'; break;
      case 't': bytes += '\t'; break;
      case '0': bytes += '\0'; break;
      case '\\': bytes += '\\'; break;
      case 'x':
        if (i + 2 >= text.size() || !ascii::is_hex_digit(text[i + 1]) ||
            !ascii::is_hex_digit(text[i + 2])) {
          return std::nullopt;
        }
        bytes += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
        i += 2;
        break;
      case '{': {
        const auto star = text.find('*', i);
        const auto end = text.find('}', i);
        if (end == text.npos || star > end) return std::nullopt;
        const auto count = ascii::parse_number(text.substr(i + 1, star - i - 1), 10'000'000);
        const auto inner = text.substr(star + 1, end - star - 1);
        if (!count || inner.find("\\{") != inner.npos) return std::nullopt;
        const auto unit = unescape(inner);
        if (!unit) return std::nullopt;
        for (std::uint64_t n = 0; n < *count; ++n) bytes += *unit;
        i = end;
        break;
      }
      default: return std::nullopt;
    }
  }
  return bytes;
}

std::string Cutting::to_string() const {
  switch (kind) {
    case Kind::kWhole: return "whole";
    case Kind::kBytes: return "bytes";
    case Kind::kRandom: return cat(seed);
  }
  return {};
}

std::optional<Cutting> parse_cutting(std::string_view text) {
  if (text == "whole") return Cutting{Cutting::Kind::kWhole};
  if (text == "bytes") return Cutting{Cutting::Kind::kBytes};
  const auto seed = ascii::parse_number(text);
  if (!seed) return std::nullopt;
  return Cutting{Cutting::Kind::kRandom, *seed};
}

}  // namespace mail::test
