// The lexical tokens that structured fields share (RFC 5322 §3.2): blanks, comments, quoted
// strings. Reads broken input as far as it goes: what is not closed ends with the field.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "mail/base/ascii.h"

namespace mail::message {

/// A set of octets, asked in one step.
class OctetSet {
 public:
  static constexpr OctetSet all_but(std::string_view left_out) {
    OctetSet set;
    set.members_.fill(true);
    for (const char c : left_out) set.members_[static_cast<unsigned char>(c)] = false;
    return set;
  }
  static constexpr OctetSet all_but_controls_and(std::string_view left_out) {
    OctetSet set = all_but(left_out);
    for (std::size_t i = 0; i < 128; ++i) {
      if (ascii::is_control(static_cast<char>(i))) set.members_[i] = false;
    }
    return set;
  }
  constexpr bool contains(char c) const { return members_[static_cast<unsigned char>(c)]; }

 private:
  std::array<bool, 256> members_{};
};

class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  /// NUL at the end.
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  std::string_view rest() const { return rest_; }
  void skip(std::size_t octets = 1) { rest_.remove_prefix(octets); }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  template <class Predicate>
  std::string_view take_while(Predicate predicate) {
    std::size_t length = 0;
    while (length < rest_.size() && predicate(rest_[length])) ++length;
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  /// Blanks, line ends and comments. The text of the last comment goes to `comment` if asked for.
  void skip_cfws(std::string* comment = nullptr);

  /// At a quote: is there a second one?
  bool has_closed_quote() const;
  /// At a quote: its content, quoted pairs resolved, line ends removed.
  std::string take_quoted_string();

  /// Forward to `c`, which stays; or to the end.
  void skip_to(char c) {
    const std::size_t position = rest_.find(c);
    rest_.remove_prefix(position == std::string_view::npos ? rest_.size() : position);
  }

 private:
  void skip_comment(std::string* comment);

  std::string_view rest_;
};

}  // namespace mail::message
