// The third field of postfix-accounts.cf: Dovecot's extra fields, `userdb_mail=… userdb_home=…`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/directory/snapshot.h"

namespace mail::directory {

/// What is honoured of an account's extra attributes. A value.
struct Attributes {
  std::string mail;                             // the Maildir; empty: <mail>/<domain>/<user>
  std::string home;                             // empty: <mail>/<domain>/<user>/home
  std::optional<std::uint64_t> quota_octets;    // 0: unlimited
  std::optional<std::uint64_t> quota_messages;  // likewise

  bool operator==(const Attributes&) const = default;
};

/// `mail_root` is the mail folder: "~" and "%h" begin with it where no userdb_home is given. A
/// userdb_mail that is no Maildir counts as not given (Snapshot::diagnostics names it).
Attributes attributes_of(const Account& account, std::string_view mail_root);

}  // namespace mail::directory
