// The hash of a token, under a table's key.
//
// SipHash takes a hundred instructions for a word of six letters, and a message has a thousand
// words. This one is multilinear (Lemire and Kaser, "Strongly universal string hashing is fast",
// 2014): each eight octets of kind and word, and their lengths, times a secret number of 128 bits;
// the upper half of the sum modulo 2^128. Of two texts that were chosen without knowing the key, 40
// bits of it agree with a probability of 2^-40, whatever the texts: nobody can craft words that
// collide. (Who sees hashes of texts can compute the key. Nobody does: they stay in the table.)
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "mail/bayes/tokens.h"

namespace mail::bayes {

/// ASCII capitals of eight octets at once.
inline std::uint64_t lower_eight(std::uint64_t octets) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t low = octets & (kOnes * 0x7F);
  const std::uint64_t from_a = low + kOnes * (0x80 - 'A');
  const std::uint64_t behind_z = low + kOnes * (0x7F - 'Z');
  return octets | (((from_a ^ behind_z) & ~octets & (kOnes * 0x80)) >> 2);
}

/// A sum that grows by eight octets at a time.
class TokenSum {
 public:
  TokenSum(const TokenKey& key, std::size_t kind_size, std::size_t word_size)
      : factors_(key.factors.data()), low_(factors_[0].low), high_(factors_[0].high) {
    add(word_size << 8 | kind_size, factors_[1]);
  }

  void add_kind(std::string_view kind) { add<false>(kind, 2); }
  /// Answers whether all of it is ASCII.
  bool add_word(std::string_view word) { return add<false>(word, kFirstOfWord); }
  bool add_lower_word(std::string_view word) { return add<true>(word, kFirstOfWord); }

  std::uint64_t value() const { return high_; }

 private:
  static constexpr std::size_t kFirstOfWord = 2 + TokenKey::kKindOctets / 8;

  void add(std::uint64_t octets, const TokenKey::Factor& by) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{octets} * by.low + low_;
    low_ = static_cast<std::uint64_t>(product);
    high_ += static_cast<std::uint64_t>(product >> 64) + octets * by.high;
  }

  template <class Piece>
  static std::uint64_t both_ends(const char* from, std::size_t size) {
    const std::size_t behind = size - sizeof(Piece);
    Piece first = 0;
    Piece last = 0;
    std::memcpy(&first, from, sizeof first);
    std::memcpy(&last, from + behind, sizeof last);
    return first | std::uint64_t{last} << (8 * behind);
  }
  /// Up to seven octets, without reading others.
  static std::uint64_t few(const char* from, std::size_t size) {
    if (size >= 4) return both_ends<std::uint32_t>(from, size);
    if (size >= 2) return both_ends<std::uint16_t>(from, size);
    return static_cast<unsigned char>(*from);
  }

  template <bool kLower>
  bool add(std::string_view text, std::size_t factor) {
    const char* const from = text.data();
    const std::size_t size = text.size();
    if (size == 0) return true;
    std::uint64_t seen = 0;
    std::uint64_t octets = 0;
    if (size < 8) {
      seen = octets = few(from, size);
      add(kLower ? lower_eight(octets) : octets, factors_[factor]);
      return (seen & kHighBits) == 0;
    }
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8, ++factor) {
      std::memcpy(&octets, from + at, 8);
      seen |= octets;
      add(kLower ? lower_eight(octets) : octets, factors_[factor]);
    }
    if (at != size) {
      std::memcpy(&octets, from + size - 8, 8);
      octets >>= 8 * (8 - (size - at));
      seen |= octets;
      add(kLower ? lower_eight(octets) : octets, factors_[factor]);
    }
    return (seen & kHighBits) == 0;
  }

  static constexpr std::uint64_t kHighBits = 0x8080808080808080;

  const TokenKey::Factor* factors_;
  std::uint64_t low_;
  std::uint64_t high_;
};

}  // namespace mail::bayes
