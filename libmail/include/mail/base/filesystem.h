// The Filesystem port: every file that libmail reads or writes goes through it.
//
// Three implementations: `real_filesystem()`, `MemoryFilesystem` (tests, the embedded test server)
// and `ForgetfulFilesystem` (mail/base/forgetful.h: loses at a power cut whatever was not flushed).
// All calls block: on a network thread they go through the `Worker` port. All are safe from any
// thread.
//
// Nothing here follows a symbolic link in the last component of a path: a planted link is an error,
// never a way out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"
#include "mail/base/time.h"

namespace mail {

enum class FileType { kRegular, kDirectory, kSymlink, kOther };

struct FileInfo {
  FileType type = FileType::kRegular;
  std::uint64_t size = 0;  // octets
  WallTime modified{};     // mtime
  WallTime changed{};      // ctime
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint32_t links = 1;
  std::uint32_t mode = 0;   // permission bits only
  std::uint32_t owner = 0;  // uid
  std::uint32_t group = 0;  // gid

  bool operator==(const FileInfo&) const = default;
};

struct DirectoryEntry {
  std::string name;  // never "." or ".."
  FileType type = FileType::kRegular;

  bool operator==(const DirectoryEntry&) const = default;
};

/// An open file; closed when destroyed. Used by one thread at a time.
class File {
 public:
  virtual ~File() = default;
  virtual StatusOr<FileInfo> info() = 0;
  /// Reads up to `to.size()` octets at `offset`; fewer only at the end of the file.
  virtual StatusOr<std::size_t> read_at(std::uint64_t offset, std::span<char> to) = 0;
  /// Appends all pieces in order, or fails; a failure may leave a part of them in the file.
  virtual Status append(std::span<const std::string_view> pieces) = 0;
  Status append(std::string_view bytes) {
    return append(std::span<const std::string_view>(&bytes, 1));
  }
  /// Cuts off what is behind the first `size` octets; a shorter file stays as it is. As lasting as
  /// what was appended: until `sync` a power cut may bring the octets back.
  virtual Status truncate(std::uint64_t size) = 0;
  /// Content and size survive a power cut once this returns OK. After a failure the file must be
  /// given up: a second fsync may report success for bytes that were lost.
  virtual Status sync() = 0;
  virtual Status set_modified(WallTime time) = 0;
  virtual Status set_owner(std::uint32_t owner, std::uint32_t group) = 0;
  /// Takes the advisory whole-file lock (flock) if it is free; false when another holder has it.
  /// Released on close.
  virtual StatusOr<bool> try_lock() = 0;
};

class Filesystem {
 public:
  virtual ~Filesystem() = default;

  /// Fails: NotFound; FailedPrecondition when it is not a regular file (FIFO, symlink, device):
  /// never blocks on one.
  virtual StatusOr<std::unique_ptr<File>> open(const std::string& path) = 0;
  /// Creates a file that must not exist yet (O_EXCL) for appending. Fails: AlreadyExists.
  virtual StatusOr<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) = 0;
  /// Opens for appending, creating it when missing.
  virtual StatusOr<std::unique_ptr<File>> open_append(const std::string& path,
                                                      std::uint32_t mode) = 0;

  /// lstat: a symbolic link is reported as one.
  virtual StatusOr<FileInfo> info(const std::string& path) = 0;
  /// In no particular order.
  virtual StatusOr<std::vector<DirectoryEntry>> list(const std::string& path) = 0;
  /// Where a symbolic link leads: the absolute path, links resolved. A path without links is
  /// returned as it is.
  virtual StatusOr<std::string> resolve_links(const std::string& path) = 0;

  /// Fails: AlreadyExists.
  virtual Status make_directory(const std::string& path, std::uint32_t mode) = 0;
  /// Replaces `to` atomically when it exists. Fails: FailedPrecondition also for a `to` that is
  /// mounted by itself.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  /// Puts `bytes` in place of what an existing file holds, and flushes it: not atomic, for files
  /// that cannot be renamed over. Fails: Unimplemented where a file system has no such thing.
  virtual Status overwrite(const std::string& path, std::string_view bytes);
  /// Hard link. Fails: AlreadyExists.
  virtual Status link(const std::string& from, const std::string& to) = 0;
  virtual Status unlink(const std::string& path) = 0;
  /// Fails: FailedPrecondition when it is not empty.
  virtual Status remove_directory(const std::string& path) = 0;
  /// Of a directory, above all; a symbolic link is not followed.
  virtual Status set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) = 0;
  /// Entries made, renamed or removed in this directory survive a power cut once this returns OK.
  virtual Status sync_directory(const std::string& path) = 0;
};

/// The operating system's. Holds no state; lives as long as the process.
Filesystem& real_filesystem();

/// The file behind an open descriptor, which is taken in any case. Fails: FailedPrecondition when
/// it is not a regular file. `path` is for messages.
StatusOr<std::unique_ptr<File>> adopt_file(int descriptor, const std::string& path);
/// What lies behind an open descriptor, which stays the caller's.
StatusOr<FileInfo> descriptor_info(int descriptor, const std::string& path);

/// Whole file as bytes. Fails also with ResourceExhausted when it is larger than `limit` octets.
StatusOr<std::string> read_file(Filesystem& filesystem, const std::string& path,
                                std::uint64_t limit);

/// What a file will be: written and flushed beside it, not yet in its place. Destroyed before
/// `publish`, it goes without a trace. Keeps mode and owner of the file it replaces (where the
/// group may not be given away: neither group nor its permissions); a new one gets `mode`. The
/// target of a symbolic link is replaced, not the link.
class Replacement {
 public:
  static StatusOr<Replacement> write(Filesystem& filesystem, const std::string& path,
                                     std::string_view bytes, std::uint32_t mode);
  Replacement(Replacement&& other) noexcept;
  Replacement& operator=(Replacement&&) = delete;
  ~Replacement();

  /// Renames it over the file and flushes the directory.
  Status publish();

 private:
  Replacement(Filesystem& filesystem, std::string temporary, std::string target);

  Filesystem& filesystem_;
  std::string temporary_;  // empty: published, or moved away
  std::string target_;
};

/// All of `bytes` under `path`, or what was there before, whatever happens: a Replacement,
/// published at once.
Status write_file_atomically(Filesystem& filesystem, const std::string& path,
                             std::string_view bytes, std::uint32_t mode);

/// Makes the directory and its missing parents.
Status make_directories(Filesystem& filesystem, const std::string& path, std::uint32_t mode);

/// "a/b/c" → "a/b"; "c" → "."; "/c" → "/".
std::string parent_path(std::string_view path);

}  // namespace mail
