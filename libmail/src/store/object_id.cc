// An objectid is made of 64 letters (RFC 8474 §7), and begins best with one that is neither digit
// nor dash (§8.1): hence a letter and hexadecimal digits.
//
// A GUID of 32 hexadecimal digits is told as it is; any other (the base name of a file, as a rule)
// by its FNV-1a of 128 bits. So one that a record cannot carry (blanks, too long) is carried by its
// digest without another EMAILID. No more than a good spread is asked of it: who can choose names
// and GUIDs owns the messages, and the store stays free of BoringSSL.
//
// UIDVALIDITY is part of MAILBOXID, since a folder that is numbered anew must get another one (§4),
// and other programs do that under the GUID that was there.
//
// Tested by tests/unit/store/object_id_test.cc.
#include "store/object_id.h"

#include <algorithm>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "store/uidlist.h"

namespace mail::store {
namespace {

constexpr std::size_t kGuidDigits = 32;
constexpr std::size_t kMostGuid = 255;  // octets in a record: a base name has no more

/// The lowest `digits` of a number.
template <class Number>
void append_hex(std::string& text, Number number, std::size_t digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  while (digits-- > 0) text += kDigits[static_cast<std::size_t>(number >> 4 * digits) & 15];
}

/// FNV-1a.
std::string digest_of(std::string_view text) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide kPrime = Wide{1} << 88 | 0x13b;
  Wide digest = Wide{0x6c62272e07bb0142} << 64 | 0x62b821756295c58d;
  for (const char c : text) digest = (digest ^ static_cast<unsigned char>(c)) * kPrime;
  std::string digits;
  append_hex(digits, digest, kGuidDigits);
  return digits;
}

bool is_told_as_it_is(std::string_view guid) {
  return is_mailbox_guid(guid) && std::none_of(guid.begin(), guid.end(), ascii::is_upper);
}

}  // namespace

std::string_view message_guid(std::string_view keys, std::string_view base) {
  const std::string_view guid = record_key(keys, 'G');
  return guid.empty() ? base : guid;
}

std::string recordable_guid(std::string_view guid) {
  const auto separates = [](char c) { return c == ' ' || ascii::is_control(c); };
  const bool fits = guid.size() <= kMostGuid && std::none_of(guid.begin(), guid.end(), separates);
  return fits ? std::string(guid) : digest_of(guid);
}

std::string email_id(std::string_view guid) {
  return is_told_as_it_is(guid) ? cat("E", guid) : cat("E", digest_of(guid));
}

bool is_mailbox_guid(std::string_view guid) {
  return guid.size() == kGuidDigits && std::all_of(guid.begin(), guid.end(), ascii::is_hex_digit);
}

std::string derived_mailbox_guid(std::string_view address, std::string_view folder,
                                 UidValidity validity) {
  // Neither has a line end in it.
  return digest_of(cat(address, "\n", folder, "\n", number(validity)));
}

std::string mailbox_id(std::string_view guid, UidValidity validity) {
  std::string id = cat("F", ascii::to_lower(guid));
  append_hex(id, number(validity), 8);
  return id;
}

}  // namespace mail::store
