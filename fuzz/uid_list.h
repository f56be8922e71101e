// What holds of every list of UIDs, whatever octets it was read from.
#pragma once

#include <set>
#include <string_view>

#include "fuzz.h"
#include "store/uidlist.h"

namespace mail::fuzz {

/// Ascending, each file once, none that is no file's name.
inline void require_list(const store::UidList& list) {
  std::uint64_t last = 0;
  std::set<std::string_view> names;
  for (const store::UidRecord& record : list.records) {
    require(number(record.uid) > last);
    last = number(record.uid);
    require(names.insert(record.name).second);
    require(record.name.find('/') == std::string_view::npos);
  }
  require(list.header.next > last);
}

}  // namespace mail::fuzz
