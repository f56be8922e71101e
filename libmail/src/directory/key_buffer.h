// A lower-cased lookup key on the stack, so that a plain lookup allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "mail/base/ascii.h"

namespace mail::directory {

class KeyBuffer {
 public:
  /// The parts joined and lower-cased. Longer keys than the buffer go to the heap: slower, not
  /// wrong.
  explicit KeyBuffer(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.size();
    char* to = buffer_.data();
    if (size > buffer_.size()) {
      heap_.resize(size);
      to = heap_.data();
    }
    key_ = {to, size};
    for (const std::string_view part : parts) {
      for (const char c : part) *to++ = ascii::to_lower(c);
    }
  }
  KeyBuffer(const KeyBuffer&) = delete;
  KeyBuffer& operator=(const KeyBuffer&) = delete;

  std::string_view view() const { return key_; }

 private:
  std::array<char, 320> buffer_;  // RFC 5321 §4.5.3.1: 64 + "@" + 255 octets
  std::string heap_;
  std::string_view key_;
};

}  // namespace mail::directory
