// table_bench FOLDER: what it costs to open a table and to look up the 340 tokens of a first and of
// a hundredth message, three ways: read whole, by blocks (as libmail does), mapped. Cold: the file
// is out of the page cache. docs/decisions/0005 has the answers.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bayes/format.h"
#include "bayes/pages.h"
#include "mail/base/filesystem.h"

namespace {

using namespace mail;
using namespace mail::bayes;

constexpr std::size_t kTokens = 340;
constexpr int kMessages = 100;
constexpr int kRounds = 31;

using Find = std::function<Bucket(Token)>;

/// The file as `Pages` has it, but mapped: blocks are verified when they are touched first.
class Mapping {
 public:
  explicit Mapping(const std::string& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    size_ = static_cast<std::size_t>(lseek(descriptor, 0, SEEK_END));
    at_ = static_cast<const char*>(mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0));
    close(descriptor);
    const std::string_view bytes(at_, size_);
    header_ = read_image_header(bytes, size_).value();
    marks_ = read_index(header_, bytes.substr(header_.index_at(),
                                              header_.rehearsal_at() - header_.index_at()))
                 .value();
    is_verified_.resize(marks_.size());
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { munmap(const_cast<char*>(at_), size_); }

  Bucket find(Token token) {
    const auto next = std::upper_bound(marks_.begin(), marks_.end(), token,
                                       [](Token t, const BlockMark& m) { return t < m.first; });
    const auto i = static_cast<std::size_t>(std::max<std::ptrdiff_t>(next - marks_.begin() - 1, 0));
    const std::size_t begin = header_.blocks_at() + i * kBlockOctets;
    const std::string_view block(at_ + begin, std::min(kBlockOctets, size_ - begin));
    if (!is_verified_[i]) {
      (void)read_block(header_, i, marks_[i].checksum, block, buckets_.data());
      is_verified_[i] = true;
    }
    std::size_t low = 0, high = block.size() / sizeof(Bucket);
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      Bucket bucket;
      std::memcpy(static_cast<void*>(&bucket), block.data() + middle * sizeof bucket,
                  sizeof bucket);
      if (bucket.token == token) return bucket;
      bucket.token < token ? low = middle + 1 : high = middle;
    }
    return {};
  }

 private:
  const char* at_ = nullptr;
  std::size_t size_ = 0;
  ImageHeader header_;
  std::vector<BlockMark> marks_;
  std::vector<bool> is_verified_;
  std::vector<Bucket> buckets_ = std::vector<Bucket>(kBlockBuckets);
};

double microseconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - then).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::vector<Token> write_table(const std::string& path, std::size_t count) {
  std::mt19937_64 random(count);
  Image image;
  image.key = {1, 2};
  std::vector<Token> known;
  std::vector<Bucket> buckets(count);
  for (Bucket& bucket : buckets) {
    bucket.token = (random() >> 24) | 2;
    bucket.ham = 1;
    known.push_back(bucket.token);
  }
  std::sort(buckets.begin(), buckets.end(),
            [](const Bucket& a, const Bucket& b) { return a.token < b.token; });
  image.table = Table::restore(buckets, {1000, 1000}, {});
  (void)write_file_atomically(real_filesystem(), path, write_image(image), 0600);
  return known;
}

void forget(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  (void)fsync(descriptor);
  (void)posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
  close(descriptor);
}

void measure(const char* name, const std::string& path, const std::vector<Token>& known,
             const std::function<void(const std::function<void(const Find&)>&)>& with_table) {
  std::printf("%-8s", name);
  for (const bool is_cold : {true, false}) {
    std::vector<double> opening, first, hundredth;
    for (int round = 0; round < kRounds; ++round) {
      if (is_cold) forget(path);
      std::mt19937_64 random(static_cast<std::uint64_t>(round));
      std::uint64_t sum = 0;
      const auto begin = std::chrono::steady_clock::now();
      with_table([&](const Find& find) {
        opening.push_back(microseconds_since(begin));
        for (int message = 1; message <= kMessages; ++message) {
          const auto then = std::chrono::steady_clock::now();
          for (std::size_t i = 0; i < kTokens; ++i) sum += find(known[random() % known.size()]).ham;
          if (message == 1) first.push_back(microseconds_since(then));
          if (message == kMessages) hundredth.push_back(microseconds_since(then));
        }
      });
      if (sum != kTokens * kMessages) std::printf("wrong ");
    }
    std::printf("  %s %8.0f %8.0f %6.0f", is_cold ? "cold" : "warm", median(opening), median(first),
                median(hundredth));
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string path = std::string(argv[1]) + "/table";
  std::printf("microseconds to open, for the first message, for the hundredth\n");
  for (const std::size_t count : {100'000U, 400'000U, 1'000'000U}) {
    const std::vector<Token> known = write_table(path, count);
    std::printf("%zu tokens\n", count);
    measure("whole", path, known, [&](const auto& use) {
      const auto bytes = read_file(real_filesystem(), path, 1 << 30);
      const auto image = read_image(*bytes);
      use([&](Token token) { return image->table.find(token); });
    });
    measure("blocks", path, known, [&](const auto& use) {
      const auto pages = Pages::open(*real_filesystem().open(path), 16 << 20).value();
      use([&](Token token) { return pages->find(token); });
    });
    measure("mapped", path, known, [&](const auto& use) {
      Mapping mapping(path);
      use([&](Token token) { return mapping.find(token); });
    });
  }
  unlink(path.c_str());
  return 0;
}
