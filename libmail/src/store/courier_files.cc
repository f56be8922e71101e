// Courier keeps the layout of Maildir++ and flags in names as Dovecot does. These files are its
// own:
//
//   courierimapuiddb       = "1" SP uidvalidity SP nextuid LF *( uid SP name LF )
//   courierpop3dsizelist   = [ "/" version SP nextuid [ SP uidvalidity ] LF ]
//                            *( name SP size [ SP uid [ ":" uidvalidity [ ":" digit ] ] ] LF )
//   courierimapsubscribed  = *( "INBOX" *( "." level ) LF )
//
//   courierimapkeywords/:list = *( keyword LF ) LF *( name ":" index *( SP index ) LF )
//   courierimapkeywords/      : files named as a message, or .N.name, hold *( keyword LF )
//
// The first is version 1 of dovecot-uidlist. The second tells unique-ids ("UID5-1234567890", or the
// base name where it has no number) and their order; both become keys P and O of the records, as in
// Dovecot's own way over. Keywords count from 0 in the list; a file named as a message replaces
// what the list says of it, that of the largest N unless there is one without.
//
// Tested by tests/unit/store/formats_test.cc, tests/store/maildir_test.cc.
#include "store/courier_files.h"

#include <algorithm>
#include <optional>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "store/message_name.h"
#include "store/subscriptions_file.h"

namespace mail::store {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

/// Courier writes what could hurt in a unique-id as +XX.
std::string escaped(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : name) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet > 0x20 && octet < 0x7f && c != '\'' && c != '"' && c != '+') {
      result += c;
    } else {
      result += {'+', kDigits[octet >> 4], kDigits[octet & 15]};
    }
  }
  return result;
}

struct Pop3Line {
  std::string_view base;
  std::string unique_id;
};

std::optional<Pop3Line> parse_pop3_line(std::string_view line) {
  const std::size_t name_end = line.find(' ');
  if (name_end == std::string_view::npos) return std::nullopt;
  Pop3Line parsed;
  parsed.base = parse_message_name(line.substr(0, name_end)).base;
  const std::string_view rest = line.substr(name_end + 1);
  const std::size_t size_end = rest.find(' ');
  std::string_view numbers =
      size_end == std::string_view::npos ? std::string_view() : rest.substr(size_end + 1);
  const std::size_t colon = numbers.find(':');
  const auto uid = ascii::parse_number(numbers.substr(0, colon), UINT64_MAX);
  if (!is_base_name(parsed.base) || !ascii::parse_number(rest.substr(0, size_end), UINT64_MAX) ||
      (!numbers.empty() && !uid)) {
    return std::nullopt;
  }
  numbers.remove_prefix(colon == std::string_view::npos ? numbers.size() : colon + 1);
  const auto validity = ascii::parse_number(numbers.substr(0, numbers.find(':')), UINT64_MAX);
  if (uid.value_or(0) == 0) {
    parsed.unique_id = escaped(parsed.base);
  } else if (validity.value_or(0) != 0) {
    parsed.unique_id = cat("UID", *uid, "-", *validity);
  } else {
    parsed.unique_id = cat("UID", *uid);
  }
  return parsed;
}

}  // namespace

UidList adopt_courier(std::string_view uid_database, std::string_view pop3_list) {
  UidList list = parse_uidlist(uid_database);
  list.must_be_rewritten = true;
  absl::flat_hash_map<std::string_view, std::size_t, StringHash, StringEqual> by_name;
  std::vector<std::pair<std::size_t, std::size_t>> places;  // of the keys: record, octets
  std::string all_keys;
  absl::flat_hash_set<std::size_t> has_keys;
  for (std::size_t i = 0; i < list.records.size(); ++i) by_name.emplace(list.records[i].name, i);
  std::uint64_t place = 0;
  while (!pop3_list.empty()) {
    const std::string_view line = take_line(pop3_list);
    if (line.starts_with('/')) continue;
    const auto parsed = parse_pop3_line(line);
    if (!parsed) continue;
    const auto [at, is_unknown] = by_name.try_emplace(parsed->base, list.records.size());
    if (is_unknown) {
      if (list.header.next > kMaxUid) continue;
      list.records.push_back(
          {Uid{static_cast<std::uint32_t>(list.header.next++)}, "", parsed->base});
    }
    if (!has_keys.insert(at->second).second) continue;
    const std::string keys = cat("O", ++place, " P", parsed->unique_id);
    places.emplace_back(at->second, keys.size());
    all_keys += keys;
  }
  list.keys = std::make_shared<const std::string>(std::move(all_keys));
  std::string_view rest = *list.keys;
  for (const auto& [record, octets] : places) {
    list.records[record].keys = rest.substr(0, octets);
    rest.remove_prefix(octets);
  }
  return list;
}

CourierKeywords parse_courier_keywords(std::string_view list,
                                       const std::map<std::string, std::string>& updates) {
  CourierKeywords keywords;
  std::size_t count = 0;
  const auto letter_of = [&](std::string_view name) -> std::uint32_t {
    for (std::size_t i = 0; i < count; ++i) {
      if (ascii::equal_ignoring_case(keywords.names[i], name)) return 1U << i;
    }
    const bool fits = !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
      return c == ' ' || ascii::is_control(c);
    });
    if (count == keywords.names.size() || !fits) return 0;
    keywords.names[count] = name;
    return 1U << count++;
  };
  std::vector<std::uint32_t> by_index;
  while (!list.empty()) {
    const std::string_view name = take_line(list);
    if (name.empty()) break;
    by_index.push_back(letter_of(name));
  }
  while (!list.empty()) {
    std::string_view line = take_line(list);
    const std::size_t colon = line.rfind(':');
    if (colon == std::string_view::npos || colon == 0) continue;
    std::uint32_t& letters = keywords.letters[std::string(line.substr(0, colon))];
    line.remove_prefix(colon + 1);
    while (!line.empty()) {
      const auto index = ascii::parse_number(line.substr(0, line.find(' ')), UINT32_MAX);
      if (index && *index < by_index.size()) letters |= by_index[*index];
      line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
    }
  }
  std::map<std::string_view, std::uint64_t> newest;
  for (const auto& [file, text] : updates) {
    std::string_view name = file;
    std::uint64_t age = UINT64_MAX;  // a file without a number is the newest
    if (name.starts_with('.')) {
      const std::size_t dot = name.find('.', 1);
      if (dot == std::string_view::npos) continue;
      const auto number = ascii::parse_number(name.substr(1, dot - 1), UINT64_MAX - 1);
      if (!number) continue;
      age = *number;
      name.remove_prefix(dot + 1);
    }
    if (name.empty()) continue;
    const auto [at, is_first] = newest.try_emplace(name, age);
    if (!is_first && age < at->second) continue;
    at->second = age;
    std::uint32_t& letters = keywords.letters[std::string(name)];
    letters = 0;
    std::string_view rest = text;
    while (!rest.empty()) letters |= letter_of(take_line(rest));
  }
  return keywords;
}

std::vector<std::string> parse_courier_subscriptions(std::string_view text) {
  constexpr std::string_view kPrefix = "INBOX.";
  std::vector<std::string> names;
  for (std::string& name : parse_subscriptions(text)) {
    const bool is_below = name.size() > kPrefix.size() &&
                          ascii::equal_ignoring_case(std::string_view(name).substr(0, 6), kPrefix);
    names.push_back(is_below ? name.substr(kPrefix.size()) : std::move(name));
  }
  return names;
}

}  // namespace mail::store
