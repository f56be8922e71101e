// The text of dovecot-keywords: which letter of a file name is which keyword.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace mail::store {

inline constexpr int kKeywordLetters = 26;

/// Index 0 is the letter 'a'; empty: the letter has no name.
using KeywordFile = std::array<std::string, kKeywordLetters>;

/// Lines that make no sense are left out, as Dovecot does.
KeywordFile parse_keywords(std::string_view text);
std::string format_keywords(const KeywordFile& names);

}  // namespace mail::store
