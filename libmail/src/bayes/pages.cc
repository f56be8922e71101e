// The index, which is in memory, tells the block of a token. Tokens are hashes, spread evenly, so
// that both block and place are guessed from a token's share of the range; where that is far off,
// the steps double. A block is believed when its checksum
// is right, so nothing that happens to the file while it is open does more than make `health` tell.
//
// Tested by tests/unit/bayes/pages_test.cc.
#include "bayes/pages.h"

#include <algorithm>
#include <utility>

namespace mail::bayes {

StatusOr<std::shared_ptr<Pages>> Pages::open(std::unique_ptr<File> file,
                                             std::uint64_t cached_octets) {
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, file->info());
  std::string bytes(kImageHeaderOctets, '\0');
  MAIL_ASSIGN_OR_RETURN(std::size_t got, file->read_at(0, bytes));
  bytes.resize(got);
  MAIL_ASSIGN_OR_RETURN(const ImageHeader header, read_image_header(bytes, info.size));
  bytes.resize(header.rehearsal_at() - header.index_at());
  MAIL_ASSIGN_OR_RETURN(got, file->read_at(header.index_at(), bytes));
  bytes.resize(got);
  MAIL_ASSIGN_OR_RETURN(auto marks, read_index(header, bytes));
  if (marks.size() != header.blocks()) return invalid("the table is cut short");
  return std::shared_ptr<Pages>(
      new Pages(std::move(file), header, std::move(marks), cached_octets));
}

Pages::Pages(std::unique_ptr<File> file, const ImageHeader& header, std::vector<BlockMark> marks,
             std::uint64_t cached_octets)
    : file_(std::move(file)),
      header_(header),
      marks_(std::move(marks)),
      most_cached_(std::max<std::size_t>(cached_octets / kBlockOctets, 1)),
      places_(marks_.size()) {}

/// The last block that begins with the token or one before it, else the first.
std::uint64_t Pages::block_of(Token token) const {
  const std::size_t count = marks_.size();
  std::size_t low = std::min(static_cast<std::size_t>(((token >> 8) * count) >> 32), count - 1);
  std::size_t high = low + 1;
  for (std::size_t step = 1; low > 0 && marks_[low].first > token; step *= 2) {
    high = low;
    low -= std::min(step, low);
  }
  for (std::size_t step = 1; high < count && marks_[high].first <= token; step *= 2) {
    low = high;
    high += std::min(step, count - high);
  }
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (marks_[middle].first <= token ? low : high) = middle;
  }
  return low;
}

std::uint64_t Pages::buckets_in(std::uint64_t number) const {
  return std::min<std::uint64_t>(kBlockBuckets, header_.buckets - number * kBlockBuckets);
}

Bucket Pages::find(Token token) {
  if (marks_.empty()) return {};
  const std::uint64_t number = block_of(token);
  const Bucket* const buckets = block(number);
  const std::uint64_t count = buckets_in(number);
  const Token first = marks_[number].first;
  const Token end = number + 1 < marks_.size() ? marks_[number + 1].first : Token{1} << 40;
  if (token < first || end <= first) return {};
  std::uint64_t i = std::min((token - first) * count / (end - first), count - 1);
  while (i > 0 && buckets[i].token > token) --i;
  while (i + 1 < count && buckets[i].token < token) ++i;
  return buckets[i].token == token ? buckets[i] : Bucket{};
}

/// Buckets without tokens when it could not be read.
const Bucket* Pages::block(std::uint64_t number) {
  if (places_[number] != nullptr) return places_[number];
  if (cached_.size() < most_cached_) {
    cached_.emplace_back();
    oldest_ = cached_.size() - 1;
  } else {
    oldest_ = (oldest_ + 1) % cached_.size();
    places_[cached_[oldest_].number] = nullptr;
  }
  Cached& cached = cached_[oldest_];
  cached.number = number;
  places_[number] = cached.buckets.data();
  if (const Status status = read(number, cached.buckets.data()); !status.ok()) {
    if (health_.ok()) health_ = status;
    cached.buckets.fill({});
  }
  return cached.buckets.data();
}

Status Pages::read(std::uint64_t number, Bucket* to) {
  octets_.resize(buckets_in(number) * sizeof(Bucket));
  const std::uint64_t at = header_.blocks_at() + number * kBlockOctets;
  MAIL_ASSIGN_OR_RETURN(const std::size_t got, file_->read_at(at, octets_));
  if (got < octets_.size()) return invalid("block ", number, " is cut off");
  return read_block(header_, number, marks_[number].checksum, octets_, to);
}

std::vector<Bucket> Pages::all() {
  std::vector<Bucket> result(header_.buckets);
  for (std::uint64_t i = 0; i < marks_.size(); ++i) {
    const Status status = read(i, result.data() + i * kBlockBuckets);
    if (!status.ok() && health_.ok()) health_ = status;
  }
  return result;
}

StatusOr<std::string> Pages::read_section(std::uint64_t from, std::uint64_t to) {
  std::string bytes(to - from, '\0');
  MAIL_ASSIGN_OR_RETURN(const std::size_t got, file_->read_at(from, bytes));
  bytes.resize(got);
  return bytes;
}

Table::Rehearsal Pages::rehearsal() {
  const auto bytes = read_section(header_.rehearsal_at(), header_.trained_at());
  auto result = bytes.ok() ? read_rehearsal(header_, *bytes) : bytes.status();
  if (!result.ok() && health_.ok()) health_ = result.status();
  return result.ok() ? std::move(*result) : Table::Rehearsal{};
}

}  // namespace mail::bayes
