// One seed, many streams: each part of the world forks its own generator by name, so that a change
// in one part (another client, one more draw) leaves the others' luck as it was.
//
// Tested by tests/sim/scheduler_test.cc.
#include "sim/random.h"

#include <string>

namespace mail::sim {

std::uint64_t Dice::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

std::uint64_t Dice::below(std::uint64_t limit) {
  // The bias of a remainder is of no account here: limits are tiny beside 2^64.
  return limit == 0 ? 0 : next() % limit;
}

std::uint64_t Dice::between(std::uint64_t least, std::uint64_t most) {
  return least + below(most - least + 1);
}

Duration Dice::between(Duration least, Duration most) {
  const auto width = static_cast<std::uint64_t>((most - least).count());
  return least + Duration(static_cast<Duration::rep>(between(std::uint64_t{0}, width)));
}

Dice Dice::fork(std::string_view name) const {
  Dice child(state_ ^ hash_of(name));
  return Dice(child.next());
}

std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3ULL;
  }
  return hash;
}

std::string hex(std::uint64_t number) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = text.size(); i-- > 0; number >>= 4) text[i] = kDigits[number & 15];
  return text;
}

void SimRandom::fill(std::span<std::byte> to) {
  for (std::byte& octet : to) octet = static_cast<std::byte>(dice_.next() & 0xFF);
}

}  // namespace mail::sim
