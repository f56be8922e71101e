// A dot-lock survives its holder. Dovecot's rule is to take over one that is 120 seconds old. That
// is long after a crash of our own, so we leave more in ours: a word that says who wrote it, and a
// flock on it, which dies with the process. A lock with that word and without that flock is stale
// at once; Dovecot sees a lock of an unknown program and keeps to its 120 seconds.
//
// A power cut can leave the file without its word: the directory's next flush makes the name
// durable, nothing flushes the octets. So a lock with no word, or a part of it, or zeros in its
// place, and without a flock, is stale after five seconds: shorter than any reboot, longer than a
// holder of ours takes from creating the file to locking it. Dovecot's locks are never empty.
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
constexpr auto kStaleAgeOfUnwritten = seconds(5);
constexpr auto kPause = milliseconds(10);
constexpr int kTakeovers = 10;  // without a pause; more than that is a fight, not a leftover
constexpr std::string_view kMark = "libmail\n";

bool is_stale(MaildirFiles& files, const std::string& path, const FileInfo& info) {
  if (info.modified + kStaleAge < files.clock.wall()) return true;
  if (info.size > kMark.size()) return false;
  const auto file = files.fs.open(path);
  if (!file.ok()) return false;
  std::string mark(info.size, '\0');
  const auto octets = (*file)->read_at(0, mark);
  if (!octets.ok()) return false;
  mark.erase(mark.find_last_not_of('\0') + 1);
  const bool is_settled = info.modified + kStaleAgeOfUnwritten <= files.clock.wall();
  if (mark != kMark && !(kMark.starts_with(mark) && is_settled)) return false;
  const auto is_free = (*file)->try_lock();
  return is_free.ok() && *is_free;
}

/// True when the lock is free to be taken again.
bool remove_if_stale(MaildirFiles& files, const std::string& path) {
  const auto info = files.fs.info(path);
  if (!info.ok()) return absl::IsNotFound(info.status());
  if (!is_stale(files, path, *info)) return false;
  const auto again = files.fs.info(path);
  if (again.ok() && (again->inode != info->inode || again->changed != info->changed)) return false;
  const Status status = files.fs.unlink(path);
  return status.ok() || absl::IsNotFound(status);
}

}  // namespace

Dotlock::Dotlock(Filesystem& fs, std::string path, std::unique_ptr<File> file)
    : fs_(&fs), path_(std::move(path)), file_(std::move(file)) {}

Dotlock::~Dotlock() {
  // Before the flock ends, so that nobody takes it for a stale one.
  if (file_ != nullptr) fs_->unlink(path_).IgnoreError();  // then it is stale, and seen to be
}

StatusOr<Dotlock> Dotlock::acquire(MaildirFiles& files, std::string path) {
  Duration waited{0};
  for (int takeovers = 0;;) {
    auto file = files.fs.create(path, kFileMode);
    if (file.ok()) {
      Dotlock lock(files.fs, path, std::move(file).value());
      MAIL_RETURN_IF_ERROR(lock.file_->try_lock().status());
      MAIL_RETURN_IF_ERROR(lock.file_->append(kMark));
      return lock;
    }
    if (!absl::IsAlreadyExists(file.status())) return file.status();
    if (takeovers < kTakeovers && remove_if_stale(files, path)) {
      ++takeovers;
      continue;
    }
    if (waited >= files.options.lock_wait) {
      return unavailable("another program holds ", path, "; remove it if there is none");
    }
    std::this_thread::sleep_for(kPause);
    waited += kPause;
  }
}

}  // namespace mail::store
