// Encoded words. Decoding is one scan: an encoded word adds its octets to a pending run of one
// charset, blanks behind it are held back until it is known whether another one follows, anything
// else converts the run first. Linear: once no "?=" follows, nothing more is tried.
//
// Tested by tests/unit/text/encoded_word_test.cc, tests/unit/text/rfc2047_suite_test.cc.
#include "mail/text/encoded_word.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "mail/base/ascii.h"
#include "mail/text/base64.h"
#include "mail/text/charset.h"
#include "mail/text/hex.h"
#include "mail/text/utf8.h"

namespace mail::text {
namespace {

constexpr std::size_t kWordLimit = 75;     // RFC 2047 §2
constexpr std::size_t kCharsetLimit = 64;  // of what is looked at as a charset name

std::string decode_q(std::string_view text) {
  std::string octets;
  octets.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int octet =
        text[i] == '=' && i + 2 < text.size() ? hex_octet(text[i + 1], text[i + 2]) : -1;
    if (octet >= 0) {
      octets.push_back(static_cast<char>(octet));
      i += 2;
    } else {
      octets.push_back(text[i] == '_' ? ' ' : text[i]);
    }
  }
  return octets;
}

struct EncodedWord {
  std::string_view charset;
  std::string octets;
  std::size_t length = 0;  // of the whole word
};

/// Where the "?=" stands that ends the text which begins at `begin`; npos when there is none, or
/// another "=?" comes first: broken senders leave blanks in the text, but no encoded word holds the
/// start of another.
std::size_t encoded_text_end(std::string_view text, std::size_t begin) {
  for (std::size_t mark = text.find('?', begin); mark != std::string_view::npos;
       mark = text.find('?', mark + 1)) {
    if (text.substr(mark + 1).starts_with('=')) return mark;
    if (mark > begin && text[mark - 1] == '=') return std::string_view::npos;
  }
  return std::string_view::npos;
}

// RFC 2047 §2, RFC 2231 §5:
//   encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="
// `text` begins with "=?".
std::optional<EncodedWord> encoded_word_at(std::string_view text) {
  const std::size_t name_end = text.substr(0, kCharsetLimit + 3).find('?', 2);
  if (name_end == std::string_view::npos || name_end == 2) return std::nullopt;
  if (text.size() < name_end + 3 || text[name_end + 2] != '?') return std::nullopt;
  const char encoding = ascii::to_lower(text[name_end + 1]);
  if (encoding != 'b' && encoding != 'q') return std::nullopt;
  std::string_view charset = text.substr(2, name_end - 2);
  if (charset.find_first_of(" \t\r\n") != std::string_view::npos) return std::nullopt;
  charset = charset.substr(0, charset.find('*'));

  const std::size_t begin = name_end + 3;
  const std::size_t end = encoded_text_end(text, begin);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view encoded = text.substr(begin, end - begin);
  EncodedWord word;
  word.charset = charset;
  word.octets = encoding == 'b' ? base64_decode_lenient(encoded) : decode_q(encoded);
  word.length = end + 2;
  return word;
}

class Decoder {
 public:
  std::string decode(std::string_view value) {
    result_.reserve(value.size());
    const char* last_end = value.data() + (value.rfind("?=") + 1);  // begin + 0 when there is none
    while (true) {
      const std::size_t start = value.find("=?");
      if (start == std::string_view::npos || value.data() + start > last_end) break;
      auto word = encoded_word_at(value.substr(start));
      if (!word) {
        add_plain(value.substr(0, start + 2));
        value.remove_prefix(start + 2);
        continue;
      }
      add_plain(value.substr(0, start));
      add_word(*word);
      value.remove_prefix(start + word->length);
    }
    add_plain(value);
    flush();
    result_ += held_blanks_;
    return std::move(result_);
  }

 private:
  void add_plain(std::string_view text) {
    if (text.empty()) return;
    const bool only_blanks = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (only_blanks && after_word_) {
      held_blanks_ += text;  // vanishes when an encoded word follows (RFC 2047 §6.2)
      return;
    }
    flush();
    result_ += held_blanks_;
    held_blanks_.clear();
    result_ += sanitize_utf8(text);
    after_word_ = false;
  }

  void add_word(EncodedWord& word) {
    held_blanks_.clear();
    if (!ascii::equal_ignoring_case(word.charset, charset_)) flush();
    charset_ = word.charset;
    pending_ += word.octets;
    after_word_ = true;
  }

