// The octets of libmail.index (docs/store.md, "Index"): a folder's rows as they were at some
// moment, then what happened since, block by block.
//
//   file    = magic version inode seed checksum 1*block
//   block   = octets checksum *record     the checksum covers seed, position and records
//   record  = folder / message / expunged / place / table
//
// The first block is the snapshot, and the last record of each block is a folder record. Numbers
// are little-endian and of fixed width; a text has its length in front. A table is all messages of
// a snapshot: names and keys behind one another, then rows of fixed width. So an opening reads the
// file into one piece of memory, and that is where names stay (`take_texts`).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/store/types.h"
#include "store/glance.h"
#include "store/keyword_letters.h"
#include "store/message_row.h"
#include "store/uidlist.h"

namespace mail::store {

/// Grows when an older program would misread what a newer one writes: it then builds its own.
/// 2: an internal date may be unknown. 3: tables. Older files are read, and written anew.
inline constexpr std::uint32_t kIndexVersion = 3;

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
  /// Ascending by UID. Bits of keywords are letters of names here, and nobody has been told of
  /// \Recent. Texts are in the octets that were parsed, up to `table_end`, or behind that in
  /// `others`.
  std::vector<MessageRow> rows;
  std::size_t table_end = 0;
  std::string others;
  std::vector<Tombstone> expunged;  // ascending by ModSeq
  std::uint32_t version = 0;
  std::uint64_t inode = 0;  // of the file that was written
  std::uint64_t seed = 0;
  std::uint64_t snapshot_size = 0;  // octets up to the end of the first block
  bool is_whole = true;             // false: something follows the last block that could be read
};

/// None when nothing of it can be believed. What it returns is consistent in itself whatever the
/// octets are: UIDs ascend below UIDNEXT, names are names.
std::optional<IndexImage> parse_index(std::string_view bytes);

/// Makes of the octets that were parsed what the rows need of them.
TextPool take_texts(IndexImage& image, TextPool bytes);

/// Collects the records of one block.
class IndexBlock {
 public:
  void add(const MessageRow& row, std::string_view name, std::string_view keys,
           const KeywordLetters& letters);
  /// All messages of a folder: once, in a snapshot.
  void add(std::span<const MessageRow> rows, const TextPool& texts, const KeywordLetters& letters);
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
  std::string_view records() const { return records_; }

 private:
  std::string records_;
};

/// The octets of a file that has `written` octets already.
class IndexText {
 public:
  static std::string header(std::uint64_t inode, std::uint64_t seed);
  /// Stands before the block's records.
  static std::string block_head(const IndexBlock& block, std::uint64_t seed, std::uint64_t written);
  static std::string block(const IndexBlock& block, std::uint64_t seed, std::uint64_t written) {
    return block_head(block, seed, written).append(block.records());
  }
};

}  // namespace mail::store
