// A dot-lock survives its holder. Dovecot's rule is to take over one that is 120 seconds old. That
// is long after a crash of our own, so we leave more in ours: a word that says who wrote it, and a
// flock on it, which dies with the process. A lock with that word and without that flock is stale
// at once; Dovecot sees a lock of an unknown program and keeps to its 120 seconds.
//
// Between looking at a stale lock and removing it another program may have replaced it; the
// identity of the file is checked again right before. What is left is a window of one system call,
// the same that every dot-lock has.
//
// Tested by tests/store/maildir_format_test.cc.
#include "store/dotlock.h"

#include <chrono>
#include <thread>
#include <utility>

namespace mail::store {
namespace {

constexpr auto kStaleAge = seconds(120);
constexpr auto kPause = milliseconds(10);
constexpr std::string_view kMark = "libmail\n";

bool is_stale(MaildirFiles& files, const std::string& path, const FileInfo& info) {
  if (info.modified + kStaleAge < files.clock.wall()) return true;
  if (info.size != kMark.size()) return false;
  const auto file = files.fs.open(path);
  if (!file.ok()) return false;
  std::string mark(kMark.size(), '\0');
  const auto octets = (*file)->read_at(0, mark);
  if (!octets.ok() || mark != kMark) return false;
  const auto is_free = (*file)->try_lock();
  return is_free.ok() && *is_free;
}

void remove_if_stale(MaildirFiles& files, const std::string& path) {
  const auto info = files.fs.info(path);
  if (!info.ok() || !is_stale(files, path, *info)) return;
  const auto again = files.fs.info(path);
  if (again.ok() && again->inode == info->inode && again->changed == info->changed) {
    files.fs.unlink(path).IgnoreError();  // creating it anew will tell
  }
}

}  // namespace

Dotlock::Dotlock(Filesystem& fs, std::string path, std::unique_ptr<File> file)
    : fs_(&fs), path_(std::move(path)), file_(std::move(file)) {}

Dotlock::~Dotlock() {
  // Before the flock ends, so that nobody takes it for a stale one.
  if (file_ != nullptr) fs_->unlink(path_).IgnoreError();  // then it is stale, and seen to be
}

StatusOr<Dotlock> Dotlock::acquire(MaildirFiles& files, std::string path) {
  for (Duration waited{0};; waited += kPause) {
    auto file = files.fs.create(path, kFileMode);
    if (file.ok()) {
      Dotlock lock(files.fs, path, std::move(file).value());
      MAIL_ASSIGN_OR_RETURN([[maybe_unused]] const bool is_ours, lock.file_->try_lock());
      MAIL_RETURN_IF_ERROR(lock.file_->append(kMark));
      return lock;
    }
    if (!absl::IsAlreadyExists(file.status())) return file.status();
    if (waited >= files.options.lock_wait) {
      return unavailable("another program holds ", path, "; remove it if there is none");
    }
    remove_if_stale(files, path);
    if (waited > Duration(0)) std::this_thread::sleep_for(kPause);
  }
}

}  // namespace mail::store
