// All chance in the simulator comes from one 64-bit seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "mail/base/ports.h"

namespace mail::sim {

/// A generator of our own (splitmix64): the standard's distributions differ between libraries, and
/// a seed in a bug report must mean the same run everywhere. A value: a copy continues on its own.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next();
  /// 0 … limit-1; 0 when `limit` is 0.
  std::uint64_t below(std::uint64_t limit);
  /// Both ends included.
  std::uint64_t between(std::uint64_t least, std::uint64_t most);
  Duration between(Duration least, Duration most);
  /// True `percent` times of a hundred.
  bool percent(std::uint64_t percent) { return below(100) < percent; }
  /// Another stream: what one part of a run draws does not shift what another part gets.
  Dice fork(std::string_view name) const;

 private:
  std::uint64_t state_;
};

/// FNV-1a.
std::uint64_t hash_of(std::string_view bytes);
/// Sixteen hexadecimal digits.
std::string hex(std::uint64_t number);

class SimRandom final : public Random {
 public:
  explicit SimRandom(Dice dice) : dice_(dice) {}
  void fill(std::span<std::byte> to) override;

 private:
  Dice dice_;
};

}  // namespace mail::sim
