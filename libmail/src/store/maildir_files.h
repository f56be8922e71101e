// What every part of the Maildir store needs of the file system: unique names, owners, directories,
// files written under tmp/.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "mail/base/mutex.h"
#include "mail/store/maildir.h"
#include "store/folder_name.h"

namespace mail::store {

/// Shared by all objects of one store. Safe from any thread.
class MaildirFiles {
 public:
  MaildirFiles(Filesystem& the_filesystem, Clock& the_clock, Random& the_random,
               EventBus* the_events, MaildirOptions the_options);

  Filesystem& fs;
  Clock& clock;
  Random& random;
  const MaildirOptions options;

  FolderNameLimits name_limits() const { return {options.folder_name, options.folder_depth}; }
  void publish(std::string_view address, std::string_view folder) const;
  std::string random_hex(std::size_t octets) const;

  /// "1276528487.M364837P9451.kurkku". No two calls give the same name, whatever the clock does.
  std::string unique_name();
  std::string message_base(std::uint64_t stored_size, std::uint64_t wire_size);

  /// Makes `path`, its missing parents, and cur/, new/, tmp/ in it. Durable.
  Status make_maildir(const std::string& path);
  Status make_directory(const std::string& path);

  /// Writes `directory`/tmp/`base`, durable as far as its octets go, and returns its path. Leaves
  /// nothing when it fails.
  StatusOr<std::string> write_temporary(const std::string& directory, const std::string& base,
                                        std::string_view bytes, WallTime modified);
  Status write_atomically(const std::string& path, std::string_view bytes);
  /// An empty file.
  Status create_empty(const std::string& path, std::uint32_t mode);
  /// Hands a file or directory that was just made to the owner of the mail.
  Status hand_over(const std::string& path);

  /// After a failed flush the system may show octets that are not on disk, and report success for
  /// them later: such a file is not to be relied on, nor appended to, before it was replaced.
  void suspect(const std::string& path);
  void trust(const std::string& path);
  bool is_suspect(const std::string& path);

  /// Removes what crashed writers left behind longer than 36 hours ago.
  void clean_temporary(const std::string& directory);
  bool is_leftover(const FileInfo& info) const;

 private:
  Status fill(File& file, std::string_view bytes, WallTime modified);

  EventBus* const events_;
  const std::string host_;
  const std::uint32_t process_id_;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> owner_;  // when it is not ours already
  Mutex mutex_;
  WallTime last_name_ ABSL_GUARDED_BY(mutex_);
  StringSet suspects_ ABSL_GUARDED_BY(mutex_);
};

inline constexpr std::uint32_t kDirectoryMode = 0700;
inline constexpr std::uint32_t kFileMode = 0600;

}  // namespace mail::store
