// Names are parsed leniently, since any program may have written them: whatever stands before the
// first ':' is the base, as in Dovecot's uidlist, and of what stands after the last one only an
// info part of version 2 says anything about flags.
//
// Tested by tests/unit/store/message_name_test.cc.
#include "store/message_name.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/store/types.h"

namespace mail::store {
namespace {

struct LetterFlag {
  char letter;
  SystemFlag flag;
};
constexpr LetterFlag kLetters[] = {
    {'D', kDraft}, {'F', kFlagged}, {'R', kAnswered}, {'S', kSeen}, {'T', kDeleted}};

std::uint8_t system_flag(char letter) {
  for (const auto& [known, flag] : kLetters) {
    if (letter == known) return flag;
  }
  return 0;
}

std::uint64_t leading_number(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), ascii::is_digit);
  const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  return ascii::parse_number(digits).value_or(0);
}

}  // namespace

std::optional<std::uint64_t> MessageName::number_after(std::string_view key) const {
  const std::size_t at = base.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = base.substr(at + key.size());
  return ascii::parse_number(rest.substr(0, rest.find(',')));
}

MessageName parse_message_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return {name, {}, {}};
  MessageName parsed{name.substr(0, colon), {}, {}};
  const std::string_view info = name.substr(name.rfind(':') + 1);
  if (!info.starts_with("2,")) return parsed;
  parsed.letters = info.substr(2);
  const std::size_t comma = parsed.letters.find(',');
  if (comma != std::string_view::npos) {
    parsed.foreign = parsed.letters.substr(comma);
    parsed.letters = parsed.letters.substr(0, comma);
  }
  return parsed;
}

NameFlags flags_of(const MessageName& name) {
  NameFlags flags;
  for (const char letter : name.letters) {
    flags.system |= system_flag(letter);
    if (ascii::is_lower(letter)) flags.keyword_letters |= 1U << (letter - 'a');
  }
  return flags;
}

std::string with_flags(const MessageName& name, const NameFlags& flags) {
  std::string letters;
  for (const char letter : name.letters) {
    if (system_flag(letter) == 0 && !ascii::is_lower(letter)) letters += letter;
  }
  for (const auto& [letter, flag] : kLetters) {
    if ((flags.system & flag) != 0) letters += letter;
  }
  for (char letter = 'a'; letter <= 'z'; ++letter) {
    if ((flags.keyword_letters >> (letter - 'a') & 1) != 0) letters += letter;
  }
  std::sort(letters.begin(), letters.end());
  letters.erase(std::unique(letters.begin(), letters.end()), letters.end());
  return cat(name.base, ":2,", letters, name.foreign);
}

Arrival arrival_of(std::string_view name) {
  const std::size_t dot = name.find(".M");
  const std::uint64_t microseconds =
      dot == std::string_view::npos ? 0 : leading_number(name.substr(dot + 2));
  return {leading_number(name), microseconds, name};
}

std::string escape_hostname(std::string_view hostname) {
  std::string escaped;
  for (const char c : hostname) {
    if (c == '/') {
      escaped += "\\057";
    } else if (c == ':') {
      escaped += "\\072";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace mail::store
