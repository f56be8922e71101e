// Has the config folder changed? A poller compares two fingerprints; the snapshot is rebuilt when
// they differ.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/filesystem.h"

namespace mail::directory {

/// Names, inside the config folder, of all files that a Snapshot is built from.
std::span<const std::string_view> snapshot_files();

/// What the file system says about each of those files. A value.
struct Fingerprint {
  struct Mark {
    bool exists = false;
    WallTime modified{};
    WallTime changed{};
    std::uint64_t size = 0;
    std::uint64_t inode = 0;

    bool operator==(const Mark&) const = default;
  };
  std::vector<Mark> marks;  // in the order of `snapshot_files`

  bool operator==(const Fingerprint&) const = default;
};

/// Blocks on files; a file that cannot be examined counts as absent.
Fingerprint fingerprint(Filesystem& filesystem, const std::string& folder);

}  // namespace mail::directory
