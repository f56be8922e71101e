// What one account holds on disk, and what is on its way there (docs/store.md, "Usage").
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "mail/base/filesystem.h"
#include "mail/base/mutex.h"
#include "mail/store/usage.h"
#include "store/folder_name.h"
#include "store/glance.h"

namespace mail::store {

class AccountUsage;

/// Room that was found in an account and is kept for messages on their way; given back when it is
/// destroyed. An empty one keeps nothing.
class Reservation {
 public:
  Reservation() = default;
  Reservation(std::shared_ptr<AccountUsage> account, Usage usage)
      : account_(std::move(account)), usage_(usage) {}
  Reservation(Reservation&&) noexcept = default;
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(account_, other.account_);
    std::swap(usage_, other.usage_);
    return *this;
  }
  ~Reservation();

  /// Runs `place`, which makes the messages appear (a rename), and gives the room back before
  /// anybody counts again: they are counted once, never twice and never not at all.
  template <class Place>
  Status place(Place place);

 private:
  std::shared_ptr<AccountUsage> account_;
  Usage usage_;
};

/// Counts an account by the names of its messages: no message is opened, no folder either. What was
/// counted is remembered while the directories look the same. Safe from any thread.
class AccountUsage : public std::enable_shared_from_this<AccountUsage> {
 public:
  struct Sources {
    Filesystem& fs;
    FolderNameLimits names;
    std::uint64_t uidlist_size = 0;  // octets of dovecot-uidlist that are read at most
  };
  AccountUsage(Sources sources, std::string directory)
      : sources_(std::move(sources)), directory_(std::move(directory)) {}

  /// An account that is not there holds nothing.
  StatusOr<Usage> count(WallTime now);

  /// Fails: `over_quota`, when what is there and what is on its way leave no room for `added`.
  StatusOr<Reservation> reserve(const Usage& added, const UsageLimit& limit, WallTime now);

 private:
  friend class Reservation;

  /// A directory of messages at some moment.
  struct Counted {
    Glance glance;
    bool is_settled = false;  // a change since would show
    Usage usage;
    bool has_unsized = false;  // names that do not tell their W: then the list of UIDs may
  };
  struct Folder {
    Counted in_new;
    Counted in_cur;
    Glance uidlist;
  };
  StatusOr<Usage> count_locked(WallTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Status count_folder(const std::string& directory, Folder& folder, WallTime now) const;
  StatusOr<Glance> glance(const std::string& path) const;

  const Sources sources_;
  const std::string directory_;
  Mutex mutex_;
  Usage reserved_ ABSL_GUARDED_BY(mutex_);
  StringMap<Folder> folders_ ABSL_GUARDED_BY(mutex_);  // by directory
};

template <class Place>
Status Reservation::place(Place place) {
  if (account_ == nullptr) return place();
  const auto account = std::exchange(account_, nullptr);
  const MutexLock lock(account->mutex_);
  const Status status = place();
  account->reserved_ -= usage_;
  return status;
}

/// The accounts that were counted lately. Safe from any thread.
class UsageBook {
 public:
  /// `most`: beyond so many, those are forgotten for which nothing is on its way.
  UsageBook(AccountUsage::Sources sources, std::size_t most)
      : sources_(std::move(sources)), most_(most) {}

  std::shared_ptr<AccountUsage> of(const std::string& directory);

 private:
  const AccountUsage::Sources sources_;
  const std::size_t most_;
  Mutex mutex_;
  StringMap<std::shared_ptr<AccountUsage>> accounts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mail::store
