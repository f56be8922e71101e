// Tags inside a word do not divide it ("V<b></b>iagra" is one word to the reader, so to us); tags
// that break the line do. Comments, scripts and styles are not shown. No tree: one look at each
// octet, and a search for what ends it never starts again where it failed.
//
// Tested by tests/unit/bayes/html_text_test.cc.
#include "bayes/html_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "bayes/sink.h"
#include "bayes/words.h"
#include "mail/base/ascii.h"
#include "mail/text/utf8.h"

namespace mail::bayes {
namespace {

constexpr std::size_t kTagOctets = 1024;  // a longer one is text
constexpr std::size_t kNameOctets = 16;
constexpr std::size_t kValueOctets = 30;
constexpr std::size_t kAttributes = 30;

constexpr std::array<std::string_view, 11> kInlineTags = {
    "a", "b", "big", "em", "font", "i", "small", "span", "strong", "u", "wbr"};

constexpr std::array<std::pair<std::string_view, char32_t>, 14> kEntities = {{
    {"amp", U'&'},
    {"lt", U'<'},
    {"gt", U'>'},
    {"quot", U'"'},
    {"apos", U'\''},
    {"nbsp", U' '},
    {"auml", U'\u00E4'},
    {"ouml", U'\u00F6'},
    {"uuml", U'\u00FC'},
    {"szlig", U'\u00DF'},
    {"eacute", U'\u00E9'},
    {"egrave", U'\u00E8'},
    {"copy", U'\u00A9'},
    {"euro", U'\u20AC'},
}};

bool is_name(char c) { return ascii::is_alnum(c) || c == '-' || c == ':' || c == '_'; }

class HtmlReader {
 public:
  HtmlReader(std::string_view html, std::string& text, Sink& sink)
      : html_(html), text_(text), sink_(sink), next_end_(std::min(html.find('>'), html.size())) {}

  void read() {
    while (at_ < html_.size()) {
      const std::size_t plain = next_markup();
      text_.append(html_, at_, plain - at_);
      at_ = plain;
      if (at_ == html_.size()) return;
      html_[at_] == '<' ? markup() : entity();
    }
  }

 private:
  /// Of "<" and "&" the nearer one; each is looked for once.
  std::size_t next_markup() {
    if (next_tag_ < at_ || !is_begun_) next_tag_ = std::min(html_.find('<', at_), html_.size());
    if (next_entity_ < at_ || !is_begun_) {
      next_entity_ = std::min(html_.find('&', at_), html_.size());
    }
    is_begun_ = true;
    return std::min(next_tag_, next_entity_);
  }

  void markup() {
    const std::string_view rest = html_.substr(at_);
    if (rest.starts_with("<!--")) return skip_to("-->", 4);
    if (rest.size() > 1 && (rest[1] == '!' || rest[1] == '?')) return skip_to(">", 2);
    const bool closes = rest.size() > 1 && rest[1] == '/';
    const std::size_t name_begin = closes ? 2 : 1;
    std::size_t name_end = name_begin;
    while (name_end < rest.size() && is_name(rest[name_end])) ++name_end;
    const std::size_t length = name_end == name_begin ? 0 : tag_length(rest);
    if (length == 0) {
      text_.push_back('<');
      ++at_;
      return;
    }
    const std::string name =
        ascii::to_lower(rest.substr(name_begin, std::min(name_end - name_begin, kNameOctets)));
    at_ += length;
    if (std::find(kInlineTags.begin(), kInlineTags.end(), name) == kInlineTags.end()) {
      text_.push_back(' ');
    }
    if (closes) return;
    sink_.add_structure("tag:", name);
    attributes(name, rest.substr(name_end, length - 1 - name_end));
    if (name == "script" || name == "style") skip_element(name);
  }

