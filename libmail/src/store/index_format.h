// The octets of libmail.index (docs/store.md, "Index"): a folder's rows as they were at some
// moment, then what happened since, block by block.
//
//   file    = magic version inode seed checksum 1*block
//   block   = octets checksum *record     the checksum covers seed, position and records
//   record  = folder / message / expunged / place
//
// The first block is the snapshot, and the last record of each block is a folder record. Numbers
// are little-endian and of fixed width; a text has its length in front.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/store/types.h"
#include "store/glance.h"
#include "store/uidlist.h"

namespace mail::store {

/// Grows when an older program would misread what a newer one writes: it then builds its own.
/// 2: an internal date may be unknown. Files of version 1 are read, and written anew.
inline constexpr std::uint32_t kIndexVersion = 2;

/// Where in libmail.cache the summary of a message is; 0 octets: nowhere.
struct SummaryPlace {
  std::uint64_t offset = 0;
  std::uint32_t octets = 0;

  bool operator==(const SummaryPlace&) const = default;
};

struct IndexedMessage {
  Uid uid{};
  ModSeq modseq{};
  WallTime internal_date{};       // 1970: not known
  WallTime save_date{};           // when it came into this folder, as far as is known
  std::uint64_t size = 0;         // octets with CRLF line ends
  std::uint64_t stored_size = 0;  // octets of the file
  bool is_new = false;            // in new/, else in cur/
  std::string name;               // of the file
  std::string keys;               // of its record in dovecot-uidlist
  SummaryPlace summary;

  bool operator==(const IndexedMessage&) const = default;
};

/// What is true of the folder as a whole.
struct IndexedFolder {
  std::uint64_t boot = 0;  // of the system under which this was written; 0: not known
  UidListHeader uidlist;
  Glance uidlist_glance;              // of the file whose records the rows have
  std::uint64_t uidlist_records = 0;  // in that file
  std::uint64_t scanned_next = 1;     // UIDNEXT at the last full look
  ModSeq modseq{};
  ModSeq known_since{};          // expunged messages are told from here on
  std::uint64_t cache_id = 0;    // of the libmail.cache that `summary` means
  std::uint64_t cache_size = 0;  // octets of it, dead ones included
  bool has_glances = false;      // whether the directories are as the rows say when they look so:
  Glance in_new;
  Glance in_cur;

  bool operator==(const IndexedFolder&) const = default;
};

using Tombstone = std::pair<ModSeq, Uid>;

struct IndexImage {
  IndexedFolder folder;
  std::vector<IndexedMessage> messages;  // ascending by UID
  std::vector<Tombstone> expunged;       // ascending by ModSeq
  std::uint32_t version = 0;
  std::uint64_t inode = 0;  // of the file that was written
  std::uint64_t seed = 0;
  std::uint64_t snapshot_size = 0;  // octets up to the end of the first block
  bool is_whole = true;             // false: something follows the last block that could be read

  bool operator==(const IndexImage&) const = default;
};

/// None when nothing of it can be believed. What it returns is consistent in itself whatever the
/// octets are: UIDs ascend below UIDNEXT, names are names.
std::optional<IndexImage> parse_index(std::string_view bytes);

/// Collects the records of one block.
class IndexBlock {
 public:
  void add(const IndexedMessage& message);
  void add(const Tombstone& expunged);
  void add(Uid uid, const SummaryPlace& place);
  /// The last one.
  void add(const IndexedFolder& folder);
  /// Octets as they are: for fuzzing.
  static IndexBlock of(std::string records) {
    IndexBlock block;
    block.records_ = std::move(records);
    return block;
  }
  bool empty() const { return records_.empty(); }
  std::size_t size() const { return records_.size(); }

 private:
  friend class IndexText;
  std::string records_;
};

/// Cuts the octets of a file that has `written` octets already.
class IndexText {
 public:
  static std::string header(std::uint64_t inode, std::uint64_t seed);
  static std::string block(const IndexBlock& block, std::uint64_t seed, std::uint64_t written);
};

}  // namespace mail::store
