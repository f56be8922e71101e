// Entries are made in a pool, each with its key behind it.
//
// Tested by tests/unit/directory/tables_test.cc.
#include "names.h"

#include <algorithm>
#include <new>

namespace mail::directory {

Name& Names::operator[](std::string_view key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) return (*found)->name;
  char* const memory = pool_.take_in_line(sizeof(Entry) + key.size());
  auto* const entry = new (memory) Entry;
  entry->octets = static_cast<std::uint32_t>(key.size());
  std::copy(key.begin(), key.end(), memory + sizeof(Entry));
  entries_.insert(entry);
  return entry->name;
}

}  // namespace mail::directory
