// After the first look at a folder nearly all records are claimed; the few that are not (their
// files are gone, or still to come) are copied, so that the text of the list can go.
//
// Tested by tests/store/maildir_test.cc, tests/store/index_test.cc.
#include "store/unclaimed_records.h"

#include <algorithm>
#include <utility>

namespace mail::store {

void UnclaimedRecords::assign(UidRecords records) {
  by_name_.clear();
  records_ = std::move(records);
  is_claimed_.assign(records_.list.size(), false);
  unclaimed_ = records_.list.size();
}

const UidRecord* UnclaimedRecords::find(std::string_view name) {
  if (unclaimed_ == 0) return nullptr;
  const auto name_at = [this](std::size_t at) { return records_.list[at].name; };
  if (by_name_.empty()) {
    by_name_.reset(unclaimed_);
    for (std::size_t i = 0; i < records_.list.size(); ++i) {
      if (!is_claimed_[i]) by_name_.insert(name_at(i), i, name_at);
    }
  }
  const auto found = by_name_.find(name, name_at);
  return found.is_there && !is_claimed_[found.position] ? &records_.list[found.position] : nullptr;
}

const UidRecord* UnclaimedRecords::find(Uid uid) const {
  const auto at =
      std::lower_bound(records_.list.begin(), records_.list.end(), uid,
                       [](const UidRecord& record, Uid wanted) { return record.uid < wanted; });
  if (at == records_.list.end() || at->uid != uid) return nullptr;
  return is_claimed_[position_of(*at)] ? nullptr : &*at;
}

std::optional<Uid> UnclaimedRecords::first_from(std::uint64_t uid) const {
  auto at = std::lower_bound(
      records_.list.begin(), records_.list.end(), uid,
      [](const UidRecord& record, std::uint64_t wanted) { return number(record.uid) < wanted; });
  while (at != records_.list.end() && is_claimed_[position_of(*at)]) ++at;
  if (at == records_.list.end()) return std::nullopt;
  return at->uid;
}

void UnclaimedRecords::claim(const UidRecord& record) {
  is_claimed_[position_of(record)] = true;
  --unclaimed_;
}

void UnclaimedRecords::settle() {
  if (unclaimed_ == records_.list.size()) return;
  std::size_t octets = 0;
  for_each([&](const UidRecord& record) { octets += record.keys.size() + record.name.size(); });
  const auto text = std::make_shared<std::string>();
  text->reserve(octets);  // views stay good
  const auto copy = [&text](std::string_view part) {
    text->append(part);
    return std::string_view(*text).substr(text->size() - part.size());
  };
  std::vector<UidRecord> list;
  for_each([&](const UidRecord& record) {
    const std::string_view keys = copy(record.keys);
    list.push_back({record.uid, keys, copy(record.name)});
  });
  assign({std::move(list), {text}});
}

}  // namespace mail::store
