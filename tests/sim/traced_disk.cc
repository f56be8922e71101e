// With the disk in the trace, a lost message is a story that can be read: who renamed it, which
// flush failed, when the power went.
//
// Tested by tests/sim/determinism_test.cc: the disk, too, must do the same each time.
#include "sim/traced_disk.h"

#include <utility>

namespace mail::sim {

namespace {

void note(Trace& trace, std::string_view what, std::string_view path, const Status& status) {
  std::string line(what);
  line += ' ';
  line += path;
  if (!status.ok()) {
    line += " FAILS: ";
    line += message_of(status);
  }
  trace.add("disk", line);
}

/// A missing file is an ordinary answer; any other failure is worth a line.
void note_failure(Trace& trace, std::string_view what, std::string_view path,
                  const Status& status) {
  if (!status.ok() && !absl::IsNotFound(status)) note(trace, what, path, status);
}

class TracedFile final : public File {
 public:
  TracedFile(std::unique_ptr<File> file, Trace& trace, std::string path)
      : file_(std::move(file)), trace_(trace), path_(std::move(path)) {}

  StatusOr<FileInfo> info() override {
    auto info = file_->info();
    note_failure(trace_, "fstat", path_, info.status());
    return info;
  }
  StatusOr<std::size_t> read_at(std::uint64_t offset, std::span<char> to) override {
    auto octets = file_->read_at(offset, to);
    note_failure(trace_, "read", path_, octets.status());
    return octets;
  }
  Status append(std::span<const std::string_view> pieces) override {
    const Status status = file_->append(pieces);
    note(trace_, "append", path_, status);
    return status;
  }
  Status truncate(std::uint64_t size) override {
    const Status status = file_->truncate(size);
    note(trace_, "truncate", path_, status);
    return status;
  }
  Status sync() override {
    const Status status = file_->sync();
    note(trace_, "sync", path_, status);
    return status;
  }
  Status set_modified(WallTime time) override {
    const Status status = file_->set_modified(time);
    note_failure(trace_, "utimes", path_, status);
    return status;
  }
  Status set_owner(std::uint32_t owner, std::uint32_t group) override {
    const Status status = file_->set_owner(owner, group);
    note_failure(trace_, "chown", path_, status);
    return status;
  }
  StatusOr<bool> try_lock() override {
    auto is_locked = file_->try_lock();
    note_failure(trace_, "lock", path_, is_locked.status());
    return is_locked;
  }

 private:
  const std::unique_ptr<File> file_;
  Trace& trace_;
  const std::string path_;
};

StatusOr<std::unique_ptr<File>> traced(StatusOr<std::unique_ptr<File>> file, Trace& trace,
                                       const std::string& path) {
  if (!file.ok()) return file;
  return std::unique_ptr<File>(std::make_unique<TracedFile>(*std::move(file), trace, path));
}

}  // namespace

StatusOr<std::unique_ptr<File>> TracedDisk::open(const std::string& path) {
  auto file = disk_.open(path);
  note_failure(trace_, "open", path, file.status());
  return traced(std::move(file), trace_, path);
}

StatusOr<std::unique_ptr<File>> TracedDisk::create(const std::string& path, std::uint32_t mode) {
  auto file = disk_.create(path, mode);
  note(trace_, "create", path, file.status());
  return traced(std::move(file), trace_, path);
}

StatusOr<std::unique_ptr<File>> TracedDisk::open_append(const std::string& path,
                                                        std::uint32_t mode) {
  auto file = disk_.open_append(path, mode);
  note_failure(trace_, "open to append", path, file.status());
  return traced(std::move(file), trace_, path);
}

StatusOr<FileInfo> TracedDisk::info(const std::string& path) {
  auto info = disk_.info(path);
  note_failure(trace_, "stat", path, info.status());
  return info;
}

StatusOr<std::vector<DirectoryEntry>> TracedDisk::list(const std::string& path) {
  auto entries = disk_.list(path);
  note_failure(trace_, "list", path, entries.status());
  return entries;
}

StatusOr<std::string> TracedDisk::resolve_links(const std::string& path) {
  auto resolved = disk_.resolve_links(path);
  note_failure(trace_, "resolve", path, resolved.status());
  return resolved;
}

Status TracedDisk::make_directory(const std::string& path, std::uint32_t mode) {
  const Status status = disk_.make_directory(path, mode);
  note(trace_, "mkdir", path, status);
  return status;
}

Status TracedDisk::rename(const std::string& from, const std::string& to) {
  const Status status = disk_.rename(from, to);
  note(trace_, "rename", cat(from, " to ", to), status);
  return status;
}

Status TracedDisk::link(const std::string& from, const std::string& to) {
  const Status status = disk_.link(from, to);
  note(trace_, "link", cat(from, " to ", to), status);
  return status;
}

Status TracedDisk::unlink(const std::string& path) {
  const Status status = disk_.unlink(path);
  note(trace_, "unlink", path, status);
  return status;
}

Status TracedDisk::remove_directory(const std::string& path) {
  const Status status = disk_.remove_directory(path);
  note(trace_, "rmdir", path, status);
  return status;
}

Status TracedDisk::set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) {
  const Status status = disk_.set_owner(path, owner, group);
  note_failure(trace_, "chown", path, status);
  return status;
}

Status TracedDisk::sync_directory(const std::string& path) {
  const Status status = disk_.sync_directory(path);
  note(trace_, "sync directory", path, status);
  return status;
}

}  // namespace mail::sim
