// Folders that stay open for a while after the last session let go of them.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include <absl/container/flat_hash_map.h>

#include "mail/base/mutex.h"
#include "mail/base/time.h"
#include "mail/store/store.h"

namespace mail::store {

/// Holds those that were opened last, within bounds of number, memory and time. Safe from any
/// thread; lets go of folders only while it holds no lock.
class KeptFolders {
 public:
  KeptFolders(std::size_t most_folders, std::uint64_t most_memory, Duration age)
      : most_folders_(most_folders), most_memory_(most_memory), age_(age) {}

  /// It was opened just now; `memory` is what it takes. True: it is the only one, and was not there
  /// before.
  bool keep(std::shared_ptr<Mailbox> folder, std::uint64_t memory, TimePoint now);
  /// Lets go of what nobody has opened for so long.
  void expire(TimePoint now);
  /// None: there is nothing to let go of.
  std::optional<Duration> next_expiry(TimePoint now);

 private:
  struct Kept {
    std::shared_ptr<Mailbox> folder;
    std::uint64_t memory = 0;
    TimePoint opened{};
  };
  using List = std::list<Kept>;  // the one opened last comes first

  bool has_too_many(TimePoint now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void drop_last(List& dropped) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::size_t most_folders_;
  const std::uint64_t most_memory_;
  const Duration age_;
  Mutex mutex_;
  List list_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const Mailbox*, List::iterator> places_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t memory_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace mail::store
