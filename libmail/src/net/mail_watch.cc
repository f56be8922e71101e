// One inotify instance for all folders. The mailbox that observes publishes to its sessions, which
// look at the folder; so a change that is told twice, or that was the server's own, costs two looks
// at directory times and nothing else.
//
// Tested by tests/unit/net/mail_watch_test.cc and tests/live/imap_live.py.
#include "net/mail_watch.h"

#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace mail::net {
namespace {

constexpr std::uint32_t kMask =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ONLYDIR | IN_DONT_FOLLOW;

}  // namespace

MailWatch::MailWatch(Clock& clock)
    : clock_(clock), inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

int MailWatch::begin(const std::string& directory, std::weak_ptr<Observer> observer) {
  if (!inotify_) return 0;
  const MutexLock lock(mutex_);
  const int watch = inotify_add_watch(inotify_.get(), directory.c_str(), kMask);
  if (watch < 0) return 0;
  Entry& entry = entries_[watch];
  entry.observer = std::move(observer);
  ++entry.users;
  return watch;
}

void MailWatch::end(int watch) {
  const MutexLock lock(mutex_);
  const auto entry = entries_.find(watch);
  if (entry == entries_.end() || --entry->second.users > 0) return;
  entries_.erase(entry);
  inotify_rm_watch(inotify_.get(), watch);
}

Descriptor MailWatch::descriptor() const {
  return Descriptor(fcntl(inotify_.get(), F_DUPFD_CLOEXEC, 0));
}

Task<void> MailWatch::run(std::unique_ptr<Transport> transport) {
  const Transport::Interest interest{.readable = true};
  std::optional<TimePoint> due;
  while (true) {
    const auto why = co_await transport->wait(interest, due);
    if (why == Transport::Readiness::kStopping) break;
    read_events();
    const bool has_news = has_lost_ || !changed_.empty();
    if (has_news && !due) due = clock_.now() + kGather;
    if (!due || clock_.now() < *due) continue;
    due.reset();
    tell();
  }
  transport->close();
}

void MailWatch::read_events() {
  alignas(inotify_event) char bytes[4096];
  while (true) {
    const auto size = read(inotify_.get(), bytes, sizeof bytes);
    if (size <= 0) return;
    for (const char* at = bytes; at < bytes + size;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      at += sizeof event + event.len;
      has_lost_ |= (event.mask & IN_Q_OVERFLOW) != 0;
      changed_.insert(event.wd);
      if ((event.mask & IN_IGNORED) == 0) continue;
      // The directory is gone; the number is never given again.
      const MutexLock lock(mutex_);
      entries_.erase(event.wd);
    }
  }
}

void MailWatch::tell() {
  std::vector<std::weak_ptr<Observer>> observers;
  {
    const MutexLock lock(mutex_);
    if (has_lost_) {
      for (const auto& [watch, entry] : entries_) observers.push_back(entry.observer);
    }
    for (const int watch : changed_) {
      const auto entry = entries_.find(watch);
      if (!has_lost_ && entry != entries_.end()) observers.push_back(entry->second.observer);
    }
  }
  changed_.clear();
  has_lost_ = false;
  for (const auto& observer : observers) {
    if (const auto alive = observer.lock()) alive->directory_changed();
  }
}

}  // namespace mail::net
