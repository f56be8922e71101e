// What the store's answers are called in IMAP (RFC 5530 response codes): one place for every
// mapping.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "mail/base/status.h"
#include "mail/store/types.h"

namespace mail::server {

struct ImapRefusal {
  std::string_view code;  // without brackets
  std::string text;

  bool operator==(const ImapRefusal&) const = default;
};

/// The NO for a failed call of the store.
ImapRefusal refusal_of(const Status& status);

/// The same where the missing folder is one that the client could create (RFC 9051 §6.3.12, §6.4.7:
/// APPEND, COPY).
ImapRefusal refusal_of_destination(const Status& status);

/// uid-set of UIDPLUS (RFC 4315 §4): "304,319:320", in the order given.
std::string uid_set(std::span<const store::Uid> uids);

}  // namespace mail::server
