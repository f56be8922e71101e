// One folder's keywords: bits of Flags::keywords on one side, letters of file names on the other.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mail/store/types.h"
#include "store/keywords_file.h"
#include "store/message_name.h"

namespace mail::store {

/// Bits are given out in the order of appearance and never change; a letter that has no name in
/// dovecot-keywords is the keyword "unknown-<index>", as in Dovecot, until it has one. A value.
class KeywordLetters {
 public:
  const std::vector<std::string>& names() const { return names_; }

  /// Takes over the names of letters and keywords that are not known yet.
  void load(const KeywordFile& file);
  /// True when each of these letters has a name.
  bool knows(std::uint32_t letters) const;
  /// The flags of a file name; letters without a name get a bit.
  Flags flags_of(const NameFlags& flags);
  NameFlags letters_of(const Flags& flags) const;

  /// The bits of these names, letters given to new ones; none when there are too few letters.
  std::optional<std::uint64_t> intern(std::span<const std::string> names);
  /// The bits of those names that are known.
  std::uint64_t known_bits(std::span<const std::string> names) const;
  std::vector<std::string> names_of(std::uint64_t bits) const;

  KeywordFile file() const;

 private:
  bool is_nameless(std::size_t letter) const;
  std::optional<std::size_t> bit_of(std::string_view name) const;
  void add(std::size_t letter, std::string name);

  std::vector<std::string> names_;                                     // by bit
  std::vector<std::size_t> letters_;                                   // by bit
  std::array<std::optional<std::size_t>, kKeywordLetters> bits_ = {};  // by letter
};

}  // namespace mail::store
