// What every part of the Maildir store needs of the file system: unique names, owners, directories,
// files written under tmp/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/base/mutex.h"
#include "mail/store/maildir.h"
#include "store/account_usage.h"
#include "store/folder_name.h"
#include "store/owing_folders.h"

namespace mail::store {

/// Files whose octets are not durable yet, open so that they can be flushed together.
class Unflushed {
 public:
  /// So many descriptors and so many octets at most wait for one flush.
  static constexpr std::size_t kFiles = 64;
  static constexpr std::uint64_t kOctets = 8 << 20;

  explicit Unflushed(Filesystem& fs) : fs_(&fs) {}

  /// Flushes the others first when there are too many.
  Status add(std::unique_ptr<File> file, std::uint64_t octets);
  /// Everything that was added, and `last`, is durable when this returns OK. Holds nothing
  /// afterwards.
  Status flush(File* last = nullptr);

 private:
  Filesystem* fs_;
  std::vector<std::unique_ptr<File>> files_;
  std::uint64_t octets_ = 0;
};

/// Shared by all objects of one store. Safe from any thread.
class MaildirFiles {
 public:
  MaildirFiles(Filesystem& the_filesystem, Clock& the_clock, Random& the_random,
               EventBus* the_events, MaildirOptions the_options, DirectoryWatch* the_watch);

  Filesystem& fs;
  Clock& clock;
  Random& random;
  const MaildirOptions options;
  DirectoryWatch* const watch;  // may be null

  FolderNameLimits name_limits() const { return {options.folder_name, options.folder_depth}; }
  void publish(std::string_view address, std::string_view folder) const;
  std::string random_hex(std::size_t octets) const;
  std::uint64_t random_number() const;
  /// Another number after each start of the system; 0: not known.
  std::uint64_t boot() const { return boot_; }

  /// "1276528487.M364837P9451.kurkku". No two calls give the same name, whatever the clock does.
  std::string unique_name();
  std::string message_base(std::uint64_t stored_size, std::uint64_t wire_size);

  /// Makes `path`, its missing parents, and cur/, new/, tmp/ in it. Durable.
  Status make_maildir(const std::string& path);
  Status make_directory(const std::string& path);

  /// Writes `directory`/tmp/`base`, adds it to what is to be flushed, and returns its path. Leaves
  /// nothing when it fails.
  StatusOr<std::string> write_temporary(const std::string& directory, const std::string& base,
                                        std::string_view bytes, WallTime modified,
                                        Unflushed& unflushed);
  Status write_atomically(const std::string& path, std::string_view bytes);
  /// An empty file.
  Status create_empty(const std::string& path, std::uint32_t mode);
  /// Hands a file or directory that was just made to the owner of the mail.
  Status hand_over(const std::string& path);

  /// Folders for `Store::tend`. Open while somebody calls that.
  OwingFolders owing;
  /// False: nobody will come for it.
  bool owe(std::shared_ptr<MaildirMailbox> folder);
  /// `Store::tend` has something to do.
  void announce_upkeep() const;

  /// Of the account in this directory.
  std::shared_ptr<AccountUsage> usage(const std::string& account_directory) {
    return usage_.of(account_directory);
  }

  /// After a failed flush the system may show octets that are not on disk, and report success for
  /// them later: such a file is not to be relied on, nor appended to, before it was replaced.
  void suspect(const std::string& path);
  void trust(const std::string& path);
  bool is_suspect(const std::string& path);

  /// Gives the names of messages the letters of Courier's keywords, and the letters their names.
  /// For a folder that is taken over: what is in dovecot-keywords already stays as it is.
  Status adopt_courier_keywords(const std::string& directory);

  /// Removes what crashed writers left behind longer than 36 hours ago.
  void clean_temporary(const std::string& directory);
  bool is_leftover(const FileInfo& info) const;

 private:
  Status fill(File& file, std::string_view bytes, WallTime modified);

  EventBus* const events_;
  const std::string host_;
  const std::uint32_t process_id_;
  const std::uint64_t boot_;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> owner_;  // when it is not ours already
  UsageBook usage_;
  Mutex mutex_;
  WallTime last_name_ ABSL_GUARDED_BY(mutex_);
  StringSet suspects_ ABSL_GUARDED_BY(mutex_);
};

/// Objects that live as long as somebody outside holds them. Entries of those that are gone are
/// swept away when there are as many of them as of the others, so that keeping one costs the same
/// however many there are. Not safe from several threads.
template <class T>
class WeakMap {
 public:
  std::shared_ptr<T> find(std::string_view key) const {
    const auto at = entries_.find(key);
    return at == entries_.end() ? nullptr : at->second.lock();
  }
  void insert(std::string_view key, const std::shared_ptr<T>& object) {
    if (entries_.size() >= next_sweep_) {
      absl::erase_if(entries_, [](const auto& entry) { return entry.second.expired(); });
      next_sweep_ = 2 * entries_.size() + kFew;
    }
    entries_[key] = object;
  }
  void erase(std::string_view key) {
    if (const auto at = entries_.find(key); at != entries_.end()) entries_.erase(at);
  }

 private:
  static constexpr std::size_t kFew = 16;

  StringMap<std::weak_ptr<T>> entries_;
  std::size_t next_sweep_ = kFew;
};

inline constexpr std::uint32_t kDirectoryMode = 0700;
inline constexpr std::uint32_t kFileMode = 0600;

}  // namespace mail::store
