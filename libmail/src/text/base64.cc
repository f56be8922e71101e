// Base64 by tables, three octets to four characters.
//
// Tested by tests/unit/text/base64_test.cc.
#include "mail/text/base64.h"

#include <array>
#include <cstdint>

namespace mail::text {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNotInAlphabet = 0xFF;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNotInAlphabet);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}();

std::uint8_t value_of(char c) { return kValues[static_cast<unsigned char>(c)]; }

/// Collects six bits a character and hands out whole octets.
class BitReader {
 public:
  explicit BitReader(std::string& to) : to_(to) {}

  void add(std::uint8_t six_bits) {
    bits_ = (bits_ << 6) | six_bits;
    count_ += 6;
    if (count_ < 8) return;
    count_ -= 8;
    to_.push_back(static_cast<char>((bits_ >> count_) & 0xFF));
  }
  /// True when the bits left over are all zero.
  bool rest_is_zero() const { return (bits_ & ((1U << count_) - 1)) == 0; }
  void start_over() { bits_ = count_ = 0; }

 private:
  std::string& to_;
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
};

}  // namespace

std::string base64_encode(std::string_view octets) {
  std::string result;
  result.reserve((octets.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    std::uint32_t quantum = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const bool inside = i + j < octets.size();
      quantum = (quantum << 8) | (inside ? static_cast<unsigned char>(octets[i + j]) : 0U);
    }
    const std::size_t characters = octets.size() - i >= 3 ? 4 : octets.size() - i + 1;
    for (std::size_t j = 0; j < 4; ++j) {
      result.push_back(j < characters ? kAlphabet[(quantum >> (18 - 6 * j)) & 0x3F] : '=');
    }
  }
  return result;
}

std::string base64_encode_lines(std::string_view octets, std::size_t columns) {
  const std::size_t octets_per_line = columns < 4 ? 3 : columns / 4 * 3;
  std::string result;
  result.reserve((octets.size() + 2) / 3 * 4 + (octets.size() / octets_per_line + 1) * 2);
  for (std::size_t i = 0; i < octets.size(); i += octets_per_line) {
    result += base64_encode(octets.substr(i, octets_per_line));
    result += "\r\n";
  }
  return result;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string result;
  result.reserve(text.size() / 4 * 3 + 2);
  BitReader reader(result);
  for (char c : text) {
    const std::uint8_t value = value_of(c);
    if (value == kNotInAlphabet) return std::nullopt;
    reader.add(value);
  }
  if (!reader.rest_is_zero()) return std::nullopt;
  return result;
}

std::string base64_decode_lenient(std::string_view text) {
  std::string result;
  result.reserve(text.size() / 4 * 3 + 3);
  BitReader reader(result);
  for (char c : text) {
    const std::uint8_t value = value_of(c);
    if (value != kNotInAlphabet) {
      reader.add(value);
    } else if (c == '=') {
      reader.start_over();
    }
  }
  return result;
}

}  // namespace mail::text
