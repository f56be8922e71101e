// The text of dovecot-uidlist (docs/store.md, "dovecot-uidlist").
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/store/types.h"

namespace mail::store {

/// Views into the text of the list.
struct UidRecord {
  Uid uid{};
  std::string_view keys;  // "W2481 Gabc": as they stand, unknown ones too
  std::string_view name;  // base name of the message file

  bool operator==(const UidRecord&) const = default;
};

struct UidListHeader {
  UidValidity validity{};  // 0: the file does not say
  std::uint64_t next = 1;  // the next UID; 64 bits wide, so that "none left" can be said
  std::string others;      // words other than V and N, as they stand: "G3085f0… P%08Xu"

  bool operator==(const UidListHeader&) const = default;
};

struct UidList {
  UidListHeader header;
  std::vector<UidRecord> records;  // ascending, each name once
  bool must_be_rewritten = false;  // damaged, or of an older version: not to be appended to
  std::shared_ptr<const std::string> keys;  // what records view that is not in the text
};

inline constexpr std::uint64_t kMaxUid = UINT32_MAX;
inline constexpr std::size_t kMaxRecordKeys = (1 << 16) - 1;  // octets; such a line is a wrong one

/// Whether a record may carry it: no more than a file name has, no '/', no control characters.
bool is_base_name(std::string_view name);

/// Never fails: of a damaged list it keeps what can be kept. Records view `text`.
UidList parse_uidlist(std::string_view text);

void append_uid_record(std::string& text, const UidRecord& record);
std::string format_uidlist(const UidListHeader& header, std::span<const UidRecord> records);

/// GUID of the folder (G); empty: the header has none, or none that Dovecot takes for one.
std::string_view mailbox_guid(const UidListHeader& header);
/// Puts it in the place of what was there.
void set_mailbox_guid(UidListHeader& header, std::string_view guid);

/// The value of `key` in a record's keys; it may be empty.
std::optional<std::string_view> find_record_key(std::string_view keys, char key);
/// The same, empty also when it is not there.
std::string_view record_key(std::string_view keys, char key);

}  // namespace mail::store
