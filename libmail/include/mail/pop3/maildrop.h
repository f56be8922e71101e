// What a POP3 session sees of a mailbox: sizes and unique-ids, frozen at login (RFC 1939 §4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mail::pop3 {

/// RFC 1939 §7: "one to 70 characters in the range 0x21 to 0x7E".
inline constexpr std::size_t kUniqueIdLimit = 70;
bool is_unique_id(std::string_view text);

/// A value. Messages have the numbers 1 to `size()`, in the order in which they were added. All
/// unique-ids stand in one string: a maildrop of 100,000 messages is two allocations.
class Maildrop {
 public:
  /// `unique_id` must satisfy `is_unique_id`.
  void add(std::uint64_t octets, std::string_view unique_id);
  void reserve(std::size_t messages);

  std::uint32_t size() const { return static_cast<std::uint32_t>(entries_.size()); }
  /// `number` from 1 to `size()`.
  std::uint64_t octets(std::uint32_t number) const { return entries_[number - 1].octets; }
  std::string_view unique_id(std::uint32_t number) const;

 private:
  struct Entry {
    std::uint64_t octets = 0;
    std::uint64_t id_end = 0;  // in ids_
  };
  std::vector<Entry> entries_;
  std::string ids_;
};

}  // namespace mail::pop3
