// Why keep a folder: clients select the same few again and again, and what costs is to read the
// index, not to see that nothing changed (two looks at directory times). Why so few: an account
// that is idle must cost nothing. A kept folder is an open one in every respect: it is looked at
// anew when it is opened, and whoever deletes or renames it finds it in its account.
//
// Tested by tests/store/kept_test.cc.
#include "store/kept_folders.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mail::store {

bool KeptFolders::has_too_many(TimePoint now) const {
  if (list_.empty()) return false;
  return list_.size() > most_folders_ || memory_ > most_memory_ ||
         now - list_.back().opened >= age_;
}

void KeptFolders::drop_last(List& dropped) {
  const auto last = std::prev(list_.end());
  memory_ -= last->memory;
  places_.erase(last->folder.get());
  dropped.splice(dropped.end(), list_, last);
}

bool KeptFolders::keep(std::shared_ptr<Mailbox> folder, std::uint64_t memory, TimePoint now) {
  List dropped;  // destroyed behind the lock
  const MutexLock lock(mutex_);
  const auto at = places_.find(folder.get());
  if (memory > most_memory_) {
    // One that is larger than all may be is not worth the others.
    if (at == places_.end()) return false;
    list_.splice(list_.end(), list_, at->second);
    drop_last(dropped);
    return false;
  }
  const bool is_first = list_.empty();
  if (at != places_.end()) {
    memory_ += memory - at->second->memory;
    at->second->memory = memory;
    at->second->opened = now;
    list_.splice(list_.begin(), list_, at->second);
  } else {
    const Mailbox* const key = folder.get();
    list_.push_front({std::move(folder), memory, now});
    places_.emplace(key, list_.begin());
    memory_ += memory;
  }
  while (has_too_many(now)) drop_last(dropped);
  return is_first && !list_.empty();
}

std::optional<Duration> KeptFolders::next_expiry(TimePoint now) {
  const MutexLock lock(mutex_);
  if (list_.empty()) return std::nullopt;
  return std::max(Duration(0), list_.back().opened + age_ - now);
}

void KeptFolders::expire(TimePoint now) {
  List dropped;
  const MutexLock lock(mutex_);
  while (has_too_many(now)) drop_last(dropped);
}

}  // namespace mail::store
