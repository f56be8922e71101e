// POP3 unique-ids (RFC 1939 §7): a client that sees one change downloads all its mail again, so
// they are Dovecot's, to the letter (docs/store.md, "POP3").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mail/store/types.h"

namespace mail::store {

/// Dovecot's default, "%08Xu%08Xv": UID and UIDVALIDITY, eight hexadecimal digits each.
std::string pop3_unique_id(Uid uid, UidValidity validity);

/// The rules of one folder: a record's P, else the folder's P (a format), else the default.
class Pop3UniqueIds {
 public:
  /// `header` as in UidListHeader::others.
  explicit Pop3UniqueIds(std::string_view header);

  /// `keys` of the message's record, `base` name of its file.
  std::string of(Uid uid, UidValidity validity, std::string_view keys, std::string_view base) const;

 private:
  std::string format_;  // empty: the default
};

/// A record's O: smaller first; those without come after all others.
std::uint64_t pop3_order(std::string_view keys);

}  // namespace mail::store
