// What the targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace mail::fuzz {

/// A promise that must hold for any input.
inline void require(bool condition) {
  if (!condition) std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Several texts in one input, cut at FF octets, which no UTF-8 contains.
class Parts {
 public:
  explicit Parts(std::string_view input) : rest_(input) {}

  std::string next() {
    const std::size_t cut = rest_.find('\xff');
    std::string part(rest_.substr(0, cut));
    rest_.remove_prefix(cut == std::string_view::npos ? rest_.size() : cut + 1);
    return part;
  }

 private:
  std::string_view rest_;
};

}  // namespace mail::fuzz
