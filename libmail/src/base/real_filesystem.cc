// The operating system's files. Every open carries O_NOFOLLOW (a planted link is an error),
// O_NONBLOCK (a planted FIFO cannot hang a thread) and O_CLOEXEC, and what was opened must be a
// regular file.
//
// Many flushes at once: the octets of all files are on their way before the first is waited for,
// and the waiting is done by several threads, since a file system that is asked by one after the
// other makes a commit for each. fsync is the one call that promises it everywhere; "write all, one
// commit" (sync_file_range and a directory) holds on some file systems only.
//
// Tested by tests/unit/base/filesystem_test.cc.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "mail/base/filesystem.h"
#include "mail/base/flush.h"
#include "together.h"

namespace mail {
namespace {

constexpr int kOpenFlags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
constexpr std::size_t kPiecesPerCall = 64;  // of writev; below every system's IOV_MAX

/// A system call repeated while a signal interrupts it.
template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

WallTime wall_time(const timespec& time) {
  return WallTime(std::chrono::seconds(time.tv_sec) +
                  std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(time.tv_nsec)));
}

timespec to_timespec(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
  const auto rest =
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch() - whole);
  return {static_cast<time_t>(whole.count()), static_cast<long>(rest.count())};
}

FileType type_of(mode_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  if (S_ISDIR(mode)) return FileType::kDirectory;
  if (S_ISLNK(mode)) return FileType::kSymlink;
  return FileType::kOther;
}

FileInfo info_of(const struct stat& st) {
  return {.type = type_of(st.st_mode),
          .size = static_cast<std::uint64_t>(st.st_size),
          .modified = wall_time(st.st_mtim),
          .changed = wall_time(st.st_ctim),
          .device = st.st_dev,
          .inode = st.st_ino,
          .links = static_cast<std::uint32_t>(st.st_nlink),
          .mode = st.st_mode & 07777,
          .owner = st.st_uid,
          .group = st.st_gid};
}

class RealFile final : public File {
 public:
  RealFile(Descriptor fd, std::string path, std::uint32_t owner, std::uint32_t group)
      : fd_(std::move(fd)), path_(std::move(path)), owner_(owner), group_(group) {}
  // A child of a fork has this object and its descriptor, too: the lock goes with whoever took it,
  // neither earlier, when the child ends, nor later, when it lives on.
  ~RealFile() override {
    if (locked_by_ != 0 && locked_by_ == ::getpid()) ::flock(fd_.get(), LOCK_UN);
  }

  StatusOr<FileInfo> info() override {
    struct stat st = {};
    if (::fstat(fd_.get(), &st) != 0) return errno_status(errno, cat("cannot stat ", path_));
    return info_of(st);
  }

  StatusOr<std::size_t> read_at(std::uint64_t offset, std::span<char> to) override {
    std::size_t filled = 0;
    while (filled < to.size()) {
      const ssize_t octets = retry([&] {
        return ::pread(fd_.get(), to.data() + filled, to.size() - filled,
                       static_cast<off_t>(offset + filled));
      });
      if (octets < 0) return errno_status(errno, cat("cannot read ", path_));
      if (octets == 0) break;
      filled += static_cast<std::size_t>(octets);
    }
    return filled;
  }

  Status append(std::span<const std::string_view> pieces) override;

