// The table's file, of which blocks are read when they are asked for. docs/decisions/0005 says why
// they are not mapped.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bayes/format.h"
#include "mail/base/filesystem.h"
#include "mail/base/status.h"

namespace mail::bayes {

/// A resource: the open file, and the blocks that were read last. It stays what it was when another
/// file is put in its place. One thread at a time.
class Pages {
 public:
  /// Reads the header and the index, a sixtieth of the file. Fails: InvalidArgument when it is
  /// damaged, of another size than it should be, or of another version.
  static StatusOr<std::shared_ptr<Pages>> open(std::unique_ptr<File> file,
                                               std::uint64_t cached_octets);

  /// Without a token when it has none, and whenever it could not be read.
  Bucket find(Token token);
  /// All that could be read, in ascending order of tokens.
  std::vector<Bucket> all();
  Table::Rehearsal rehearsal();
  /// The first failure of these: InvalidArgument for what is damaged.
  const Status& health() const { return health_; }

  std::uint64_t size() const { return header_.buckets; }
  const std::array<std::uint64_t, 2>& messages() const { return header_.messages; }
  const crypto::HashKey& key() const { return header_.key; }
  std::uint64_t generation() const { return header_.generation; }

 private:
  Pages(std::unique_ptr<File> file, const ImageHeader& header, std::vector<BlockMark> marks,
        std::uint64_t cached_octets);
  StatusOr<std::string> read_section(std::uint64_t from, std::uint64_t to);
  Status read(std::uint64_t number, Bucket* to);
  std::uint64_t block_of(Token token) const;
  std::uint64_t buckets_in(std::uint64_t number) const;
  const Bucket* block(std::uint64_t number);

  const std::unique_ptr<File> file_;
  const ImageHeader header_;
  const std::vector<BlockMark> marks_;
  Status health_;
  std::string octets_;  // of the block that is read

  // Blocks that were read, the oldest overwritten first.
  struct Cached {
    std::uint64_t number = 0;
    std::array<Bucket, kBlockBuckets> buckets;
  };
  const std::size_t most_cached_;
  std::deque<Cached> cached_;
  std::size_t oldest_ = 0;
  std::vector<const Bucket*> places_;  // of each block in `cached_`; none: not there
};

}  // namespace mail::bayes
