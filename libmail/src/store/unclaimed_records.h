// Records of dovecot-uidlist whose message files were not seen yet.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/name_table.h"
#include "store/uid_register.h"

namespace mail::store {

/// Not safe from several threads.
class UnclaimedRecords {
 public:
  void assign(UidRecords records);
  void clear() { assign({}); }

  std::size_t size() const { return unclaimed_; }
  /// Nothing when it is claimed already. Good until `assign` or `settle`.
  const UidRecord* find(std::string_view name);
  /// The same when it is perhaps at this position, which spares the search.
  const UidRecord* find(std::string_view name, std::size_t position) {
    if (position >= records_.list.size() || records_.list[position].name != name) return find(name);
    return is_claimed_[position] ? nullptr : &records_.list[position];
  }
  std::size_t position_of(const UidRecord& record) const {
    return static_cast<std::size_t>(&record - records_.list.data());
  }
  const UidRecord* find(Uid uid) const;
  /// It belongs to a message from now on.
  void claim(const UidRecord& record);
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < records_.list.size(); ++i) {
      if (!is_claimed_[i]) visit(records_.list[i]);
    }
  }
  /// The lowest from this UID on.
  std::optional<Uid> first_from(std::uint64_t uid) const;
  /// Lets go of what is claimed.
  void settle();

 private:
  UidRecords records_;  // ascending by UID
  std::vector<bool> is_claimed_;
  std::size_t unclaimed_ = 0;
  /// Made when somebody asks by name.
  NameTable by_name_;
};

}  // namespace mail::store
