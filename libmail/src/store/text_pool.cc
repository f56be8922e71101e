// realloc, because the octets of a large folder move without being copied, and what is cut off goes
// back to the system.
//
// Tested by tests/unit/store/message_row_test.cc.
#include "store/text_pool.h"

#include <algorithm>
#include <cstring>

namespace mail::store {

void TextPool::reallocate(std::size_t octets) {
  void* const moved = std::realloc(data_.get(), std::max<std::size_t>(octets, 1));
  if (moved == nullptr) std::abort();  // as operator new ends where nobody catches
  data_.release();
  data_.reset(static_cast<char*>(moved));
  capacity_ = octets;
}

void TextPool::reserve(std::size_t octets) {
  if (octets > capacity_) reallocate(octets);
}

void TextPool::truncate(std::size_t octets) {
  size_ = octets;
  reallocate(octets);
}

std::uint32_t TextPool::add(std::string_view text) {
  const std::size_t at = size_;
  if (text.empty()) return static_cast<std::uint32_t>(at);
  if (at + text.size() > capacity_) reallocate((at + text.size()) * 5 / 4 + 64);
  std::memcpy(data_.get() + at, text.data(), text.size());
  size_ += text.size();
  return static_cast<std::uint32_t>(at);
}

}  // namespace mail::store
