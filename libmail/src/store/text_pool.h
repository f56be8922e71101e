// Texts one behind the other, found by where they begin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string_view>

namespace mail::store {

/// Why no strings: a hundred thousand names of 60 octets are as many allocations of 80 each. What
/// is no longer needed stays until the owner makes the pool anew (`is_wasteful`).
class TextPool {
 public:
  static constexpr std::uint64_t kLimit = UINT32_MAX;

  TextPool() = default;
  /// Octets to be filled by the caller.
  explicit TextPool(std::size_t octets) {
    reserve(octets);
    size_ = octets;
  }

  std::span<char> octets() { return {data_.get(), size_}; }
  std::string_view all() const { return {data_.get(), size_}; }
  std::string_view text(std::size_t at, std::size_t octets) const {
    return all().substr(at, octets);
  }
  /// Where it begins. Views of other texts are no longer good, nor may `text` be one.
  std::uint32_t add(std::string_view text);
  /// So many octets are nobody's now.
  void drop(std::size_t octets) { dropped_ += octets; }
  /// What stands behind is gone, and its memory free.
  void truncate(std::size_t octets);
  void reserve(std::size_t octets);

  std::size_t size() const { return size_; }
  bool is_wasteful() const { return dropped_ > kFew && dropped_ > size_ / 2; }
  std::uint64_t memory() const { return capacity_; }

 private:
  static constexpr std::size_t kFew = 4096;

  struct Free {
    void operator()(char* octets) const { std::free(octets); }
  };
  void reallocate(std::size_t octets);

  std::unique_ptr<char[], Free> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace mail::store
