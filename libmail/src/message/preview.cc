// One pass over the beginning of the first text part. HTML is read as it is shown: what stands in
// head, style and script is not, a tag inside a word does not divide it, any other is a blank.
//
// Tested by tests/unit/message/preview_test.cc, tests/unit/message/every_mail_test.cc.
#include "mail/message/preview.h"

#include <algorithm>
#include <array>
#include <optional>

#include "mail/base/ascii.h"
#include "mail/text/charset.h"
#include "mail/text/utf8.h"

namespace mail::message {
namespace {

/// Takes text, lets through what is to be shown of it, and knows when that is enough.
class Preview {
 public:
  bool is_full() const { return characters_ >= kPreviewCharacters; }
  bool is_empty() const { return text_.empty(); }
  std::string take() { return std::move(text_); }

  void blank() { has_blank_ = true; }
  void add(char32_t c) {
    if (is_unseen(c) || is_full()) return;
    if (c <= ' ' || c == 0x7F || c == 0xA0 || c == 0x3000) return blank();
    if (has_blank_ && !text_.empty()) {
      text_ += ' ';
      if (++characters_ == kPreviewCharacters) return text_.pop_back();
    }
    has_blank_ = false;
    text::append_code_point(text_, c);
    ++characters_;
  }
  /// `utf8` is valid.
  void add(std::string_view utf8) {
    for (std::size_t at = 0; at < utf8.size() && !is_full();) add(text::next_code_point(utf8, at));
  }

 private:
  /// What newsletters pad their beginning with, and marks of order: C1 controls, soft hyphens,
  /// joiners, directions, byte order marks, noncharacters of layout.
  static bool is_unseen(char32_t c) {
    return (c >= 0x80 && c < 0xA0) || c == 0xAD || c == 0x34F || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
  }

  std::string text_;
  std::size_t characters_ = 0;
  bool has_blank_ = false;
};

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

void add_plain(std::string_view text, bool with_quotes, Preview& preview) {
  while (!text.empty() && !preview.is_full()) {
    const std::string_view line = next_line(text);
    if (line.starts_with('>') && !with_quotes) continue;
    preview.add(line);
    preview.blank();
  }
}

struct Entity {
  std::string_view name;
  char32_t character;
};
constexpr std::array kEntities = {
    Entity{"amp", '&'},       Entity{"lt", '<'},       Entity{"gt", '>'},
    Entity{"quot", '"'},      Entity{"apos", '\''},    Entity{"nbsp", 0xA0},
    Entity{"copy", 0xA9},     Entity{"reg", 0xAE},     Entity{"shy", 0xAD},
    Entity{"auml", 0xE4},     Entity{"ouml", 0xF6},    Entity{"uuml", 0xFC},
    Entity{"Auml", 0xC4},     Entity{"Ouml", 0xD6},    Entity{"Uuml", 0xDC},
    Entity{"szlig", 0xDF},    Entity{"agrave", 0xE0},  Entity{"ccedil", 0xE7},
    Entity{"egrave", 0xE8},   Entity{"eacute", 0xE9},  Entity{"ecirc", 0xEA},
    Entity{"zwnj", 0x200C},   Entity{"zwj", 0x200D},   Entity{"ndash", 0x2013},
    Entity{"mdash", 0x2014},  Entity{"lsquo", 0x2018}, Entity{"rsquo", 0x2019},
    Entity{"ldquo", 0x201C},  Entity{"rdquo", 0x201D}, Entity{"bull", 0x2022},
    Entity{"hellip", 0x2026}, Entity{"euro", 0x20AC},
};
constexpr std::size_t kLongestEntity = 10;

class HtmlReader {
 public:
  HtmlReader(std::string_view html, Preview& preview) : rest_(html), preview_(preview) {}

  void read() {
    while (!rest_.empty() && !preview_.is_full()) {
      if (rest_.front() == '<' && is_markup()) {
        skip_markup();
      } else if (rest_.front() == '&') {
        read_entity();
      } else {
        std::size_t at = 0;
        preview_.add(text::next_code_point(rest_, at));
        rest_.remove_prefix(at);
      }
    }
  }

 private:
  bool is_markup() const {
    const char next = rest_.size() > 1 ? rest_[1] : '\0';
    return ascii::is_alpha(next) || next == '/' || next == '!' || next == '?';
  }

