// Addresses in header fields: RFC 5322 §3.4 with obsolete forms, groups and comments, and UTF-8
// (RFC 6532). Addresses of the SMTP envelope are in mail/message/mailbox.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mail::message {

/// A value: one entry of an address list, in the flat form of IMAP (RFC 3501 §7.4.2). A group is
/// its start, its members, its end.
struct Address {
  enum class Kind { kMailbox, kGroupStart, kGroupEnd };

  Kind kind = Kind::kMailbox;
  std::string name;        // display name or group name: unquoted, encoded words left as they are;
                           // without one, the last comment
  std::string route;       // obsolete source route "@a,@b", usually empty
  std::string local_part;  // unquoted
  std::string domain;      // as written, comments removed; empty when it is missing

  bool operator==(const Address&) const = default;
};

/// Entries of one list: what follows is not read. A list costs a hundred times its text.
inline constexpr std::size_t kAddressLimit = 10'000;

/// Every address that can be recognised, in order; what is broken is kept as far as it can be read
/// (a missing domain is an empty one). Never fails, linear, no recursion: comments may nest as deep
/// as they like.
std::vector<Address> parse_addresses(std::string_view value, std::size_t limit = kAddressLimit);

/// "local@domain" with the local part quoted where it must be; groups have none.
std::string address_spec(const Address& address);

/// The list as a field value: display names quoted or as encoded words where they must be. Fold at
/// spaces.
std::string to_string(const std::vector<Address>& addresses);

}  // namespace mail::message
