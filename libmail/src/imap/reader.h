// The tokens of IMAP (RFC 3501 §9), read from a framed command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imap/frame.h"
#include "mail/imap/command.h"

namespace mail::imap {

/// What is wrong with a command, as its tagged answer.
struct Refusal {
  bool is_no = false;  // NO, else BAD
  std::string code;    // resp-text-code without brackets, or empty
  std::string text;
};

/// What parsers must know of the session.
struct GrammarOptions {
  char hierarchy_separator = '.';
  std::size_t search_depth = 64;
  std::size_t search_nodes = 1000;
};

/// Reads a frame from left to right. A method that cannot read what it is named after records the
/// first `refusal` and says nullopt or false; after that the result of the command does not matter.
/// The frame must outlive it.
class Reader {
 public:
  Reader(const Frame& frame, const GrammarOptions& options) : frame_(frame), options_(options) {}

  const GrammarOptions& options() const { return options_; }
  const Refusal& refusal() const { return refusal_; }
  bool has_failed() const { return has_failed_; }

  // ---- looking
  bool is_at_end() const { return position_ == frame_.text.size() && !is_at_literal(); }
  bool is_at_literal() const {
    return next_literal_ < frame_.literals.size() &&
           frame_.literals[next_literal_].offset == position_;
  }
  /// The next octet of the line; NUL where the line piece ends.
  char peek() const { return position_ < piece_end() ? frame_.text[position_] : '\0'; }
  bool is_at(char c) const { return peek() == c && c != '\0'; }

  // ---- taking
  /// Takes `c` if it is next.
  bool skip(char c);
  /// Takes `word` if it is next, in any case.
  bool skip_word(std::string_view word);
  bool expect(char c);
  bool space() { return expect(' '); }

  /// 1*ATOM-CHAR
  std::optional<std::string_view> atom();
  /// The letters, digits and dots that are next, perhaps none: a word of the grammar.
  std::string_view keyword();
  std::optional<std::string_view> tag();
  std::optional<std::string_view> object_id();
  std::optional<std::string> string();   // quoted / literal
  std::optional<std::string> astring();  // 1*ASTRING-CHAR / string
  std::optional<std::uint32_t> number();
  std::optional<std::uint32_t> nz_number();
  std::optional<SequenceSet> sequence_set();
  std::optional<std::string> mailbox();
  /// list-mailbox, still in modified UTF-7.
  std::optional<std::string> list_mailbox();
  std::optional<FlagList> flag_list();       // "(" [flag *(SP flag)] ")"
  std::optional<FlagList> bare_flag_list();  // flag *(SP flag)
  std::optional<std::string> quoted();

  std::nullopt_t bad(std::string_view text);
  std::nullopt_t no(std::string_view code, std::string_view text);

  /// Modified UTF-7 to UTF-8, INBOX in upper case; no control characters.
  std::optional<std::string> decode_mailbox(std::string_view wire);

 private:
  std::size_t piece_end() const {
    return next_literal_ < frame_.literals.size() ? frame_.literals[next_literal_].offset
                                                  : frame_.text.size();
  }
  std::string_view rest_of_piece() const {
    return std::string_view(frame_.text).substr(position_, piece_end() - position_);
  }
  template <class Predicate>
  std::string_view take_while(Predicate predicate);
  std::optional<std::string> literal();
  bool flag(FlagList& flags);
  std::optional<std::uint32_t> sequence_number();

  const Frame& frame_;
  GrammarOptions options_;
  Refusal refusal_;
  std::size_t position_ = 0;
  std::size_t next_literal_ = 0;
  bool has_failed_ = false;
};

/// ATOM-CHAR: any CHAR but ( ) { SP CTL % * " \ ]
bool is_atom_char(char c);
/// "INBOX" for any spelling of it (RFC 3501 §5.1), also as the first level of a longer name.
std::string canonical_mailbox(std::string name, char separator);

}  // namespace mail::imap
