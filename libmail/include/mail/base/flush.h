// Many flushes, waited for at the same time.
#pragma once

#include <span>
#include <string>

#include "mail/base/filesystem.h"

namespace mail {

/// What a Filesystem can be besides: one that waits for many flushes at once, so that they share
/// its commits.
class FlushesTogether {
 public:
  virtual ~FlushesTogether() = default;
  virtual Status sync_all(std::span<File* const> files) = 0;
  virtual Status sync_directories(std::span<const std::string> paths) = 0;
};

/// `sync` of each file, `sync_directory` of each path: together where the file system can do that,
/// else one after the other. OK: every one of them was OK; else the first failure, and nothing is
/// known of the others.
Status sync_all(Filesystem& filesystem, std::span<File* const> files);
Status sync_directories(Filesystem& filesystem, std::span<const std::string> paths);

}  // namespace mail
