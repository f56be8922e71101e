// A word starts with a letter, a digit, an octet outside ASCII or "$", goes on with these and with
// - ' . _ @ ! * %, and ends with one that may end it. "free-money!" gives itself and its pieces
// "free", "money": a spammer's compound of known words says what the words say.
//
// Beyond ASCII every octet belongs to a word; `make_plain` has taken out before what divides words,
// and what only hides them from filters (zero-width characters, letters of odd typefaces).
//
// Tested by tests/unit/bayes/tokens_test.cc.
#include "bayes/words.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "bayes/sink.h"
#include "mail/base/ascii.h"

namespace mail::bayes {
namespace {

constexpr std::size_t kShortestWord = 2;
constexpr std::size_t kLongestWord = 30;
constexpr std::size_t kShingledFrom = 7;  // octets: shorter words beyond ASCII stand for themselves
constexpr std::size_t kIdeographs = 6;    // octets of two, which are a word to the budget
constexpr std::size_t kUrlOctets = 500;
constexpr std::size_t kUrlWords = 20;

enum Class : std::uint8_t { kOther = 0, kWord = 1, kInner = 2 };

constexpr auto kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    if (ascii::is_alnum(static_cast<char>(c)) || c >= 0x80) classes[c] = kWord;
  }
  for (const char c : {'-', '\'', '.', '_', '@', '$', '!', '*', '%'}) {
    classes[static_cast<unsigned char>(c)] = kInner;
  }
  return classes;
}();

std::uint8_t class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }

/// Octets of the character that begins here.
std::size_t character_octets(char first) {
  const auto c = static_cast<unsigned char>(first);
  return c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

/// Scripts without blanks between words, and inflected ones: two characters of three octets, or
/// four of two.
void add_shingles(std::string_view kind, std::string_view word, WordBudget& budget, Sink& sink) {
  const std::size_t window = static_cast<unsigned char>(word.front()) >= 0xE0 ? 2 : 4;
  const std::size_t octets_a_word = window == 2 ? kIdeographs : kLongestWord;
  word = word.substr(0, (budget.words + 1) * octets_a_word);
  budget.words -= std::min(budget.words, word.size() / octets_a_word);
  std::size_t begin = 0;
  while (begin < word.size()) {
    std::size_t end = begin;
    for (std::size_t i = 0; i < window && end < word.size(); ++i) {
      end += character_octets(word[end]);
    }
    if (end > word.size()) return;
    sink.add_lower(kind, word.substr(begin, end - begin));
    if (end == word.size()) return;
    begin += character_octets(word[begin]);
  }
}

bool is_ascii(std::string_view word) {
  return std::none_of(word.begin(), word.end(),
                      [](char c) { return static_cast<signed char>(c) < 0; });
}

void add_simple_word(std::string_view kind, std::string_view word, WordBudget& budget, Sink& sink) {
  if (word.size() < kShortestWord) return;
  if (word.size() <= kLongestWord) sink.add_lower(kind, word);
  if (word.size() >= kShingledFrom && !is_ascii(word)) {
    add_shingles(kind, word, budget, sink);
  } else if (word.size() > kLongestWord) {
    const char text[] = {ascii::to_lower(word.front()),
                         static_cast<char>('0' + std::min<std::size_t>(word.size() / 10, 9))};
    sink.add("long:", std::string_view(text, sizeof text));
  }
}

void add_compound(std::string_view kind, std::string_view word, WordBudget& budget, Sink& sink) {
  if (word.size() <= kLongestWord) sink.add_lower(kind, word);
  if (const std::size_t at = word.rfind('@'); at != word.npos && at + 1 < word.size()) {
    add_host(kind, word.substr(at + 1), sink);
  }
  std::size_t begin = 0;
  while (begin < word.size()) {
    std::size_t end = begin;
    while (end < word.size() && class_of(word[end]) == kWord) ++end;
    add_simple_word(kind, word.substr(begin, end - begin), budget, sink);
    begin = end + 1;
  }
}

bool ends_url(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '<' || c == '>' || c == '\'' ||
         c == ')' || c == ']';
}

std::size_t url_length(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && end < kUrlOctets && !ends_url(text[end])) ++end;
  return end;
}

/// Octets of the URL that begins here; 0 when none does.
std::size_t url_at(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://", "ftp://", "www."}) {
    if (ascii::starts_with_ignoring_case(text, scheme)) return url_length(text);
  }
  return 0;
}

/// By its first two letters: "ht", "ft", "ww".
bool may_begin_url(std::string_view text) {
  if (text.size() < 4) return false;
  const char first = static_cast<char>(text[0] | 0x20);
  const char second = static_cast<char>(text[1] | 0x20);
  return second == 't' ? first == 'h' || first == 'f' : second == 'w' && first == 'w';
}

