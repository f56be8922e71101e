// Bytes that must not outlive their use, appear in a log, or be compared byte by byte.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "mail/base/wipe.h"

namespace mail::crypto {

/// True when both are the same bytes; the time taken depends on the lengths only.
bool constant_time_equal(std::string_view a, std::string_view b);

using mail::wipe;

/// A password or key. A resource: moved, never copied (`clone` says so in the text), wiped when it
/// goes, without an operator<< to print it. Belongs to one owner at a time.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  /// Lives as long as this secret. The name makes each use visible in a review.
  std::string_view reveal() const { return {bytes_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Secret clone() const { return Secret(reveal()); }

  /// In constant time (for equal lengths).
  friend bool operator==(const Secret& a, const Secret& b) {
    return constant_time_equal(a.reveal(), b.reveal());
  }

 private:
  // Not a std::string: its small buffer is copied on a move and would stay behind unwiped.
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mail::crypto
