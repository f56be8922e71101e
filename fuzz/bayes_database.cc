// Any octets as the two files of a table: read or refused, never trusted beyond what they hold.
// Sizes and checksums are made right first, or nothing behind them would ever be read.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "bayes/format.h"
#include "bayes/pages.h"
#include "fuzz.h"
#include "mail/base/memory_filesystem.h"

using namespace mail;
using namespace mail::bayes;
using mail::fuzz::require;
using mail::fuzz::text_of;

namespace {

constexpr std::size_t kKeyAt = 16;
constexpr std::size_t kGenerationAt = 32;
constexpr std::size_t kCountsAt = 56;  // buckets, trained, octets of rehearsed messages
constexpr std::size_t kChecksum = 8;

template <class T>
T value_at(std::string_view bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

void put(std::string& bytes, std::size_t at, std::uint64_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

/// A file of which only the content is the fuzzer's.
void seal(std::string& bytes) {
  bytes.replace(0, kKeyAt, write_image({}).substr(0, kKeyAt));  // magic and versions
  ImageHeader header;
  header.key = value_at<crypto::HashKey>(bytes, kKeyAt);
  header.generation = value_at<std::uint64_t>(bytes, kGenerationAt);
  header.buckets = value_at<std::uint64_t>(bytes, kCountsAt) % 200;
  header.trained = value_at<std::uint64_t>(bytes, kCountsAt + 8) % 50;
  header.rehearsal_octets = value_at<std::uint64_t>(bytes, kCountsAt + 16) % 2000;
  put(bytes, kCountsAt, header.buckets);
  put(bytes, kCountsAt + 8, header.trained);
  put(bytes, kCountsAt + 16, header.rehearsal_octets);
  bytes.resize(header.file_octets());
  const auto hash = [&](std::uint64_t at, std::uint64_t from, std::uint64_t to) {
    return crypto::keyed_hash({header.key[0] ^ header.generation, header.key[1] ^ at},
                              std::string_view(bytes).substr(from, to - from));
  };
  put(bytes, kImageHeaderOctets - kChecksum,
      crypto::keyed_hash(header.key,
                         std::string_view(bytes).substr(0, kImageHeaderOctets - kChecksum)));
  for (std::uint64_t i = 0; i < header.blocks(); ++i) {
    const std::uint64_t at = header.blocks_at() + i * kBlockOctets;
    put(bytes, header.index_at() + i * sizeof(BlockMark) + 8,
        hash(at, at, std::min<std::uint64_t>(at + kBlockOctets, bytes.size())));
  }
  const std::uint64_t sections[] = {header.index_at(), header.rehearsal_at(), header.trained_at(),
                                    header.blocks_at()};
  for (std::size_t i = 0; i < 3; ++i) {
    const std::uint64_t end = sections[i + 1] - kChecksum;
    put(bytes, end, hash(sections[i], sections[i], end));
  }
}

void ask(const std::string& bytes) {
  MemoryFilesystem files;
  require(files.write("/t", bytes).ok());
  auto pages = Pages::open(*files.open("/t"), kBlockOctets);
  if (!pages.ok()) return;
  for (const Bucket& bucket : (*pages)->all()) (void)(*pages)->find(bucket.token);
  for (Token token = 1; token < Token{1} << 40; token *= 3) (void)(*pages)->find(token);
  (void)(*pages)->rehearsal();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(text_of(data, size));
  ask(bytes);
  if (bytes.size() >= kImageHeaderOctets) {
    seal(bytes);
    ask(bytes);
  }
  if (auto image = read_image(bytes); image.ok()) {
    const auto again = read_image(write_image(*image));
    require(again.ok() && again->table.sorted() == image->table.sorted());
  }
  std::size_t octets = 0;
  if (const auto record = read_record(bytes, {1, 2}, 3, 4, octets)) {
    require(octets <= bytes.size());
  }
  read_journal_header(bytes);
  return 0;
}
