// The only conversions between std and absl strings: Debian's absl::string_view is a type of its
// own. Everything else in libmail speaks std::string_view.
#pragma once

#include <charconv>
#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <absl/hash/hash.h>
#include <absl/strings/string_view.h>

namespace mail {

inline absl::string_view to_absl(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view to_std(absl::string_view s) { return {s.data(), s.size()}; }

/// One argument of `cat`: text as it is, integers in decimal.
class Piece {
 public:
  Piece(std::string_view s) : text_(s) {}
  Piece(const char* s) : text_(s) {}
  Piece(const std::string& s) : text_(s) {}
  Piece(char c) : length_(1) { digits_[0] = c; }
  template <std::integral T>
    requires(!std::same_as<T, char> && !std::same_as<T, bool>)
  Piece(T n) : length_(std::to_chars(digits_, digits_ + sizeof digits_, n).ptr - digits_) {}

  std::string_view text() const {
    return length_ == 0 ? text_ : std::string_view(digits_, length_);
  }

 private:
  std::string_view text_;
  char digits_[24] = {};
  std::size_t length_ = 0;
};

std::string cat_pieces(std::initializer_list<Piece> pieces);
void append_pieces(std::string& to, std::initializer_list<Piece> pieces);

/// The parts joined: `cat("250 ", size, " octets")`.
template <class... Parts>
std::string cat(const Parts&... parts) {
  return cat_pieces({Piece(parts)...});
}

template <class... Parts>
void append(std::string& to, const Parts&... parts) {
  append_pieces(to, {Piece(parts)...});
}

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const {
    return absl::Hash<absl::string_view>{}(to_absl(s));
  }
};
struct StringEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

/// Hash containers keyed by text that are searched with any string_view without a copy.
template <class V>
using StringMap = absl::flat_hash_map<std::string, V, StringHash, StringEqual>;
using StringSet = absl::flat_hash_set<std::string, StringHash, StringEqual>;

}  // namespace mail
