// What of a file or directory shows that it has changed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "mail/base/filesystem.h"
#include "mail/base/time.h"

namespace mail::store {

/// The time of change and the inode cannot be set by whoever puts back an old copy.
struct Glance {
  WallTime modified{};
  WallTime changed{};
  std::uint64_t inode = 0;
  std::uint64_t size = 0;

  bool operator==(const Glance&) const = default;
};
inline Glance glance_at(const FileInfo& info) {
  return {info.modified, info.changed, info.inode, info.size};
}

/// Whether a change after this glance need not show in the next one: a directory changed twice
/// within the granularity of its time looks unchanged. Some file systems count in seconds, and FAT
/// in two; a time with a fraction tells of one that counts as the kernel does, in ticks of at most
/// 10 ms.
inline bool is_young(const Glance& glance, WallTime now) {
  constexpr auto kYoung = seconds(2);
  constexpr auto kYoungInTicks = milliseconds(100);
  const WallTime changed = std::max(glance.modified, glance.changed);
  const bool has_fraction = changed != std::chrono::floor<seconds>(changed);
  return changed + (has_fraction ? Duration(kYoungInTicks) : Duration(kYoung)) >= now;
}

}  // namespace mail::store
