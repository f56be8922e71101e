// What one step of reading a folder (maildir_scan.cc) finds out for the next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/store/types.h"
#include "store/glance.h"

namespace mail::store {

/// A message whose file was not looked at yet.
struct Undated {
  Uid uid{};
  std::string name;
  bool is_new = false;
  FileInfo file;
  std::optional<std::uint64_t> size;  // of the message, when its name tells a wrong one
};

/// What the directories looked like; none: not known, or too young to be relied on.
struct Stamps {
  std::optional<Glance> in_new;
  std::optional<Glance> in_cur;
};

/// Rows beside a listing.
struct Comparison {
  std::vector<Uid> gone;
  std::vector<Uid> moved;
  bool meets_unlisted = false;  // a name belongs to a row of the directory that was not listed
};

/// What became of files that nobody knew.
struct Adopted {
  bool has_new = false;
  bool is_complete = true;  // false: some have no UID yet, or a UID has no message yet
};

}  // namespace mail::store
