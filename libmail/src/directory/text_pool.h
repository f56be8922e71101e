// Text that lives as long as its owner, packed: a table of 100,000 addresses is a few large blocks
// instead of 100,000 small ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/base/ascii.h"
#include "table_allocator.h"

namespace mail::directory {

/// Hands out views that stay valid until it is destroyed, also when it is moved.
class TextPool {
 public:
  std::string_view add(std::string_view text) {
    char* to = take(text.size());
    std::copy(text.begin(), text.end(), to);
    return {to, text.size()};
  }
  /// The same in lower case; `text` itself when it is already.
  std::string_view add_lowered(std::string_view text) {
    if (std::none_of(text.begin(), text.end(), ascii::is_upper)) return text;
    char* to = take(text.size());
    std::transform(text.begin(), text.end(), to, [](char c) { return ascii::to_lower(c); });
    return {to, text.size()};
  }
  /// Memory in one cache line, where it fits into one; aligned for 32-bit numbers.
  char* take_in_line(std::size_t octets) {
    constexpr std::size_t kLine = 64;
    make_room(kLine + octets);
    const std::size_t into = reinterpret_cast<std::uintptr_t>(next_) % kLine;
    const std::size_t aligned = -into % alignof(std::uint32_t);
    take(into + aligned + octets <= kLine ? aligned : (kLine - into) % kLine);
    return take(octets);
  }

 private:
  using Block = std::vector<char, TableAllocator<char>>;
  static constexpr std::size_t kFirstBlockOctets = 64 * 1024;

  char* take(std::size_t octets) {
    make_room(octets);
    left_ -= octets;
    return std::exchange(next_, next_ + octets);
  }
  void make_room(std::size_t octets) {
    if (octets <= left_) return;
    // Each block is twice the one before, up to two huge pages.
    const std::size_t doublings = std::min<std::size_t>(blocks_.size(), 6);
    left_ = std::max(kFirstBlockOctets << doublings, octets);
    next_ = blocks_.emplace_back(left_).data();
  }

  std::vector<Block> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace mail::directory