  Status truncate(std::uint64_t size) override {
    MAIL_ASSIGN_OR_RETURN(const FileInfo now, info());
    if (now.size <= size) return absl::OkStatus();
    if (retry([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      return errno_status(errno, cat("cannot shorten ", path_));
    }
    return absl::OkStatus();
  }

  Status sync() override {
    // fdatasync leaves out times and owners; they matter once they were set on purpose.
    const int result =
        retry([&] { return attributes_set_ ? ::fsync(fd_.get()) : ::fdatasync(fd_.get()); });
    if (result != 0) return errno_status(errno, cat("cannot flush ", path_));
    return absl::OkStatus();
  }

  /// What there is to write may go to the disk meanwhile.
  void begin_sync() {
    // Waits for nothing and reports nothing: what fails is the coming flush's to tell.
    ::sync_file_range(fd_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
  }

  Status set_modified(WallTime time) override {
    attributes_set_ = true;
    const timespec times[2] = {{0, UTIME_OMIT}, to_timespec(time)};
    if (::futimens(fd_.get(), times) != 0) {
      return errno_status(errno, cat("cannot set the time of ", path_));
    }
    return absl::OkStatus();
  }

  Status set_owner(std::uint32_t owner, std::uint32_t group) override {
    // A file that was made by its owner: so is every message once the privileges are dropped.
    if (owner == owner_ && group == group_) return absl::OkStatus();
    attributes_set_ = true;
    if (::fchown(fd_.get(), owner, group) != 0) {
      return errno_status(errno, cat("cannot set the owner of ", path_));
    }
    owner_ = owner;
    group_ = group;
    return absl::OkStatus();
  }

  StatusOr<bool> try_lock() override {
    if (retry([&] { return ::flock(fd_.get(), LOCK_EX | LOCK_NB); }) == 0) {
      locked_by_ = ::getpid();
      return true;
    }
    if (errno == EWOULDBLOCK) return false;
    return errno_status(errno, cat("cannot lock ", path_));
  }

 private:
  Descriptor fd_;
  std::string path_;
  std::uint32_t owner_;
  std::uint32_t group_;
  bool attributes_set_ = false;
  pid_t locked_by_ = 0;
};

Status RealFile::append(std::span<const std::string_view> pieces) {
  std::size_t index = 0;   // of the first piece with octets left
  std::size_t offset = 0;  // written of that piece
  while (index < pieces.size()) {
    iovec vectors[kPiecesPerCall];
    std::size_t count = 0;
    for (std::size_t i = index; i < pieces.size() && count < kPiecesPerCall; ++i) {
      const std::string_view rest = pieces[i].substr(i == index ? offset : 0);
      vectors[count++] = {const_cast<char*>(rest.data()), rest.size()};
    }
    const ssize_t result =
        retry([&] { return ::writev(fd_.get(), vectors, static_cast<int>(count)); });
    if (result < 0) return errno_status(errno, cat("cannot write ", path_));
    auto written = static_cast<std::size_t>(result);
    bool moved = written > 0;
    while (index < pieces.size() && written >= pieces[index].size() - offset) {
      written -= pieces[index].size() - offset;
      offset = 0;
      ++index;
      moved = true;
    }
    offset += written;
    if (!moved) return unavailable("cannot write ", path_, ": the device takes no octets");
  }
  return absl::OkStatus();
}

class RealFilesystem final : public Filesystem, public FlushesTogether {
 public:
  StatusOr<std::unique_ptr<File>> open(const std::string& path) override {
    return open_with(path, O_RDONLY, 0);
  }
  StatusOr<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
    return open_with(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL, mode);
  }
  StatusOr<std::unique_ptr<File>> open_append(const std::string& path,
                                              std::uint32_t mode) override {
    return open_with(path, O_RDWR | O_APPEND | O_CREAT, mode);
  }

  StatusOr<FileInfo> info(const std::string& path) override {
    struct stat st = {};
    if (::lstat(path.c_str(), &st) != 0) return errno_status(errno, cat("cannot stat ", path));
    return info_of(st);
  }
  StatusOr<std::vector<DirectoryEntry>> list(const std::string& path) override;
  StatusOr<std::string> resolve_links(const std::string& path) override;

  Status make_directory(const std::string& path, std::uint32_t mode) override {
    if (::mkdir(path.c_str(), mode) != 0) {
      return errno_status(errno, cat("cannot make directory ", path));
    }
    return absl::OkStatus();
  }
  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) {
      return errno_status(errno, cat("cannot rename ", from, " to ", to));
    }
    return absl::OkStatus();
  }
  Status overwrite(const std::string& path, std::string_view bytes) override;
  Status link(const std::string& from, const std::string& to) override {
    if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), 0) != 0) {
      return errno_status(errno, cat("cannot link ", from, " to ", to));
    }
    return absl::OkStatus();
  }
  Status unlink(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return errno_status(errno, cat("cannot remove ", path));
    return absl::OkStatus();
  }
  Status remove_directory(const std::string& path) override {
    if (::rmdir(path.c_str()) != 0) {
      return errno_status(errno == EEXIST ? ENOTEMPTY : errno,
                          cat("cannot remove directory ", path));
    }
    return absl::OkStatus();
  }
  Status set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) override {
    if (::lchown(path.c_str(), owner, group) != 0) {
      return errno_status(errno, cat("cannot set the owner of ", path));
    }
    return absl::OkStatus();
  }
  Status sync_directory(const std::string& path) override {
    MAIL_ASSIGN_OR_RETURN(const Descriptor fd, open_directory(path));
    if (retry([&] { return ::fsync(fd.get()); }) != 0) {
      return errno_status(errno, cat("cannot flush directory ", path));
    }
    return absl::OkStatus();
  }
  Status sync_all(std::span<File* const> files) override {
    for (File* const file : files) {
      // Another one's file is no worse off without.
      if (auto* const real = dynamic_cast<RealFile*>(file)) real->begin_sync();
    }
    return run_together(files.size(), [files](std::size_t i) { return files[i]->sync(); });
  }
  Status sync_directories(std::span<const std::string> paths) override {
    return run_together(paths.size(),
                        [this, paths](std::size_t i) { return sync_directory(paths[i]); });
  }

 private:
  static StatusOr<std::unique_ptr<File>> open_with(const std::string& path, int flags,
                                                   std::uint32_t mode);
  static StatusOr<Descriptor> open_directory(const std::string& path);
};

