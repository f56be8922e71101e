// Tested by tests/cases/mailctl/sa_learn.py, as root.
#include "owned_filesystem.h"

namespace mailctl {

using namespace mail;

StatusOr<std::unique_ptr<File>> OwnedFilesystem::open(const std::string& path) {
  return real_filesystem().open(path);
}

StatusOr<std::unique_ptr<File>> OwnedFilesystem::create(const std::string& path,
                                                        std::uint32_t mode) {
  MAIL_ASSIGN_OR_RETURN(auto file, real_filesystem().create(path, mode));
  if (owner_) MAIL_RETURN_IF_ERROR(file->set_owner(owner_->user, owner_->group));
  return file;
}

StatusOr<std::unique_ptr<File>> OwnedFilesystem::open_append(const std::string& path,
                                                             std::uint32_t mode) {
  auto made = create(path, mode);
  if (!absl::IsAlreadyExists(made.status())) return made;
  return real_filesystem().open_append(path, mode);
}

StatusOr<FileInfo> OwnedFilesystem::info(const std::string& path) {
  return real_filesystem().info(path);
}

StatusOr<std::vector<DirectoryEntry>> OwnedFilesystem::list(const std::string& path) {
  return real_filesystem().list(path);
}

StatusOr<std::string> OwnedFilesystem::resolve_links(const std::string& path) {
  return real_filesystem().resolve_links(path);
}

Status OwnedFilesystem::make_directory(const std::string& path, std::uint32_t mode) {
  MAIL_RETURN_IF_ERROR(real_filesystem().make_directory(path, mode));
  if (!owner_) return absl::OkStatus();
  return real_filesystem().set_owner(path, owner_->user, owner_->group);
}

Status OwnedFilesystem::rename(const std::string& from, const std::string& to) {
  return real_filesystem().rename(from, to);
}

Status OwnedFilesystem::link(const std::string& from, const std::string& to) {
  return real_filesystem().link(from, to);
}

Status OwnedFilesystem::unlink(const std::string& path) { return real_filesystem().unlink(path); }

Status OwnedFilesystem::remove_directory(const std::string& path) {
  return real_filesystem().remove_directory(path);
}

Status OwnedFilesystem::set_owner(const std::string& path, std::uint32_t owner,
                                  std::uint32_t group) {
  return real_filesystem().set_owner(path, owner, group);
}

Status OwnedFilesystem::sync_directory(const std::string& path) {
  return real_filesystem().sync_directory(path);
}

}  // namespace mailctl
