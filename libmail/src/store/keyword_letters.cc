// Tested by tests/unit/store/formats_test.cc.
#include "store/keyword_letters.h"

#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::store {
namespace {

std::string placeholder(std::size_t letter) { return cat("unknown-", letter); }

}  // namespace

bool KeywordLetters::is_nameless(std::size_t letter) const {
  return bits_[letter] && names_[*bits_[letter]] == placeholder(letter);
}

std::optional<std::size_t> KeywordLetters::bit_of(std::string_view name) const {
  for (std::size_t bit = 0; bit < names_.size(); ++bit) {
    if (ascii::equal_ignoring_case(names_[bit], name)) return bit;
  }
  return std::nullopt;
}

void KeywordLetters::add(std::size_t letter, std::string name) {
  bits_[letter] = names_.size();
  names_.push_back(std::move(name));
  letters_.push_back(letter);
}

void KeywordLetters::load(const KeywordFile& file) {
  for (std::size_t letter = 0; letter < file.size(); ++letter) {
    if (file[letter].empty() || bit_of(file[letter])) continue;
    if (!bits_[letter]) add(letter, file[letter]);
    // Dovecot renames files first, and names the letters afterwards.
    if (is_nameless(letter)) names_[*bits_[letter]] = file[letter];
  }
}

bool KeywordLetters::knows(std::uint32_t letters) const {
  for (std::size_t letter = 0; letter < bits_.size(); ++letter) {
    if ((letters >> letter & 1) == 0) continue;
    if (!bits_[letter] || is_nameless(letter)) return false;
  }
  return true;
}

Flags KeywordLetters::flags_of(const NameFlags& flags) {
  Flags result{flags.system, 0};
  for (std::size_t letter = 0; letter < bits_.size(); ++letter) {
    if ((flags.keyword_letters >> letter & 1) == 0) continue;
    if (!bits_[letter]) add(letter, placeholder(letter));
    result.keywords |= std::uint64_t{1} << *bits_[letter];
  }
  return result;
}

NameFlags KeywordLetters::letters_of(const Flags& flags) const {
  NameFlags result{flags.system, 0};
  for (std::size_t bit = 0; bit < letters_.size(); ++bit) {
    if ((flags.keywords >> bit & 1) != 0) result.keyword_letters |= 1U << letters_[bit];
  }
  return result;
}

std::optional<std::uint64_t> KeywordLetters::intern(std::span<const std::string> names) {
  std::size_t letter = 0;
  for (const std::string& name : names) {
    if (bit_of(name)) continue;
    while (letter < bits_.size() && bits_[letter]) ++letter;
    if (letter == bits_.size()) return std::nullopt;
    add(letter, name);
  }
  return known_bits(names);
}

std::uint64_t KeywordLetters::known_bits(std::span<const std::string> names) const {
  std::uint64_t bits = 0;
  for (const std::string& name : names) {
    if (const auto bit = bit_of(name)) bits |= std::uint64_t{1} << *bit;
  }
  return bits;
}

std::vector<std::string> KeywordLetters::names_of(std::uint64_t bits) const {
  std::vector<std::string> names;
  for (std::size_t bit = 0; bit < names_.size(); ++bit) {
    if ((bits >> bit & 1) != 0) names.push_back(names_[bit]);
  }
  return names;
}

KeywordFile KeywordLetters::file() const {
  KeywordFile file;
  for (std::size_t bit = 0; bit < names_.size(); ++bit) {
    if (!is_nameless(letters_[bit])) file[letters_[bit]] = names_[bit];
  }
  return file;
}

}  // namespace mail::store
