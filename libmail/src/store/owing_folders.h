// Folders whose files have not yet the names that their flags ask for.
#pragma once

#include <memory>
#include <utility>

#include <absl/container/flat_hash_set.h>

#include "mail/base/mutex.h"

namespace mail::store {

class MaildirMailbox;

/// Keeps them alive until they are taken. Safe from any thread.
class OwingFolders {
 public:
  using Folders = absl::flat_hash_set<std::shared_ptr<MaildirMailbox>>;

  /// While it is open, somebody takes them now and then.
  void open() { set_open(true); }
  bool is_open() {
    const MutexLock lock(mutex_);
    return is_open_;
  }
  enum class Added { kFirst, kMore, kClosed };
  Added add(std::shared_ptr<MaildirMailbox> folder) {
    const MutexLock lock(mutex_);
    if (!is_open_) return Added::kClosed;
    const bool is_first = folders_.empty();
    folders_.insert(std::move(folder));
    return is_first ? Added::kFirst : Added::kMore;
  }
  Folders take() {
    const MutexLock lock(mutex_);
    return std::exchange(folders_, {});
  }
  Folders close() {
    set_open(false);
    return take();
  }

 private:
  void set_open(bool is_open) {
    const MutexLock lock(mutex_);
    is_open_ = is_open;
  }

  Mutex mutex_;
  bool is_open_ ABSL_GUARDED_BY(mutex_) = false;
  Folders folders_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mail::store
