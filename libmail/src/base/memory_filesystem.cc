// The port over a MemoryTree that forgets nothing, and the doings of other programs for tests.
//
// Tested by tests/unit/base/filesystem_test.cc.
#include "mail/base/memory_filesystem.h"

#include <utility>

#include "memory_tree.h"

namespace mail {

MemoryFilesystem::MemoryFilesystem(std::function<WallTime()> now)
    : tree_(std::make_shared<MemoryTree>(std::move(now), false)) {}
MemoryFilesystem::~MemoryFilesystem() = default;

StatusOr<std::unique_ptr<File>> MemoryFilesystem::open(const std::string& path) {
  return tree_->open(path);
}
StatusOr<std::unique_ptr<File>> MemoryFilesystem::create(const std::string& path,
                                                         std::uint32_t mode) {
  return tree_->create(path, mode, true);
}
StatusOr<std::unique_ptr<File>> MemoryFilesystem::open_append(const std::string& path,
                                                              std::uint32_t mode) {
  return tree_->create(path, mode, false);
}
StatusOr<FileInfo> MemoryFilesystem::info(const std::string& path) { return tree_->info(path); }
StatusOr<std::vector<DirectoryEntry>> MemoryFilesystem::list(const std::string& path) {
  return tree_->list(path);
}
StatusOr<std::string> MemoryFilesystem::resolve_links(const std::string& path) {
  return tree_->resolve_links(path);
}
Status MemoryFilesystem::make_directory(const std::string& path, std::uint32_t mode) {
  return tree_->make_directory(path, mode);
}
Status MemoryFilesystem::rename(const std::string& from, const std::string& to) {
  return tree_->rename(from, to);
}
Status MemoryFilesystem::overwrite(const std::string& path, std::string_view bytes) {
  return tree_->overwrite(path, bytes);
}
Status MemoryFilesystem::link(const std::string& from, const std::string& to) {
  return tree_->link(from, to);
}
Status MemoryFilesystem::unlink(const std::string& path) { return tree_->unlink(path); }
Status MemoryFilesystem::remove_directory(const std::string& path) {
  return tree_->remove_directory(path);
}
Status MemoryFilesystem::sync_directory(const std::string& path) {
  return tree_->sync_directory(path);
}

Status MemoryFilesystem::write(const std::string& path, std::string_view bytes,
                               std::uint32_t mode) {
  MAIL_RETURN_IF_ERROR(make_directories(*this, parent_path(path), 0700));
  MAIL_RETURN_IF_ERROR(open_append(path, mode).status());
  return tree_->overwrite(path, bytes);
}
Status MemoryFilesystem::make_symlink(const std::string& target, const std::string& path) {
  return tree_->make_special(path, FileType::kSymlink, target);
}
Status MemoryFilesystem::make_other(const std::string& path) {
  return tree_->make_special(path, FileType::kOther, "");
}
Status MemoryFilesystem::set_modified(const std::string& path, WallTime time) {
  return tree_->change_attributes(path, [time](FileInfo& info) { info.modified = time; });
}
Status MemoryFilesystem::set_owner(const std::string& path, std::uint32_t owner,
                                   std::uint32_t group) {
  return tree_->set_owner(path, owner, group);
}
Status MemoryFilesystem::set_mode(const std::string& path, std::uint32_t mode) {
  return tree_->change_attributes(path, [mode](FileInfo& info) { info.mode = mode; });
}

}  // namespace mail