  void flush() {
    if (!pending_.empty()) result_ += to_utf8(pending_, charset_);
    pending_.clear();
  }

  std::string result_;
  std::string pending_;
  std::string_view charset_;
  std::string held_blanks_;
  bool after_word_ = false;
};

// RFC 5322 §3.2.3: what has no meaning of its own in a phrase.
bool is_atom_char(char c) {
  return ascii::is_alnum(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos);
}

bool needs_encoding(std::string_view word, bool in_phrase) {
  if (word.find("=?") != std::string_view::npos) return true;
  return std::any_of(word.begin(), word.end(), [&](char c) {
    return !ascii::is_printable(c) || (in_phrase && c != ' ' && !is_atom_char(c));
  });
}

// The characters that stand for themselves in every place an encoded word may stand
// (RFC 2047 §5 rule 3: phrases allow the fewest).
bool is_plain_in_q(char c) {
  return ascii::is_alnum(c) || c == '!' || c == '*' || c == '+' || c == '-' || c == '/';
}

std::size_t q_width(std::string_view octets) {
  std::size_t width = 0;
  for (char c : octets) width += is_plain_in_q(c) || c == ' ' ? 1 : 3;
  return width;
}

constexpr std::string_view kQBegin = "=?utf-8?Q?";
constexpr std::string_view kBBegin = "=?utf-8?B?";
constexpr std::size_t kTextLimit = kWordLimit - kQBegin.size() - 2;

std::string q_text(std::string_view octets) {
  std::string text;
  for (char c : octets) {
    if (c == ' ') {
      text.push_back('_');
    } else if (is_plain_in_q(c)) {
      text.push_back(c);
    } else {
      text.push_back('=');
      append_hex(text, c);
    }
  }
  return text;
}

/// `run` is valid UTF-8 and becomes one or more encoded words.
void append_run(std::string& to, std::string_view run) {
  const bool use_q = q_width(run) <= (run.size() + 2) / 3 * 4;
  auto width = [&](std::string_view octets) {
    return use_q ? q_width(octets) : (octets.size() + 2) / 3 * 4;
  };
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t used = 0;  // columns of run[begin, end); for B, which does not add up, unused
  auto emit = [&] {
    if (begin > 0) to.push_back(' ');
    const std::string_view chunk = run.substr(begin, end - begin);
    to += use_q ? kQBegin : kBBegin;
    to += use_q ? q_text(chunk) : base64_encode(chunk);
    to += "?=";
    begin = end;
    used = 0;
  };
  while (end < run.size()) {
    std::size_t next = end;
    next_code_point(run, next);
    const std::size_t added = width(run.substr(end, next - end));
    const std::size_t total = use_q ? used + added : width(run.substr(begin, next - begin));
    if (total > kTextLimit) emit();
    used += added;
    end = next;
  }
  emit();
}

std::vector<std::string_view> split_at_spaces(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t space = text.find(' ');
    words.push_back(text.substr(0, space));
    if (space == std::string_view::npos) return words;
    text.remove_prefix(space + 1);
  }
}

}  // namespace

std::string decode_encoded_words(std::string_view value) { return Decoder().decode(value); }

namespace {

/// `text` has a word that needs it.
std::string encode(std::string_view text, bool in_phrase) {
  const std::string utf8 = sanitize_utf8(text);
  const std::vector<std::string_view> words = split_at_spaces(utf8);
  std::string result;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) result.push_back(' ');
    if (!needs_encoding(words[i], in_phrase)) {
      result += words[i];
      continue;
    }
    // Neighbours are encoded together, with the spaces between them: those would vanish.
    std::size_t last = i;
    for (std::size_t j = i + 1; j < words.size(); ++j) {
      if (needs_encoding(words[j], in_phrase)) {
        last = j;
      } else if (!words[j].empty()) {
        break;
      }
    }
    const char* begin = words[i].data();
    append_run(result, std::string_view(begin, words[last].data() + words[last].size()));
    i = last;
  }
  return result;
}

}  // namespace

std::string encode_words(std::string_view text) {
  if (!needs_encoding(text, false)) return std::string(text);
  return encode(text, false);
}

std::string encode_phrase(std::string_view text) {
  if (!needs_encoding(text, true)) return std::string(text);
  return encode(text, true);
}

}  // namespace mail::text
