// What a name is: an account, a key of postfix-virtual.cf, both or nothing. One index for both
// files, since an address is asked for in both.
//
// A name and what is known of it stand side by side in memory, in one cache line where they fit:
// in a directory of 100,000 accounts a lookup waits for memory, not for the processor.
#pragma once

#include <cstdint>
#include <string_view>

#include <absl/container/flat_hash_set.h>

#include "mail/base/absl.h"
#include "text_pool.h"

namespace mail::directory {

struct Name {
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t account = kNone;  // position in AccountTable::accounts
  std::uint32_t line = 0;         // of the account in its file
  std::uint32_t chain = kNone;    // position in VirtualTable::sources
};

/// Keys are lower case, in internal form.
class Names {
 public:
  struct Entry {
    Name name;
    std::uint32_t octets = 0;  // of the key, which follows

    std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), octets}; }
  };

  /// For that many more.
  void reserve(std::size_t count) { entries_.reserve(entries_.size() + count); }
  /// Null: nothing of the kind.
  const Entry* find_entry(std::string_view key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : *found;
  }
  Name find(std::string_view key) const {
    const Entry* const entry = find_entry(key);
    return entry == nullptr ? Name() : entry->name;
  }
  /// What is known of the key, to be written; it becomes a name if it was none.
  Name& operator[](std::string_view key);

  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  struct Hash : StringHash {
    using StringHash::operator();
    std::size_t operator()(const Entry* entry) const { return (*this)(entry->key()); }
  };
  struct Equal {
    using is_transparent = void;
    static std::string_view key(const Entry* entry) { return entry->key(); }
    static std::string_view key(std::string_view text) { return text; }
    bool operator()(const auto& a, const auto& b) const { return key(a) == key(b); }
  };

  absl::flat_hash_set<Entry*, Hash, Equal, TableAllocator<Entry*>> entries_;
  TextPool pool_;
};

}  // namespace mail::directory
