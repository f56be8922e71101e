// Finds names among many that stand elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "mail/base/absl.h"

namespace mail::store {

/// Positions by name, eight octets each; a name is looked at only when all 32 bits of its hash are
/// those that are wanted. `NameAt` gives the name at a position.
class NameTable {
 public:
  /// Room for so many; what was in it is gone.
  void reset(std::size_t names) {
    std::size_t size = kFew;
    while (size < 2 * names) size *= 2;
    slots_.assign(size, 0);
    room_ = size / 2;
    used_ = 0;
  }
  void clear() { *this = NameTable(); }
  bool is_full() const { return used_ == room_; }
  bool empty() const { return used_ == 0; }

  struct Found {
    std::size_t position = 0;
    bool is_there = false;
  };
  template <class NameAt>
  Found find(std::string_view name, NameAt name_at) const {
    if (used_ == 0) return {};
    const std::uint64_t hash = hash_of(name);
    for (std::size_t at = hash & mask(); slots_[at] != 0; at = (at + 1) & mask()) {
      if (slots_[at] >> 32 == hash && name_at(position_in(at)) == name) {
        return {position_in(at), true};
      }
    }
    return {};
  }
  /// Unless it is there. The table must not be full.
  template <class NameAt>
  Found insert(std::string_view name, std::size_t position, NameAt name_at) {
    const std::uint64_t hash = hash_of(name);
    std::size_t at = hash & mask();
    for (; slots_[at] != 0; at = (at + 1) & mask()) {
      if (slots_[at] >> 32 == hash && name_at(position_in(at)) == name) {
        return {position_in(at), true};
      }
    }
    slots_[at] = hash << 32 | (position + 1);
    ++used_;
    return {position, false};
  }

 private:
  static constexpr std::size_t kFew = 64;

  static std::uint64_t hash_of(std::string_view name) {
    return static_cast<std::uint32_t>(StringHash()(name));
  }
  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t position_in(std::size_t at) const {
    return static_cast<std::uint32_t>(slots_[at]) - std::size_t{1};
  }

  std::vector<std::uint64_t> slots_;  // hash, and position from 1; 0: free
  std::size_t room_ = 0;
  std::size_t used_ = 0;
};

}  // namespace mail::store