  /// With the ">"; quotes hide one. 0: there is no end.
  std::size_t tag_length(std::string_view rest) {
    const std::size_t most = std::min(rest.size(), kTagOctets);
    if (next_end_ < at_) next_end_ = std::min(html_.find('>', at_), html_.size());
    if (next_end_ >= at_ + most) return 0;
    char quote = 0;
    for (std::size_t i = 1; i < most; ++i) {
      const char c = rest[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if ((c == '"' || c == '\'') && rest[i - 1] == '=') {
        quote = c;
      } else if (c == '>') {
        return i + 1;
      }
    }
    // An open quote: a browser would look on; to us the first ">" ends it.
    return next_end_ - at_ + 1;
  }

  void attributes(std::string_view tag, std::string_view text) {
    std::size_t at = 0;
    for (std::size_t count = 0; count < kAttributes; ++count) {
      while (at < text.size() && !is_name(text[at])) ++at;
      if (at >= text.size()) return;
      const std::size_t name_begin = at;
      while (at < text.size() && is_name(text[at])) ++at;
      const std::string name =
          ascii::to_lower(text.substr(name_begin, std::min(at - name_begin, kNameOctets)));
      while (at < text.size() && ascii::is_space(text[at])) ++at;
      std::string_view value;
      if (at < text.size() && text[at] == '=') value = attribute_value(text, ++at);
      attribute(tag, name, value);
    }
  }

  static std::string_view attribute_value(std::string_view text, std::size_t& at) {
    while (at < text.size() && ascii::is_space(text[at])) ++at;
    if (at < text.size() && (text[at] == '"' || text[at] == '\'')) {
      const std::size_t begin = at + 1;
      const std::size_t end = std::min(text.find(text[at], begin), text.size());
      at = std::min(end + 1, text.size());
      return text.substr(begin, end - begin);
    }
    const std::size_t begin = at;
    while (at < text.size() && !ascii::is_space(text[at])) ++at;
    return text.substr(begin, at - begin);
  }

  void attribute(std::string_view tag, std::string_view name, std::string_view value) {
    std::string kind = "tag:";
    kind.append(tag).append(".").append(name);
    sink_.add_structure(kind, "");
    if (name == "href" || name == "src" || name == "action" || name == "background") {
      if (ascii::starts_with_ignoring_case(value, "mailto:")) {
        value.remove_prefix(7);
        WordBudget budget{4};
        return add_words("mailto:", value.substr(0, value.find('?')), budget, sink_);
      }
      if (ascii::starts_with_ignoring_case(value, "cid:")) return sink_.add("url:", "cid");
      return add_url(value, sink_);
    }
    value = ascii::trim(value);
    if (value.empty() || name == "alt" || name == "title") {
      text_.push_back(' ');
      text_.append(value);
      text_.push_back(' ');
    } else if (name == "style") {
      WordBudget budget{20};
      add_words("style:", value, budget, sink_);
    } else if (value.size() <= kValueOctets) {
      std::string attribute_kind(name);
      attribute_kind.push_back('=');
      sink_.add_structure(attribute_kind, value);
    }
  }

  void entity() {
    const std::size_t semicolon = html_.substr(at_, 12).find(';');
    const std::string_view name =
        semicolon == html_.npos ? "" : html_.substr(at_ + 1, semicolon - 1);
    if (const auto character = entity_character(name)) {
      text::append_code_point(text_, *character);
      at_ += semicolon + 1;
    } else {
      text_.push_back(html_[at_++]);
    }
  }

  static std::optional<char32_t> entity_character(std::string_view name) {
    for (const auto& [known, character] : kEntities) {
      if (name == known) return character;
    }
    if (!name.starts_with('#') || name.size() < 2) return std::nullopt;
    const bool is_hex = name[1] == 'x' || name[1] == 'X';
    std::uint32_t number = 0;
    for (const char c : name.substr(is_hex ? 2 : 1)) {
      if (!(is_hex ? ascii::is_hex_digit(c) : ascii::is_digit(c)) || number > 0x10FFFF) {
        return std::nullopt;
      }
      const int digit = ascii::is_digit(c) ? c - '0' : ascii::to_lower(c) - 'a' + 10;
      number = number * (is_hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
    }
    return number;
  }

  void skip_to(std::string_view end, std::size_t from) {
    const std::size_t found = html_.find(end, at_ + from);
    at_ = found == html_.npos ? html_.size() : found + end.size();
  }

  /// To behind "</name": what stands between is not shown.
  void skip_element(std::string_view name) {
    while (at_ < html_.size()) {
      const std::size_t found = html_.find("</", at_);
      if (found == html_.npos) break;
      at_ = found + 2;
      if (ascii::starts_with_ignoring_case(html_.substr(at_), name)) return skip_to(">", 0);
    }
    at_ = html_.size();
  }

  std::string_view html_;
  std::string& text_;
  Sink& sink_;
  std::size_t at_ = 0;
  bool is_begun_ = false;
  std::size_t next_tag_ = 0;     // the first "<" at or behind some earlier `at_`
  std::size_t next_entity_ = 0;  // "&"
  std::size_t next_end_;         // of the first ">" at or behind some earlier `at_`
};

}  // namespace

void html_to_text(std::string_view html, std::string& text, Sink& sink) {
  HtmlReader(html, text, sink).read();
}

}  // namespace mail::bayes
