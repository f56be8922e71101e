// Giving a string's memory back.
#pragma once

#include <string>

namespace mail::imap {

/// What an idle session may keep of a buffer.
inline constexpr std::size_t kKeptCapacity = 512;

/// Empties it; frees it when it is bigger than what may be kept. (Assigning an empty string keeps
/// the memory in libstdc++.)
inline void release(std::string& buffer) {
  if (buffer.capacity() > kKeptCapacity) {
    std::string().swap(buffer);
  } else {
    buffer.clear();
  }
}

}  // namespace mail::imap
