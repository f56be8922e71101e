//   dovecot-keywords = *( index SP keyword LF )      index = 0…25
//
// Tested by tests/unit/store/formats_test.cc.
#include "store/keywords_file.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"

namespace mail::store {

KeywordFile parse_keywords(std::string_view text) {
  KeywordFile names;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) continue;
    const auto index = ascii::parse_number(line.substr(0, blank), kKeywordLetters - 1);
    const std::string_view name = line.substr(blank + 1);
    if (!index || name.empty() || !names[*index].empty()) continue;
    if (std::any_of(name.begin(), name.end(),
                    [](char c) { return c == ' ' || ascii::is_control(c); })) {
      continue;
    }
    const bool is_repeated = std::any_of(names.begin(), names.end(), [name](const auto& other) {
      return ascii::equal_ignoring_case(other, name);
    });
    if (!is_repeated) names[*index] = name;
  }
  return names;
}

std::string format_keywords(const KeywordFile& names) {
  std::string text;
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (!names[index].empty()) append(text, index, " ", names[index], "\n");
  }
  return text;
}

}  // namespace mail::store