  void skip_past(std::string_view end) {
    const std::size_t at = rest_.find(end);
    rest_.remove_prefix(at == rest_.npos ? rest_.size() : at + end.size());
  }

  void skip_markup() {
    if (rest_.starts_with("<!--")) return skip_past("-->");
    std::string_view name = rest_.substr(1);
    const bool is_end = name.starts_with('/');
    if (is_end) name.remove_prefix(1);
    name = name.substr(
        0, static_cast<std::size_t>(std::find_if_not(name.begin(), name.end(), ascii::is_alnum) -
                                    name.begin()));
    skip_tag();
    const auto is_name = [name](std::string_view known) {
      return ascii::equal_ignoring_case(name, known);
    };
    constexpr std::array<std::string_view, 4> kUnseen = {"head", "style", "script", "title"};
    constexpr std::array<std::string_view, 15> kInline = {"a",    "abbr",   "b",   "big", "code",
                                                          "em",   "font",   "i",   "s",   "small",
                                                          "span", "strong", "sub", "sup", "u"};
    if (!is_end && std::any_of(kUnseen.begin(), kUnseen.end(), is_name)) skip_element(name);
    if (std::none_of(kInline.begin(), kInline.end(), is_name)) preview_.blank();
  }

  /// To behind its '>'; one in quotes is none.
  void skip_tag() {
    char quote = '\0';
    std::size_t at = 1;
    for (; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (quote == '\0' && c == '>') break;
      if (quote != '\0' ? c == quote : (c == '"' || c == '\'') && rest_[at - 1] == '=') {
        quote = quote == '\0' ? c : '\0';
      }
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
  }

  /// To before its end tag; all of the rest when there is none.
  void skip_element(std::string_view name) {
    for (;;) {
      const std::size_t at = rest_.find("</");
      if (at == rest_.npos) {
        rest_ = {};
        return;
      }
      rest_.remove_prefix(at);
      if (ascii::equal_ignoring_case(rest_.substr(2, name.size()), name)) return;
      rest_.remove_prefix(2);
    }
  }

  void read_entity() {
    const std::size_t end = rest_.substr(0, kLongestEntity + 2).find(';');
    if (const auto c = end == rest_.npos ? std::nullopt : character(rest_.substr(1, end - 1))) {
      preview_.add(*c);
      rest_.remove_prefix(end + 1);
      return;
    }
    preview_.add(U'&');
    rest_.remove_prefix(1);
  }

  static std::optional<char32_t> character(std::string_view name) {
    if (name.starts_with('#')) {
      name.remove_prefix(1);
      const bool is_hex = name.starts_with('x') || name.starts_with('X');
      if (is_hex) name.remove_prefix(1);
      char32_t value = 0;
      for (const char c : name) {
        const char low = ascii::to_lower(c);
        const bool is_digit = ascii::is_digit(c);
        if (!is_digit && (!is_hex || low < 'a' || low > 'f')) return std::nullopt;
        value = std::min<char32_t>(
            value * (is_hex ? 16 : 10) + static_cast<char32_t>(is_digit ? c - '0' : low - 'a' + 10),
            0x110000);
      }
      return name.empty() ? std::nullopt : std::optional(value);
    }
    for (const Entity& entity : kEntities) {
      if (entity.name == name) return entity.character;
    }
    return std::nullopt;
  }

  std::string_view rest_;
  Preview& preview_;
};

}  // namespace

std::string preview_text(const MimeTree& tree) {
  std::size_t looked_at = 0;
  for (const MimePart& part : tree.parts()) {
    if (part.kind != MimePart::Kind::kLeaf) continue;
    if (++looked_at > kPreviewParts) break;
    const PartDescription description = tree.describe(part);
    const ContentType& type = description.content_type;
    const bool is_html = type.is("text", "html");
    if (!is_html && !type.is("text", "plain")) continue;
    if (description.disposition && description.disposition->kind == "attachment") continue;
    const auto charset = parameter_value(type.parameters, "charset");
    const std::string text =
        text::to_utf8(decode_transfer(tree.body(part).substr(0, kPreviewOctets), part.encoding),
                      charset.value_or(""));
    Preview preview;
    if (is_html) {
      HtmlReader(text, preview).read();
    } else {
      add_plain(text, false, preview);
      if (preview.is_empty()) add_plain(text, true, preview);
    }
    if (!preview.is_empty()) return preview.take();
  }
  return "";
}

}  // namespace mail::message
