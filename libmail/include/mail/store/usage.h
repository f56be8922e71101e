// How much an account holds, and how much it may: the store's side of quotas.
//
// The store knows no quotas. Whoever adds messages says what the account may hold, and the store
// holds that against what is there at the moment the messages appear, so that parallel additions
// cannot lead beyond it together.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

#include "mail/base/status.h"

namespace mail::store {

/// Of all folders of an account. A value.
struct Usage {
  std::uint64_t octets = 0;  // with CRLF line ends, as RFC822.SIZE counts
  std::uint64_t messages = 0;

  Usage& operator+=(const Usage& more) {
    const std::uint64_t room = std::numeric_limits<std::uint64_t>::max() - octets;
    octets += more.octets < room ? more.octets : room;  // any program may write a name
    messages += more.messages;
    return *this;
  }
  Usage& operator-=(const Usage& less) {
    octets -= less.octets < octets ? less.octets : octets;
    messages -= less.messages < messages ? less.messages : messages;
    return *this;
  }
  bool operator==(const Usage&) const = default;
};

/// What an account may hold once something was added. A value; 0 is no limit.
struct UsageLimit {
  std::uint64_t octets = 0;
  /// How far one addition may lead beyond `octets`, if the account was below it before.
  std::uint64_t grace_octets = 0;
  std::uint64_t messages = 0;

  bool is_unlimited() const { return octets == 0 && messages == 0; }
  bool operator==(const UsageLimit&) const = default;
};

/// Whether an account that holds `used` may not take `added` as well.
bool exceeds(const UsageLimit& limit, const Usage& used, const Usage& added);

/// ResourceExhausted, told from a full disk by `is_over_quota`.
Status over_quota(std::string_view account);
bool is_over_quota(const Status& status);

}  // namespace mail::store