StatusOr<std::unique_ptr<File>> RealFilesystem::open_with(const std::string& path, int flags,
                                                          std::uint32_t mode) {
  Descriptor fd(retry([&] { return ::open(path.c_str(), flags | kOpenFlags, mode); }));
  if (!fd.ok()) {
    // A socket, a FIFO without a reader: not worth a retry, unlike what ENXIO says of devices.
    if (errno == ENXIO) return failed_precondition(path, " is not a regular file");
    return errno_status(errno, cat("cannot open ", path));
  }
  struct stat st = {};
  if (::fstat(fd.get(), &st) != 0) return errno_status(errno, cat("cannot stat ", path));
  if (!S_ISREG(st.st_mode)) return failed_precondition(path, " is not a regular file");
  if ((flags & O_EXCL) != 0 && (st.st_mode & 07777) != mode && ::fchmod(fd.get(), mode) != 0) {
    // The caller's mode counts, not the umask: a replaced file keeps the mode it had.
    return errno_status(errno, cat("cannot set the mode of ", path));
  }
  // O_NONBLOCK has done its work; on a regular file it means nothing.
  return std::unique_ptr<File>(new RealFile(std::move(fd), path, st.st_uid, st.st_gid));
}

Status RealFilesystem::overwrite(const std::string& path, std::string_view bytes) {
  const Descriptor fd(retry([&] { return ::open(path.c_str(), O_WRONLY | kOpenFlags); }));
  if (!fd.ok()) return errno_status(errno, cat("cannot open ", path));
  struct stat st = {};
  if (::fstat(fd.get(), &st) != 0) return errno_status(errno, cat("cannot stat ", path));
  if (!S_ISREG(st.st_mode)) return failed_precondition(path, " is not a regular file");
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t result = retry([&] {
      return ::pwrite(fd.get(), bytes.data() + written, bytes.size() - written,
                      static_cast<off_t>(written));
    });
    if (result < 0) return errno_status(errno, cat("cannot write ", path));
    if (result == 0) return unavailable("cannot write ", path, ": the device takes no octets");
    written += static_cast<std::size_t>(result);
  }
  // Last, so that no reader finds the file empty.
  if (retry([&] { return ::ftruncate(fd.get(), static_cast<off_t>(written)); }) != 0) {
    return errno_status(errno, cat("cannot shorten ", path));
  }
  if (retry([&] { return ::fsync(fd.get()); }) != 0) {
    return errno_status(errno, cat("cannot flush ", path));
  }
  return absl::OkStatus();
}

StatusOr<Descriptor> RealFilesystem::open_directory(const std::string& path) {
  Descriptor fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | kOpenFlags); }));
  if (fd.ok()) return fd;
  const int error = errno;
  struct stat st = {};
  if (error == ENOTDIR && ::lstat(path.c_str(), &st) == 0) {
    return failed_precondition(path, " is not a directory");
  }
  return errno_status(error, cat("cannot open directory ", path));
}

StatusOr<std::vector<DirectoryEntry>> RealFilesystem::list(const std::string& path) {
  MAIL_ASSIGN_OR_RETURN(Descriptor fd, open_directory(path));
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(fd.get()), ::closedir);
  if (directory == nullptr) return errno_status(errno, cat("cannot list ", path));
  fd.release();
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    mode_t mode = DTTOIF(entry->d_type);
    if (entry->d_type == DT_UNKNOWN) {
      struct stat st = {};
      if (::fstatat(::dirfd(directory.get()), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;  // gone since
        return errno_status(errno, cat("cannot stat ", path, "/", name));
      }
      mode = st.st_mode;
    }
    entries.push_back({std::string(name), type_of(mode)});
  }
  if (errno != 0) return errno_status(errno, cat("cannot list ", path));
  return entries;
}

StatusOr<std::string> RealFilesystem::resolve_links(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> resolved(::realpath(path.c_str(), nullptr),
                                                        std::free);
  if (resolved == nullptr) return errno_status(errno, cat("cannot resolve ", path));
  return std::string(resolved.get());
}

}  // namespace

StatusOr<std::unique_ptr<File>> adopt_file(int descriptor, const std::string& path) {
  Descriptor fd(descriptor);
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, descriptor_info(fd.get(), path));
  if (info.type != FileType::kRegular) return failed_precondition(path, " is not a regular file");
  return std::unique_ptr<File>(new RealFile(std::move(fd), path, info.owner, info.group));
}

StatusOr<FileInfo> descriptor_info(int descriptor, const std::string& path) {
  struct stat st = {};
  if (::fstat(descriptor, &st) != 0) return errno_status(errno, cat("cannot stat ", path));
  return info_of(st);
}

Filesystem& real_filesystem() {
  // Without members: the one object that all may share without harm.
  static RealFilesystem filesystem;
  return filesystem;
}

}  // namespace mail
