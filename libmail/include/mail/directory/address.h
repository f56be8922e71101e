// Envelope addresses as lookup keys: cut at the last "@", cut at the recipient delimiter.
#pragma once

#include <string_view>

namespace mail::directory {

/// Views into the address that was split.
struct SplitAddress {
  std::string_view localpart;
  std::string_view domain;  // without "@"
  bool has_domain = false;  // "ann@" has an empty one, "ann" has none

  bool operator==(const SplitAddress&) const = default;
};

/// At the last "@" outside quotes: `"a@b"@example.com` has the localpart `"a@b"`.
SplitAddress split_address(std::string_view address);

struct SplitLocalpart {
  std::string_view user;
  std::string_view extension;  // with its delimiter: "+news"; empty: none

  bool operator==(const SplitLocalpart&) const = default;
};

/// At the first of `delimiters`, as Postfix does (reference: strip_addr): not when it is the first
/// character, never for mailer-daemon, double-bounce and postmaster.
SplitLocalpart split_localpart(std::string_view localpart, std::string_view delimiters);

}  // namespace mail::directory
