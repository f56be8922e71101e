// Where a unique-id can come from, in this order:
//
//  1. P of the message's record: what the server before Dovecot called it, kept by whoever moved
//     the mail. P without a value is the base name of the file.
//  2. P of the header: a format for the folder, in Dovecot's words: %u UID, %v UIDVALIDITY, %f base
//     name, %g GUID, each with a width, a leading 0 and X for hexadecimal.
//  3. UID and UIDVALIDITY.
//
// What would break the protocol (blanks, more than 70 characters) or cannot be understood is passed
// over for the next.
//
// Tested by tests/unit/store/pop3_unique_id_test.cc.
#include "store/pop3_unique_id.h"

#include <algorithm>
#include <optional>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "store/uidlist.h"

namespace mail::store {
namespace {

constexpr std::size_t kLimit = 70;

bool is_unique_id(std::string_view id) {
  return !id.empty() && id.size() <= kLimit &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string hexadecimal(std::uint32_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (; number != 0 || digits.empty(); number /= 16) digits += kDigits[number % 16];
  std::reverse(digits.begin(), digits.end());
  return digits;
}

void pad(std::string& to, std::string_view text, std::size_t width, char with) {
  if (text.size() < width) to.append(width - text.size(), with);
  to += text;
}

struct Facts {
  Uid uid{};
  UidValidity validity{};
  std::string_view base;
  std::string_view guid;
};

/// field = "%" ["0"] [width] ["X"] ( "u" / "v" / "f" / "g" / "%" )
std::optional<std::string> expand(std::string_view format, const Facts& facts) {
  std::string id;
  while (!format.empty()) {
    const char c = format.front();
    format.remove_prefix(1);
    if (c != '%') {
      id += c;
      continue;
    }
    char fill = ' ';
    std::size_t width = 0;
    bool is_hexadecimal = false;
    while (!format.empty() && (ascii::is_digit(format.front()) || format.front() == 'X')) {
      const char modifier = format.front();
      format.remove_prefix(1);
      if (modifier == 'X') {
        is_hexadecimal = true;
      } else if (modifier == '0' && width == 0) {
        fill = '0';
      } else {
        width =
            std::min<std::size_t>(width * 10 + static_cast<std::size_t>(modifier - '0'), kLimit);
      }
    }
    if (format.empty()) return std::nullopt;
    const auto number_of = [&](std::uint32_t n) {
      return is_hexadecimal ? hexadecimal(n) : cat(n);
    };
    switch (format.front()) {
      case 'u': pad(id, number_of(number(facts.uid)), width, fill); break;
      case 'v': pad(id, number_of(number(facts.validity)), width, fill); break;
      case 'f': id += facts.base; break;
      case 'g': id += facts.guid; break;
      case '%': id += '%'; break;
      default: return std::nullopt;
    }
    format.remove_prefix(1);
  }
  return id;
}

}  // namespace

std::string pop3_unique_id(Uid uid, UidValidity validity) {
  std::string id;
  pad(id, hexadecimal(number(uid)), 8, '0');
  pad(id, hexadecimal(number(validity)), 8, '0');
  return id;
}

Pop3UniqueIds::Pop3UniqueIds(std::string_view header) : format_(record_key(header, 'P')) {}

std::string Pop3UniqueIds::of(Uid uid, UidValidity validity, std::string_view keys,
                              std::string_view base) const {
  if (const auto kept = find_record_key(keys, 'P')) {
    const std::string_view id = kept->empty() ? base : *kept;
    if (is_unique_id(id)) return std::string(id);
  }
  if (!format_.empty()) {
    const std::string_view guid = find_record_key(keys, 'G').value_or(base);
    const auto id = expand(format_, {uid, validity, base, guid});
    if (id && is_unique_id(*id)) return *id;
  }
  return pop3_unique_id(uid, validity);
}

std::uint64_t pop3_order(std::string_view keys) {
  return ascii::parse_number(record_key(keys, 'O')).value_or(UINT64_MAX);
}

}  // namespace mail::store
