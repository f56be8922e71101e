// Messages on their way: into a folder, from one to another, from one name to another.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "mail/store/store.h"
#include "store/message_row.h"

namespace mail::store {

/// Where a message is.
struct Seen {
  std::string name;
  bool is_new = false;
};

/// Another name for a message, and the flags that go with it.
struct Rename {
  Uid uid{};
  Seen from;
  Flags old_flags;
  Seen to;
  Flags new_flags;
  bool was_misnamed = false;
  bool is_misnamed = false;  // afterwards
};

/// Flags that were changed, and not the name.
struct Marked {
  Uid uid{};
  Flags before;
};

/// A message on its way into a folder.
struct Incoming {
  std::string path;     // where it is now: a file under tmp/, or in the other folder
  std::string letters;  // of the old name: those that are no flags are kept
  std::string foreign;
  std::string base;  // its new base name
  NamedFlags flags;
  WallTime internal_date{};
  std::uint64_t size = 0;
  std::uint64_t stored_size = 0;
  Uid source{};      // COPY, MOVE
  std::string keys;  // of its record
  // Filled in by `insert`.
  Uid uid{};
  Flags bits;
  std::string name;
  bool is_new = false;
};

/// A message of a folder, as COPY and MOVE need it.
struct Outgoing {
  MessageInfo info;
  Place place;
  std::string path;
  std::vector<std::string> keywords;
};

/// What MOVE has done.
struct Moved {
  UidPairs pairs;
  std::set<std::string> directories;  // to be flushed
};

}  // namespace mail::store
