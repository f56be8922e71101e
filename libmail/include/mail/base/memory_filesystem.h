// A filesystem in memory: for tests, the simulator and the embedded test server.
//
// Files, directories, hard links, symbolic links and times as Linux has them; paths are absolute or
// relative to the root, which is the only directory at first. Safe from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mail/base/filesystem.h"

namespace mail {

class MemoryTree;

class MemoryFilesystem : public Filesystem {
 public:
  /// `now` stamps mtime and ctime; without it each change is one millisecond after the one before.
  explicit MemoryFilesystem(std::function<WallTime()> now = {});
  ~MemoryFilesystem() override;

  StatusOr<std::unique_ptr<File>> open(const std::string& path) override;
  StatusOr<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override;
  StatusOr<std::unique_ptr<File>> open_append(const std::string& path, std::uint32_t mode) override;
  StatusOr<FileInfo> info(const std::string& path) override;
  StatusOr<std::vector<DirectoryEntry>> list(const std::string& path) override;
  StatusOr<std::string> resolve_links(const std::string& path) override;
  Status make_directory(const std::string& path, std::uint32_t mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status overwrite(const std::string& path, std::string_view bytes) override;
  Status link(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status remove_directory(const std::string& path) override;
  Status set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) override;
  Status sync_directory(const std::string& path) override;

  // What the port cannot do and a test must: the doings of other programs.

  /// The file holds `bytes` afterwards, in place (same inode); missing parents are made.
  Status write(const std::string& path, std::string_view bytes, std::uint32_t mode = 0600);
  /// `target` is taken as it is; it need not exist.
  Status make_symlink(const std::string& target, const std::string& path);
  /// A thing that is neither file nor directory nor link: a FIFO, a socket, a device.
  Status make_other(const std::string& path);
  Status set_modified(const std::string& path, WallTime time);
  Status set_mode(const std::string& path, std::uint32_t mode);

 private:
  std::shared_ptr<MemoryTree> tree_;
};

}  // namespace mail
