// What every Filesystem can do by its own primitives. The one subtle thing is the atomic
// replacement: the new bytes must be durable before the name points at them (else a power cut
// leaves an empty file), and the directory after it (else "written" is said too early).
//
// Tested by tests/unit/base/filesystem_test.cc.
#include "mail/base/filesystem.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace mail {
namespace {

constexpr int kTemporaryNames = 100;  // leftovers of crashed writers that are stepped over

std::string temporary_name(const std::string& path, int attempt) {
  const std::string_view base = std::string_view(path).substr(path.rfind('/') + 1);
  std::string name = cat(parent_path(path), "/.", base, ".tmp");
  if (attempt > 0) append(name, attempt);
  return name;
}

struct Temporary {
  std::unique_ptr<File> file;
  std::string path;
};

StatusOr<Temporary> create_beside(Filesystem& filesystem, const std::string& path,
                                  std::uint32_t mode) {
  for (int attempt = 0; attempt < kTemporaryNames; ++attempt) {
    std::string name = temporary_name(path, attempt);
    auto file = filesystem.create(name, mode);
    if (file.ok()) return Temporary{std::move(file).value(), std::move(name)};
    if (!absl::IsAlreadyExists(file.status())) return file.status();
  }
  return exhausted("too many temporary files beside ", path, "; remove ", temporary_name(path, 0),
                   "*");
}

/// A new file beside `path` that belongs to the owner of the `old` one. A group that we may not
/// give away is left out, and so is what its members were allowed: the file belongs to another one
/// now.
StatusOr<Temporary> create_like(Filesystem& filesystem, const std::string& path, std::uint32_t mode,
                                const std::optional<FileInfo>& old) {
  MAIL_ASSIGN_OR_RETURN(Temporary temporary, create_beside(filesystem, path, mode));
  if (!old) return temporary;
  const auto fresh = temporary.file->info();
  Status status = fresh.status();
  if (status.ok() && (fresh->owner != old->owner || fresh->group != old->group)) {
    status = temporary.file->set_owner(old->owner, old->group);
  }
  if (status.ok()) return temporary;
  filesystem.unlink(temporary.path).IgnoreError();  // the first failure is the one to report
  if (!absl::IsPermissionDenied(status) || fresh->owner != old->owner) return status;
  return create_beside(filesystem, path, mode & ~std::uint32_t{070});
}

}  // namespace

Status Filesystem::overwrite(const std::string& path, std::string_view) {
  return absl::UnimplementedError(to_absl(cat(path, " cannot be overwritten here")));
}

StatusOr<std::string> read_file(Filesystem& filesystem, const std::string& path,
                                std::uint64_t limit) {
  MAIL_ASSIGN_OR_RETURN(const std::unique_ptr<File> file, filesystem.open(path));
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, file->info());
  if (info.size > limit) {
    return exhausted(path, " has ", info.size, " octets, more than the limit of ", limit);
  }
  // One octet more than the size, so that the end of an unchanged file is seen in one read.
  std::string bytes(info.size + 1, '\0');
  std::size_t filled = 0;
  for (;;) {
    MAIL_ASSIGN_OR_RETURN(
        const std::size_t octets,
        file->read_at(filled, std::span(bytes.data() + filled, bytes.size() - filled)));
    filled += octets;
    if (filled > limit) return exhausted(path, " grew over the limit of ", limit, " octets");
    if (filled < bytes.size()) break;
    bytes.resize(bytes.size() * 2);
  }
  bytes.resize(filled);
  return bytes;
}

Replacement::Replacement(Filesystem& filesystem, std::string temporary, std::string target)
    : filesystem_(filesystem), temporary_(std::move(temporary)), target_(std::move(target)) {}

Replacement::Replacement(Replacement&& other) noexcept
    : filesystem_(other.filesystem_),
      temporary_(std::exchange(other.temporary_, {})),
      target_(std::move(other.target_)) {}

Replacement::~Replacement() {
  if (!temporary_.empty()) filesystem_.unlink(temporary_).IgnoreError();  // nothing else to do
}

StatusOr<Replacement> Replacement::write(Filesystem& filesystem, const std::string& path,
                                         std::string_view bytes, std::uint32_t mode) {
  std::string target = path;
  std::optional<FileInfo> old;
  auto info = filesystem.info(path);
  if (info.ok() && info->type == FileType::kSymlink) {
    // A configuration file that is kept elsewhere stays a link: its target is replaced.
    MAIL_ASSIGN_OR_RETURN(target, filesystem.resolve_links(path));
    info = filesystem.info(target);
  }
  if (info.ok()) {
    if (info->type != FileType::kRegular) {
      return failed_precondition(target, " is not a regular file");
    }
    old = *info;
    mode = old->mode;
  } else if (!absl::IsNotFound(info.status())) {
    return info.status();
  }
  MAIL_ASSIGN_OR_RETURN(Temporary temporary, create_like(filesystem, target, mode, old));
  Replacement replacement(filesystem, temporary.path, target);
  MAIL_RETURN_IF_ERROR(temporary.file->append(bytes));
  MAIL_RETURN_IF_ERROR(temporary.file->sync());
  return replacement;
}

Status Replacement::publish() {
  MAIL_RETURN_IF_ERROR(filesystem_.rename(temporary_, target_));
  temporary_.clear();
  return filesystem_.sync_directory(parent_path(target_));
}

Status write_file_atomically(Filesystem& filesystem, const std::string& path,
                             std::string_view bytes, std::uint32_t mode) {
  MAIL_ASSIGN_OR_RETURN(Replacement replacement, Replacement::write(filesystem, path, bytes, mode));
  return replacement.publish();
}

Status make_directories(Filesystem& filesystem, const std::string& path, std::uint32_t mode) {
  std::vector<std::string> missing;
  for (std::string at = path;; at = parent_path(at)) {
    auto info = filesystem.info(at);
    if (info.ok() && info->type == FileType::kSymlink) {
      MAIL_ASSIGN_OR_RETURN(const std::string target, filesystem.resolve_links(at));
      info = filesystem.info(target);
    }
    if (info.ok()) {
      if (info->type == FileType::kDirectory) break;
      return failed_precondition(at, " is not a directory");
    }
    if (!absl::IsNotFound(info.status())) return info.status();
    if (parent_path(at) == at) return info.status();
    missing.push_back(at);
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    const Status made = filesystem.make_directory(*at, mode);
    // Another thread may have been faster; its sync need not have been.
    if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
    MAIL_ASSIGN_OR_RETURN(const std::string parent, filesystem.resolve_links(parent_path(*at)));
    MAIL_RETURN_IF_ERROR(filesystem.sync_directory(parent));
  }
  return absl::OkStatus();
}

std::string parent_path(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  path = path.substr(0, slash);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return path.empty() ? "/" : std::string(path);
}

}  // namespace mail
