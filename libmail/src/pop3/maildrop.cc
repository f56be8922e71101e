// Tested by tests/unit/pop3/maildrop_test.cc.
#include "mail/pop3/maildrop.h"

#include <algorithm>

#include "mail/base/assert.h"

namespace mail::pop3 {

bool is_unique_id(std::string_view text) {
  return !text.empty() && text.size() <= kUniqueIdLimit &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

void Maildrop::reserve(std::size_t messages) {
  constexpr std::size_t kUsualId = 16;
  entries_.reserve(messages);
  ids_.reserve(messages * kUsualId);
}

void Maildrop::add(std::uint64_t octets, std::string_view unique_id) {
  // One that would break the listing is shown as "-": better than a line that the peer misreads.
  ids_ += MAIL_ASSERT(is_unique_id(unique_id)) ? unique_id : std::string_view("-");
  entries_.push_back({octets, ids_.size()});
}

std::string_view Maildrop::unique_id(std::uint32_t number) const {
  const std::uint64_t begin = number == 1 ? 0 : entries_[number - 2].id_end;
  return std::string_view(ids_).substr(begin, entries_[number - 1].id_end - begin);
}

}  // namespace mail::pop3
