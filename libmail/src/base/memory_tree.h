// The tree behind MemoryFilesystem and ForgetfulFilesystem.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <absl/base/thread_annotations.h>

#include "mail/base/filesystem.h"
#include "mail/base/mutex.h"

namespace mail {

/// Files grow or are cut (the port that forgets has no overwrite), so the durable part of one is a
/// prefix of what it holds, or held before it was cut.
class MemoryTree : public std::enable_shared_from_this<MemoryTree> {
 public:
  /// With `forgets` every change of a directory is noted until it is flushed.
  MemoryTree(std::function<WallTime()> now, bool forgets);
  ~MemoryTree();

  StatusOr<std::unique_ptr<File>> open(const std::string& path);
  StatusOr<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode,
                                         bool exclusive);
  StatusOr<FileInfo> info(const std::string& path);
  StatusOr<std::vector<DirectoryEntry>> list(const std::string& path);
  StatusOr<std::string> resolve_links(const std::string& path);
  Status make_directory(const std::string& path, std::uint32_t mode);
  Status make_special(const std::string& path, FileType type, std::string_view target);
  Status rename(const std::string& from, const std::string& to);
  Status link(const std::string& from, const std::string& to);
  Status unlink(const std::string& path);
  Status remove_directory(const std::string& path);
  Status sync_directory(const std::string& path);
  Status overwrite(const std::string& path, std::string_view bytes);
  Status set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group);
  Status change_attributes(const std::string& path, const std::function<void(FileInfo&)>& change);

  void sync_all();
  void power_cut(std::mt19937_64& random);
  /// What a failed fsync does: the octets after the durable part are lost for good.
  static void lose_unsynced(File& file);

 private:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  class OpenFile;
  /// A place in a directory; `node` is null when the name is free.
  struct Place {
    NodePtr directory;
    std::string name;
    NodePtr node;
  };
  /// One change of directories, not yet durable: `node` left (from, from_name), appeared at (to,
  /// to_name). A creation has no `from`, a removal no `to`.
  struct Change {
    NodePtr node;
    NodePtr from;
    std::string from_name;
    NodePtr to;
    std::string to_name;

    bool touches(const NodePtr& directory) const { return from == directory || to == directory; }
    bool shares_name(const Change& other) const;
  };

  WallTime tick() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  NodePtr make_node(FileType type, std::uint32_t mode) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  /// Follows links in all components but the last. `canonical`, when given, gets the path without
  /// links.
  StatusOr<Place> find(const std::string& path, bool follow_last, std::string* canonical)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<Place> find_existing(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  StatusOr<Place> find_free(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void apply(const Change& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void note(Change change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static void apply_durably(const Change& change);
  void make_durable(std::vector<bool> chosen) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::unique_ptr<File> open_node(NodePtr node) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  const std::function<WallTime()> now_;
  const bool forgets_;
  WallTime last_tick_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t next_inode_ ABSL_GUARDED_BY(mutex_) = 1;
  std::uint64_t boot_ ABSL_GUARDED_BY(mutex_) = 0;  // power cuts so far
  NodePtr root_ ABSL_GUARDED_BY(mutex_);
  std::vector<Change> pending_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::weak_ptr<Node>> nodes_ ABSL_GUARDED_BY(mutex_);  // only when it forgets
};

}  // namespace mail