/// What stands for a character beyond ASCII: itself, another one, a blank, or 0 for nothing.
char32_t plain(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  if (c < 0xC0) {
    return c == 0xAD ? 0 : c == 0xAA || c == 0xB5 || c == 0xBA || c == 0xA3 || c == 0xA5 ? c : U' ';
  }
  if (within(0x200B, 0x200F) || within(0x202A, 0x202E) || within(0x2060, 0x206F) || c == 0xFEFF ||
      c == 0x34F || c == 0x180E || within(0xFE00, 0xFE0F) || within(0xE0000, 0xE0FFF)) {
    return 0;
  }
  if (c == 0x2019) return U'\'';
  if (within(0x2000, 0x206F) || within(0x3000, 0x3003) || within(0x3008, 0x3020)) return U' ';
  if (within(0xFF01, 0xFF5E)) return c - 0xFEE0;  // of full width
  if (within(0x1D400, 0x1D6A3)) {                 // mathematical: thirteen typefaces
    const char32_t letter = (c - 0x1D400) % 52;
    return letter < 26 ? U'A' + letter : U'a' + letter - 26;
  }
  if (within(0x1D7CE, 0x1D7FF)) return U'0' + (c - 0x1D7CE) % 10;
  return c;
}

}  // namespace

void make_plain(std::string& text) {
  std::size_t to = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t octets = std::min(character_octets(text[at]), text.size() - at);
    if (octets == 1) {
      text[to++] = text[at++];
      continue;
    }
    char32_t c = static_cast<unsigned char>(text[at]) & (0x7FU >> octets);
    for (std::size_t i = 1; i < octets; ++i) c = c << 6 | (text[at + i] & 0x3F);
    const char32_t instead = plain(c);
    if (instead == c) {
      std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), octets,
                  text.begin() + static_cast<std::ptrdiff_t>(to));
      to += octets;
    } else if (instead != 0) {
      text[to++] = static_cast<char>(instead);
    }
    at += octets;
  }
  text.resize(to);
}

void add_host(std::string_view kind, std::string_view host, Sink& sink) {
  while (!host.empty() && !ascii::is_alnum(host.back())) host.remove_suffix(1);
  sink.add_lower(kind, host);
  const bool is_address =
      std::all_of(host.begin(), host.end(), [](char c) { return ascii::is_digit(c) || c == '.'; });
  if (is_address) return;
  for (std::size_t dot = host.find('.'); dot != host.npos; dot = host.find('.')) {
    host.remove_prefix(dot + 1);
    if (host.find('.') == host.npos) break;
    sink.add_lower(kind, host);
  }
  if (!host.empty()) sink.add_lower("tld:", host);
}

void add_url(std::string_view url, Sink& sink) {
  url = url.substr(0, kUrlOctets);
  if (const std::size_t scheme = url.find("://"); scheme != url.npos) url.remove_prefix(scheme + 3);
  const std::size_t host_end = std::min(url.find_first_of("/?#"), url.size());
  std::string_view host = url.substr(0, host_end);
  if (const std::size_t user = host.rfind('@'); user != host.npos) {
    sink.add("url:", "user@");
    host.remove_prefix(user + 1);
  }
  if (const std::size_t port = host.find(':'); port != host.npos) {
    sink.add("url:", host.substr(port));
    host = host.substr(0, port);
  }
  if (!host.empty() && ascii::is_digit(host.back())) sink.add("url:", "address");
  add_host("url:", host, sink);

  std::string_view path = url.substr(host_end);
  for (std::size_t words = 0; words < kUrlWords && !path.empty(); ++words) {
    std::size_t begin = 0;
    while (begin < path.size() && !ascii::is_alnum(path[begin])) ++begin;
    std::size_t end = begin;
    while (end < path.size() && ascii::is_alnum(path[end])) ++end;
    const std::string_view word = path.substr(begin, end - begin);
    if (word.size() >= kShortestWord && word.size() <= kLongestWord) sink.add_lower("path:", word);
    path.remove_prefix(end);
  }
}

void add_words(std::string_view kind, std::string_view text, WordBudget& budget, Sink& sink) {
  std::size_t at = 0;
  while (at < text.size() && budget.words > 0) {
    const char first = text[at];
    if (class_of(first) != kWord && first != '$') {
      ++at;
      continue;
    }
    --budget.words;
    if (const std::string_view rest = text.substr(at); may_begin_url(rest)) {
      if (const std::size_t length = url_at(rest); length != 0) {
        add_url(rest.substr(0, length), sink);
        at += length;
        continue;
      }
    }
    const std::size_t begin = at++;
    std::size_t inner = first == '$' ? 1 : 0;
    for (; at < text.size(); ++at) {
      const std::uint8_t c = class_of(text[at]);
      if (c == kOther) break;
      inner += c == kInner;
    }
    std::size_t end = at;
    while (class_of(text[end - 1]) == kInner && text[end - 1] != '%' && end - begin > 1) {
      if (text[end - 1] == '!' && class_of(text[end - 2]) == kWord) break;  // "free!", not "free!!"
      --end;
      --inner;
    }
    const std::string_view word = text.substr(begin, end - begin);
    inner > 0 ? add_compound(kind, word, budget, sink) : add_simple_word(kind, word, budget, sink);
  }
}

}  // namespace mail::bayes
