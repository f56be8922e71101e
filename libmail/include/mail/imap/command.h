// What an IMAP client can ask (RFC 3501 §6), as values. Mailbox names are UTF-8, with "INBOX" in
// upper case.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mail/base/time.h"
#include "mail/base/wipe.h"
#include "mail/message/section.h"

namespace mail::imap {

/// sequence-set (RFC 3501 §9), as written: ranges may overlap, be reversed, or end in "*"
/// (`kStar`).
struct SequenceSet {
  static constexpr std::uint32_t kStar = 0;
  struct Range {
    std::uint32_t first = kStar;
    std::uint32_t last = kStar;
    bool operator==(const Range&) const = default;
  };
  std::vector<Range> ranges;

  /// The ranges normalised: "*" is `largest`; first ≤ last; ascending; not overlapping. O(n log n).
  std::vector<Range> resolved(std::uint32_t largest) const;

  bool operator==(const SequenceSet&) const = default;
};

/// flag-list, system flags apart (a bit each, as in mail::store::SystemFlag's order) from keywords.
struct FlagList {
  enum System : std::uint8_t { kAnswered = 1, kFlagged = 2, kDeleted = 4, kSeen = 8, kDraft = 16 };
  std::uint8_t system = 0;
  std::vector<std::string> keywords;

  bool operator==(const FlagList&) const = default;
};

struct Login {
  std::string user;
  WipedString password;
};

struct Select {
  std::string mailbox;
  bool is_read_only = false;  // EXAMINE
};
struct Create {
  std::string mailbox;
};
struct Delete {
  std::string mailbox;
};
struct Rename {
  std::string from;
  std::string to;
};
struct Subscribe {
  std::string mailbox;
  bool is_subscribed = true;  // false: UNSUBSCRIBE
};
/// LIST and LSUB. `pattern` is reference and mailbox name joined, with its wildcards.
struct List {
  std::string pattern;
  bool is_lsub = false;
  /// LIST (SPECIAL-USE): only mailboxes that have one (RFC 6154 §5.2).
  bool selects_special_use = false;
  bool is_impossible = false;       // no modified UTF-7: no mailbox has such a name
  bool is_delimiter_query = false;  // LIST "" "" (RFC 3501 §6.3.8)
};
struct Status {
  enum Item : std::uint8_t {
    kMessages = 1,
    kRecent = 2,
    kUidNext = 4,
    kUidValidity = 8,
    kUnseen = 16,
    kDeleted = 32,         // RFC 9208 §4.1.4
    kDeletedStorage = 64,  // octets
    kMailboxId = 128       // RFC 8474 §4.3
  };
  std::string mailbox;
  std::uint8_t items = 0;
};

/// GETQUOTA (RFC 9208 §4.1.1): answer with `ServerSession::quota`, or `no`.
struct GetQuota {
  std::string root;
};
/// GETQUOTAROOT (RFC 9208 §4.1.2): answer with `quota_root` and a `quota` for each root. The
/// mailbox need not exist.
struct GetQuotaRoot {
  std::string mailbox;
};
/// SETQUOTA (RFC 9208 §4.1.3): answer with the new `quota`, or `no`.
struct SetQuota {
  struct Limit {
    std::string resource;  // in upper case: "STORAGE", in units of 1,024 octets
    std::uint64_t limit = 0;
    bool operator==(const Limit&) const = default;
  };
  std::string root;
  std::vector<Limit> limits;
};

/// One message of an APPEND, before its bytes. `ServerSession::proceed` lets them come (as
/// AppendChunk notices); `no` refuses the command and the engine swallows what was announced.
struct Append {
  std::string mailbox;
  FlagList flags;
  std::optional<WallTime> date;
  std::uint64_t octets = 0;
};

struct FetchAttribute {
  enum class Kind {
    kFlags,
    kUid,
    kInternalDate,
    kRfc822Size,
    kEnvelope,
    kBody,  // BODY: structure without extension data
    kBodyStructure,
    kPreview,  // RFC 8970; LAZY or not, it is the same
    kEmailId,  // RFC 8474 §5.3
    kThreadId,
    kSection,  // BODY[…], BODY.PEEK[…], RFC822, RFC822.HEADER, RFC822.TEXT
  };
  struct Partial {
    std::uint32_t offset = 0;
    std::uint32_t octets = 0;
    bool operator==(const Partial&) const = default;
  };
  Kind kind = Kind::kFlags;
  message::Section section;
  std::optional<Partial> partial;
  bool is_peek = false;
  std::string label;  // how the answer names it: "BODY[1.2]<0>", "RFC822.TEXT"

  bool operator==(const FetchAttribute&) const = default;
};

struct Fetch {
  SequenceSet set;
  bool by_uid = false;  // then UID is among the attributes
  std::vector<FetchAttribute> attributes;
};

struct Store {
  enum class Mode { kReplace, kAdd, kRemove };
  SequenceSet set;
  bool by_uid = false;
  Mode mode = Mode::kReplace;
  bool is_silent = false;
  FlagList flags;
};

/// search-key (RFC 3501 §6.4.4) as an arena: children come after their parent, node 0 is the root
/// (an AND).
struct SearchNode {
  enum class Kind {
    kAll,
    kAnd,
    kOr,
    kNot,  // children: any, any, two, one
    kAnswered,
    kDeleted,
    kDraft,
    kFlagged,
    kNew,
    kOld,
    kRecent,
    kSeen,
    kEmailId,   // RFC 8474 §6
    kThreadId,  // text: an objectid
    kKeyword,   // text
    kBcc,
    kCc,
    kFrom,
    kSubject,
    kTo,
    kBody,
    kText,    // text
    kHeader,  // field, text
    kBefore,
    kOn,
    kSince,
    kSentBefore,
    kSentOn,
    kSentSince,  // date
    kLarger,
    kSmaller,  // number
    kSequence,
    kUid,  // set
  };
  Kind kind = Kind::kAll;
  std::string text;   // UTF-8, converted from the command's charset
  std::string field;  // header field name
  std::chrono::year_month_day date{};
  std::uint32_t number = 0;
  SequenceSet set;
  std::vector<std::uint32_t> children;  // indices into SearchProgram::nodes

  bool operator==(const SearchNode&) const = default;
};
struct Search {
  bool by_uid = false;
  std::vector<SearchNode> nodes;
};

struct Copy {
  SequenceSet set;
  bool by_uid = false;
  bool is_move = false;  // MOVE (RFC 6851)
  std::string mailbox;
};
struct Expunge {
  std::optional<SequenceSet> uids;  // UID EXPUNGE (RFC 4315 §2.1)
};
struct Check {};
struct Close {};
struct Unselect {};
struct Noop {};
/// IDLE (RFC 2177). `proceed` sends "+ idling"; untagged data may follow at any time; `IdleDone`
/// ends it.
struct Idle {};

}  // namespace mail::imap
