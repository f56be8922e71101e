// The octets of both files. Numbers are little-endian.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "mail/base/status.h"
#include "mail/bayes/table.h"

namespace mail::bayes {

/// The beginning of a message's SHA-256, line ends as LF.
using MessageDigest = std::array<std::uint64_t, 2>;
MessageDigest digest_of(std::string_view message);

using TrainedMessages = absl::flat_hash_map<MessageDigest, Class>;

/// The table's file: this, then its sections. A value.
struct ImageHeader {
  crypto::HashKey key{};
  std::uint64_t generation = 0;
  std::array<std::uint64_t, 2> messages{};  // ham, spam
  std::uint64_t buckets = 0;
  std::uint64_t trained = 0;
  std::uint64_t rehearsal_octets = 0;

  std::uint64_t blocks() const;
  // Where the sections begin. Each but the blocks ends with its checksum.
  std::uint64_t index_at() const;
  std::uint64_t rehearsal_at() const;
  std::uint64_t trained_at() const;
  std::uint64_t blocks_at() const;
  std::uint64_t file_octets() const;
};
inline constexpr std::size_t kImageHeaderOctets = 88;
inline constexpr std::size_t kBlockBuckets = 64;
inline constexpr std::size_t kBlockOctets = kBlockBuckets * sizeof(Bucket);

/// What is known of a block before it is read.
struct BlockMark {
  Token first = 0;  // tokens ascend
  std::uint64_t checksum = 0;
};

// Each fails with InvalidArgument, saying what is wrong.

/// `bytes` is the beginning of a file of so many octets.
StatusOr<ImageHeader> read_image_header(std::string_view bytes, std::uint64_t file_octets);
/// Sections as the file has them, from where they begin to where the next does.
StatusOr<std::vector<BlockMark>> read_index(const ImageHeader& header, std::string_view section);
StatusOr<Table::Rehearsal> read_rehearsal(const ImageHeader& header, std::string_view section);
/// The buckets of block `number`, which may be shorter than others when it is the last.
Status read_block(const ImageHeader& header, std::uint64_t number, std::uint64_t checksum,
                  std::string_view block, Bucket* to);

struct Image {
  crypto::HashKey key{};
  std::uint64_t generation = 0;
  Table table;
  TrainedMessages trained;
};
std::string write_image(const Image& image);
StatusOr<Image> read_image(std::string_view bytes);

/// The journal: a header, then records.
struct Record {
  enum class Kind : std::uint8_t {
    kTrainHam,
    kTrainSpam,
    kUntrainHam,
    kUntrainSpam,
    kAge,
    kExpire
  };
  Kind kind = Kind::kAge;
  std::uint16_t day = 0;
  MessageDigest digest{};
  std::vector<Token> tokens;

  bool operator==(const Record&) const = default;
};
constexpr Record::Kind train_kind(Class c) {
  return c == Class::kHam ? Record::Kind::kTrainHam : Record::Kind::kTrainSpam;
}
constexpr Record::Kind untrain_kind(Class c) {
  return c == Class::kHam ? Record::Kind::kUntrainHam : Record::Kind::kUntrainSpam;
}

inline constexpr std::size_t kJournalHeaderOctets = 16;
std::string journal_header(std::uint64_t generation);
/// The generation; none when it is no journal's.
std::optional<std::uint64_t> read_journal_header(std::string_view bytes);

/// Appends a record that will stand at `offset` of the journal.
void write_record(std::string& to, const Record& record, const crypto::HashKey& key,
                  std::uint64_t generation, std::uint64_t offset);
/// The record at the start of `bytes`, and its octets; none when it is not whole and sound.
std::optional<Record> read_record(std::string_view bytes, const crypto::HashKey& key,
                                  std::uint64_t generation, std::uint64_t offset,
                                  std::size_t& octets);

}  // namespace mail::bayes
