#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "mail/directory/snapshot.h"

namespace mail::directory {

/// The snapshot in force. Safe from any thread: readers take a reference and keep it as long as
/// they need it; a writer puts the next one in its place.
class Current {
 public:
  explicit Current(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}

  std::shared_ptr<const Snapshot> get() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  void set(std::shared_ptr<const Snapshot> snapshot) {
    {
      const std::lock_guard lock(mutex_);
      snapshot_.swap(snapshot);
    }
    // The old one, perhaps large, goes here: outside the lock.
  }

 private:
  // A mutex around one pointer copy: libstdc++ 12's std::atomic<shared_ptr> is a spinlock that
  // thread sanitizer does not understand.
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace mail::directory
