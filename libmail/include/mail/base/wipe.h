// Forgetting what was secret. `crypto::Secret` keeps a secret; this is for the buffers of engines,
// which link no cryptography.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mail {

/// Overwrites the octets in a way the compiler may not remove.
void wipe(char* octets, std::size_t size);

/// Empties the text and overwrites all the memory it has, so that what was longer once is gone too.
void wipe(std::string& text);

/// Text that is overwritten when it goes, or when it moves away. A value.
class WipedString {
 public:
  WipedString() = default;
  WipedString(std::string_view text) : text_(text) {}
  WipedString(const WipedString&) = default;
  WipedString(WipedString&& other) noexcept { swap(other); }
  WipedString& operator=(WipedString other) noexcept {
    swap(other);
    return *this;
  }
  ~WipedString() { wipe(text_); }

  operator std::string_view() const { return text_; }
  bool operator==(const WipedString&) const = default;

 private:
  void swap(WipedString& other) noexcept { text_.swap(other.text_); }

  std::string text_;
};

}  // namespace mail
