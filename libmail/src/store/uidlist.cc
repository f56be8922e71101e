// Versions 1 and 3 of dovecot-uidlist; Dovecot never released a version 2.
//
//   v3      = "3" *( SP letter value ) LF *record
//   record  = uid SP *( upper value SP ) ":" name LF
//   v1      = "1" SP uidvalidity SP nextuid LF *( uid SP name LF )
//
// Dovecot throws a list away when one line of it is wrong, and with it every UID. Here a wrong line
// loses only itself: lines are cut first, those that cannot be are left out, and of UIDs out of
// order the longest ascending run is believed, so that one wild number does not outvote the rest.
//
// Tested by tests/unit/store/uidlist_test.cc; fuzzed by fuzz/uidlist.cc.
#include "store/uidlist.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "store/message_name.h"
#include "store/name_table.h"
#include "store/object_id.h"

namespace mail::store {
namespace {

/// Cuts the text up to `separator` off `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

bool parse_header(std::string_view line, UidListHeader& header, bool& is_old) {
  std::string_view rest = line;
  const std::string_view version = take(rest, ' ');
  is_old = version == "1";
  if (version != "1" && version != "3") return false;
  while (!rest.empty()) {
    std::string_view word = take(rest, ' ');
    if (word.empty()) continue;
    char letter = word.front();
    if (is_old) {
      letter = number(header.validity) == 0 ? 'V' : 'N';
    } else {
      word.remove_prefix(1);
    }
    const auto value = ascii::parse_number(word, kMaxUid + (letter == 'N' ? 1 : 0));
    if (letter == 'V' && value) {
      header.validity = UidValidity{static_cast<std::uint32_t>(*value)};
    } else if (letter == 'N' && value) {
      header.next = std::max<std::uint64_t>(*value, 1);
    } else if (letter == 'V' || letter == 'N') {
      return false;
    } else {
      append(header.others, header.others.empty() ? "" : " ", letter, word);
    }
  }
  return number(header.validity) != 0;
}

std::optional<UidRecord> parse_record(std::string_view line, bool is_old) {
  std::string_view rest = line;
  const auto uid = ascii::parse_number(take(rest, ' '), kMaxUid);
  if (!uid || *uid == 0) return std::nullopt;
  UidRecord record;
  record.uid = Uid{static_cast<std::uint32_t>(*uid)};
  while (!is_old && !rest.starts_with(':')) {
    const std::string_view key = take(rest, ' ');
    // "P" alone is a value too: the base name is the POP3 unique-id.
    if ((key.size() < 2 && key != "P") || !ascii::is_upper(key.front()) || rest.empty())
      return std::nullopt;
    if (record.keys.empty()) record.keys = key;
    record.keys = {record.keys.data(), key.data() + key.size()};
    if (record.keys.size() > kMaxRecordKeys) return std::nullopt;
  }
  const std::string_view name = parse_message_name(rest.substr(is_old ? 0 : 1)).base;
  if (!is_base_name(name)) return std::nullopt;
  record.name = name;
  return record;
}

bool is_ascending(std::span<const UidRecord> records) {
  return std::adjacent_find(records.begin(), records.end(), [](const auto& a, const auto& b) {
           return a.uid >= b.uid;
         }) == records.end();
}

/// Patience sorting: `tails[n]` is the record with the smallest UID that ends an ascending run of
/// n + 1 records.
std::vector<UidRecord> longest_ascending(std::vector<UidRecord> records) {
  std::vector<std::size_t> tails;
  std::vector<std::size_t> before(records.size(), 0);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto at =
        std::lower_bound(tails.begin(), tails.end(), records[i].uid,
                         [&records](std::size_t tail, Uid uid) { return records[tail].uid < uid; });
    before[i] = at == tails.begin() ? i : *(at - 1);
    if (at == tails.end()) {
      tails.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<UidRecord> kept(tails.size());
  std::size_t from = tails.empty() ? 0 : tails.back();
  for (std::size_t n = kept.size(); n-- > 0; from = before[from]) kept[n] = records[from];
  return kept;
}

/// Of records with the same name the last one counts.
void drop_repeated_names(UidList& list) {
  NameTable seen;
  seen.reset(list.records.size());
  const auto name_at = [&list](std::size_t at) { return list.records[at].name; };
  std::vector<bool> is_repeated(list.records.size(), false);
  for (std::size_t i = list.records.size(); i-- > 0;) {
    is_repeated[i] = seen.insert(name_at(i), i, name_at).is_there;
    list.must_be_rewritten |= is_repeated[i];
  }
  std::size_t at = 0;
  std::erase_if(list.records, [&](const UidRecord&) { return is_repeated[at++]; });
}

}  // namespace

bool is_base_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::none_of(name.begin(), name.end(), [](char c) {
    return c == '/' || ascii::is_control(c);
  });
}

UidList parse_uidlist(std::string_view text) {
  UidList list;
  std::string_view rest = text;
  bool is_old = false;
  const std::size_t first_end = rest.find('\n');
  if (first_end == std::string_view::npos || !parse_header(take(rest, '\n'), list.header, is_old)) {
    list.must_be_rewritten = true;
  }
  list.must_be_rewritten |= is_old;
  while (!rest.empty()) {
    const bool is_torn = rest.find('\n') == std::string_view::npos;
    std::string_view line = take(rest, '\n');
    if (is_torn) {
      // Its number was perhaps spent already; it names nothing.
      if (const auto uid = ascii::parse_number(take(line, ' '), kMaxUid)) {
        list.header.next = std::max(list.header.next, *uid + 1);
      }
      list.must_be_rewritten = true;
      break;
    }
    if (const auto record = parse_record(line, is_old)) {
      list.records.push_back(*record);
    } else {
      list.must_be_rewritten = true;
    }
  }
  if (!is_ascending(list.records)) {
    list.records = longest_ascending(std::move(list.records));
    list.must_be_rewritten = true;
  }
  if (!list.records.empty()) {
    list.header.next = std::max<std::uint64_t>(list.header.next,
                                               std::uint64_t{number(list.records.back().uid)} + 1);
  }
  drop_repeated_names(list);
  return list;
}

void append_uid_record(std::string& text, const UidRecord& record) {
  append(text, number(record.uid), " ", record.keys, record.keys.empty() ? ":" : " :", record.name,
         "\n");
}

std::string format_uidlist(const UidListHeader& header, std::span<const UidRecord> records) {
  constexpr std::size_t kRoom = 16;  // for a UID and what separates
  std::size_t octets = 64 + header.others.size();
  for (const UidRecord& record : records) octets += record.keys.size() + record.name.size() + kRoom;
  std::string text;
  text.reserve(octets);
  append(text, "3 V", number(header.validity), " N", header.next, header.others.empty() ? "" : " ",
         header.others, "\n");
  for (const UidRecord& record : records) append_uid_record(text, record);
  return text;
}

std::string_view mailbox_guid(const UidListHeader& header) {
  const std::string_view guid = record_key(header.others, 'G');
  return is_mailbox_guid(guid) ? guid : std::string_view();
}

void set_mailbox_guid(UidListHeader& header, std::string_view guid) {
  std::string words = cat("G", guid);
  std::string_view rest = header.others;
  while (!rest.empty()) {
    const std::string_view word = take(rest, ' ');
    if (!word.empty() && word.front() != 'G') append(words, " ", word);
  }
  header.others = std::move(words);
}

std::optional<std::string_view> find_record_key(std::string_view keys, char key) {
  while (!keys.empty()) {
    const std::string_view word = take(keys, ' ');
    if (word.starts_with(key)) return word.substr(1);
  }
  return std::nullopt;
}

std::string_view record_key(std::string_view keys, char key) {
  return find_record_key(keys, key).value_or(std::string_view());
}

}  // namespace mail::store
