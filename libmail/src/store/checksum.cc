// Eight octets a step: by the instruction that x86 processors have for CRC-32C, else with a table
// for each of the octets, a gigabyte a second.
//
// Tested by tests/unit/store/index_format_test.cc.
#include "store/checksum.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace mail::store {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t octet = 0; octet < 256; ++octet) {
    std::uint32_t value = octet;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? kPolynomial : 0);
    tables[0][octet] = value;
  }
  for (std::size_t table = 1; table < 8; ++table) {
    for (std::size_t octet = 0; octet < 256; ++octet) {
      const std::uint32_t value = tables[table - 1][octet];
      tables[table][octet] = (value >> 8) ^ tables[0][value & 255];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint32_t octet_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t step_by_instruction(std::string_view& bytes,
                                                                    std::uint32_t value) {
  std::uint64_t sum = value;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t octets = 0;
    std::memcpy(&octets, bytes.data(), 8);
    sum = __builtin_ia32_crc32di(sum, octets);
  }
  return static_cast<std::uint32_t>(sum);
}
#endif

}  // namespace

std::uint32_t checksum(std::string_view bytes, std::uint32_t before) {
  std::uint32_t value = ~before;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) value = step_by_instruction(bytes, value);
#endif
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    value ^= octet_at(bytes, 0) | octet_at(bytes, 1) << 8 | octet_at(bytes, 2) << 16 |
             octet_at(bytes, 3) << 24;
    value = kTables[7][value & 255] ^ kTables[6][(value >> 8) & 255] ^
            kTables[5][(value >> 16) & 255] ^ kTables[4][value >> 24] ^
            kTables[3][octet_at(bytes, 4)] ^ kTables[2][octet_at(bytes, 5)] ^
            kTables[1][octet_at(bytes, 6)] ^ kTables[0][octet_at(bytes, 7)];
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    value = (value >> 8) ^ kTables[0][(value ^ octet_at(bytes, at)) & 255];
  }
  return ~value;
}

}  // namespace mail::store
