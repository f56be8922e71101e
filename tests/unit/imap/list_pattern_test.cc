#include "mail/imap/list_pattern.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using mail::imap::matches;

namespace {

/// The definition of "*" and "%", word for word.
bool twin(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*' || pattern[0] == '%') {
    if (twin(pattern.substr(1), name)) return true;
    return !name.empty() && (pattern[0] == '*' || name[0] != '.') && twin(pattern, name.substr(1));
  }
  return !name.empty() && pattern[0] == name[0] && twin(pattern.substr(1), name.substr(1));
}

std::vector<std::string> all_texts(std::string_view alphabet, std::size_t longest) {
  std::vector<std::string> texts = {""};
  for (std::size_t begin = 0, length = 0; length < longest; ++length) {
    const std::size_t end = texts.size();
    for (; begin < end; ++begin) {
      for (char c : alphabet) texts.push_back(texts[begin] + c);
    }
  }
  return texts;
}

}  // namespace

TEST_CASE("Every short pattern matches what the naive matcher says") {
  const auto names = all_texts("ab.", 5);
  for (const std::string& pattern : all_texts("a.*%", 4)) {
    for (const std::string& name : names) {
      if (matches(pattern, name, '.') != twin(pattern, name)) FAIL(pattern << " " << name);
    }
  }
}

TEST_CASE("INBOX matches in any case, other names do not") {
  CHECK(matches("inbox", "INBOX", '.'));
  CHECK(matches("inB%", "INBOX", '.'));
  CHECK(matches("inbox.Work", "INBOX.Work", '.'));
  CHECK_FALSE(matches("inbox.work", "INBOX.Work", '.'));
  CHECK_FALSE(matches("inboxes", "INBOXES", '.'));
  CHECK_FALSE(matches("work", "Work", '.'));
}

TEST_CASE("A pattern of ten thousand wildcards ends soon") {
  std::string pattern;
  for (int i = 0; i < 5000; ++i) pattern += "%*";
  pattern += 'x';
  CHECK_FALSE(matches(pattern, std::string(200, 'a'), '.'));
  // … and so do a thousand mailboxes under a pattern of the longest command.
  pattern.clear();
  while (pattern.size() < 65'000) pattern += "a%b*";
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(matches(pattern, std::string(200, 'a'), '.'));
}
