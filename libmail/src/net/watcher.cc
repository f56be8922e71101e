// Folders are watched, not files: an editor replaces a file by renaming another one over it, and
// the watch of the old file would see nothing of the new one. A folder that disappears is looked
// for until it is there again. The watcher is served by a loop like a connection: its transport is
// the inotify descriptor, of which only `wait` is used.
// Tested by tests/unit/net/watcher_test.cc and change_tracker_test.cc.
#include "net/watcher.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "mail/base/filesystem.h"

namespace mail::net {
namespace {

constexpr std::uint32_t kMask = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_MOVED_TO |
                                IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF |
                                IN_ONLYDIR;
constexpr std::uint32_t kFolderGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT;

}  // namespace

Watcher::Watcher(std::vector<std::string> paths, std::function<void(bool)> changed, Clock& clock)
    : paths_(std::move(paths)), changed_(std::move(changed)), clock_(clock) {
  for (const std::string& path : paths_) {
    const std::string folder = parent_path(path);
    const bool known = std::any_of(folders_.begin(), folders_.end(),
                                   [&](const Folder& other) { return other.path == folder; });
    if (!known) folders_.push_back({.path = folder});
  }
}

Descriptor Watcher::open() {
  Descriptor descriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!descriptor) {
    polls_ = true;
    // Never readable: the deadlines alone drive `run`.
    descriptor = Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  }
  inotify_ = descriptor.get();
  add_watches();
  return descriptor;
}

void Watcher::add_watches() {
  for (Folder& folder : folders_) {
    if (folder.watch >= 0 || polls_) continue;
    folder.watch = inotify_add_watch(inotify_, folder.path.c_str(), kMask);
    if (folder.watch < 0 && errno == ENOSPC) polls_ = true;  // fs.inotify.max_user_watches
  }
}

Task<void> Watcher::run(Worker& worker, std::unique_ptr<Transport> transport) {
  const Transport::Interest interest{.readable = true};
  while (true) {
    const bool incomplete = polls_ || std::any_of(folders_.begin(), folders_.end(),
                                                  [](const Folder& f) { return f.watch < 0; });
    std::optional<TimePoint> deadline = tracker_.deadline();
    if (incomplete) {
      const TimePoint poll = clock_.now() + kPoll;
      deadline = std::min(deadline.value_or(poll), poll);
    }
    const auto why = co_await transport->wait(interest, deadline);
    if (why == Transport::Readiness::kStopping) break;
    read_events();
    const bool certain = tracker_.take_due(clock_.now());
    const bool polled = incomplete && why == Transport::Readiness::kDeadline;
    if (polled) add_watches();
    if (certain || polled) {
      std::function<void()> job = [this, certain] { changed_(certain); };
      co_await worker.run(std::move(job));
    }
  }
  transport->close();
}

void Watcher::read_events() {
  if (polls_) return;
  alignas(inotify_event) char bytes[4096];
  while (true) {
    const auto size = read(inotify_, bytes, sizeof bytes);
    if (size <= 0) return;
    for (const char* at = bytes; at < bytes + size;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const char* name = at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        tracker_.note("events were lost", ChangeTracker::Event::kComplete, clock_.now());
      }
      for (Folder& folder : folders_) {
        if (folder.watch != event.wd) continue;
        if ((event.mask & kFolderGone) != 0) {
          // After a move the old inode would still be watched.
          if ((event.mask & IN_IGNORED) == 0) inotify_rm_watch(inotify_, folder.watch);
          folder.watch = -1;
        } else if (event.len > 0) {
          note(folder, name, event.mask);
        }
      }
    }
  }
}

void Watcher::note(const Folder& folder, std::string_view name, std::uint32_t mask) {
  const std::string path = cat(folder.path, "/", name);
  if (!is_watched(path)) return;
  ChangeTracker::Event event = ChangeTracker::Event::kWriting;
  if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) event = ChangeTracker::Event::kComplete;
  if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) event = ChangeTracker::Event::kVanished;
  tracker_.note(path, event, clock_.now());
}

bool Watcher::is_watched(const std::string& path) const {
  return std::find(paths_.begin(), paths_.end(), path) != paths_.end();
}

}  // namespace mail::net
