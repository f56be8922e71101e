// Any octets as the two files of a table: read or refused, never trusted beyond what they hold.
// Their checksums are made right first, or nothing behind them would ever be read.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "bayes/format.h"
#include "fuzz.h"

using namespace mail::bayes;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(text_of(data, size));
  constexpr std::size_t kKeyAt = 16;
  if (bytes.size() >= kKeyAt + sizeof(mail::crypto::HashKey) + 8) {
    mail::crypto::HashKey key;
    std::memcpy(key.data(), bytes.data() + kKeyAt, sizeof key);
    const std::string_view covered = std::string_view(bytes).substr(0, bytes.size() - 8);
    const std::uint64_t checksum = mail::crypto::keyed_hash(key, covered);
    std::memcpy(bytes.data() + covered.size(), &checksum, sizeof checksum);
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
