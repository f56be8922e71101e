// The values that a mail store speaks of.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "mail/base/time.h"

namespace mail::store {

/// Unique identifier of a message within a folder and UIDVALIDITY (RFC 9051 §2.3.1.1). Never 0,
/// strictly ascending.
enum class Uid : std::uint32_t {};
enum class UidValidity : std::uint32_t {};
/// Grows with every change of a folder (RFC 7162 §3.1). Here also the mark of `Mailbox::changes`.
enum class ModSeq : std::uint64_t {};

constexpr std::uint32_t number(Uid uid) { return static_cast<std::uint32_t>(uid); }
constexpr std::uint32_t number(UidValidity validity) {
  return static_cast<std::uint32_t>(validity);
}
constexpr std::uint64_t number(ModSeq modseq) { return static_cast<std::uint64_t>(modseq); }

/// System flags (RFC 9051 §2.3.2), a bit each. \Recent is no flag here: it belongs to a session
/// (`claim_recent`).
enum SystemFlag : std::uint8_t {
  kAnswered = 1,
  kFlagged = 2,
  kDeleted = 4,
  kSeen = 8,
  kDraft = 16,
};

/// The flags of one message. Keyword bit i means `Mailbox::keywords()[i]`; that list only grows
/// while it is open.
struct Flags {
  std::uint8_t system = 0;
  std::uint64_t keywords = 0;

  bool has(SystemFlag flag) const { return (system & flag) != 0; }
  bool operator==(const Flags&) const = default;
};

struct MessageInfo {
  Uid uid{};
  Flags flags;
  ModSeq modseq{};           // of its last change
  WallTime internal_date{};  // INTERNALDATE: when it arrived, or what APPEND said. 1970 until
                             // `Mailbox::learn_dates`, when nobody has asked for it yet
  std::uint64_t size = 0;    // RFC822.SIZE: octets with CRLF line ends

  bool operator==(const MessageInfo&) const = default;
};

/// Flags named by text, as a client names them: for STORE and APPEND.
struct NamedFlags {
  std::uint8_t system = 0;
  std::vector<std::string> keywords;  // compared without case

  bool operator==(const NamedFlags&) const = default;
};

struct FlagChange {
  enum class Mode { kReplace, kAdd, kRemove };
  Mode mode = Mode::kReplace;
  NamedFlags flags;
};

/// STATUS of a folder (RFC 9051 §6.3.11).
struct FolderStatus {
  UidValidity uid_validity{};
  Uid uid_next{};
  std::uint32_t messages = 0;
  std::uint32_t unseen = 0;
  std::uint32_t recent = 0;  // not yet claimed by a session
  ModSeq highest_modseq{};
  std::uint64_t size = 0;          // octets of all messages
  std::uint32_t deleted = 0;       // messages with \Deleted
  std::uint64_t deleted_size = 0;  // their octets

  bool operator==(const FolderStatus&) const = default;
};

/// One folder of an account, as LIST shows it.
struct Folder {
  std::string name;           // UTF-8, levels separated by '.', "INBOX" in upper case
  bool is_selectable = true;  // false: only a parent of existing folders
  bool has_children = false;

  bool operator==(const Folder&) const = default;
};

/// One message as POP3 shows it (docs/store.md, "POP3").
struct Pop3Message {
  Uid uid{};
  std::uint64_t size = 0;  // octets with CRLF line ends
  std::string unique_id;   // 1 to 70 characters of 0x21 to 0x7E

  bool operator==(const Pop3Message&) const = default;
};

/// What one APPEND stores.
struct NewMessage {
  std::string bytes;  // CRLF line ends
  NamedFlags flags;
  WallTime internal_date{};
};

/// COPYUID, MOVE: where each message went (source, destination), in ascending order of the source.
using UidPairs = std::vector<std::pair<Uid, Uid>>;

}  // namespace mail::store
