// Folders are watched, not files: an editor replaces a file by renaming another one over it, and
// the watch of the old file would see nothing of the new one. A folder that disappears is looked
// for until it is there again. The watcher is served by a loop like a connection: its transport is
// the inotify descriptor, of which only `wait` is used.
// Tested by tests/unit/net/watcher_test.cc and change_tracker_test.cc.
#include "net/watcher.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

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

Watcher::Watcher(std::vector<std::string> paths, Changed changed, Clock& clock, AddWatch add_watch)
    : changed_(std::move(changed)), add_watch_(std::move(add_watch)), clock_(clock) {
  set_paths(std::move(paths));
}

bool Watcher::set_paths(std::vector<std::string> paths) {
  paths_ = StringSet(paths.begin(), paths.end());
  StringSet wanted;
  for (const std::string& path : paths) {
    wanted.insert(path.ends_with('/') ? path.substr(0, path.size() - 1) : parent_path(path));
  }
  for (auto folder = folders_.begin(); folder != folders_.end();) {
    if (wanted.erase(folder->path) != 0) {
      ++folder;
      continue;
    }
    if (folder->watch >= 0) inotify_rm_watch(inotify_, folder->watch);
    folder = folders_.erase(folder);
  }
  for (const std::string& folder : wanted) folders_.push_back({.path = folder});
  return !wanted.empty();
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
    folder.watch = add_watch_ ? add_watch_(inotify_, folder.path, kMask)
                              : inotify_add_watch(inotify_, folder.path.c_str(), kMask);
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
    // Before the files are read: what changes from now on is another event.
    if (polled) add_watches();
    bool is_due = certain || polled;
    bool is_certain = is_due && std::exchange(is_certain_, false);
    while (is_due) {
      auto job = [this, is_certain] { return changed_(is_certain); };
      std::vector<std::string> paths = co_await run_on(worker, std::move(job));
      // A folder that is watched only now may have changed since it was read.
      is_due = !paths.empty() && set_paths(std::move(paths));
      if (is_due) add_watches();
      is_certain = false;
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
        is_certain_ = true;
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
  const bool is_listed = paths_.contains(path);
  if (!is_listed && !paths_.contains(cat(folder.path, "/"))) return;
  is_certain_ = is_certain_ || is_listed;
  ChangeTracker::Event event = ChangeTracker::Event::kWriting;
  if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) event = ChangeTracker::Event::kComplete;
  if ((mask & (IN_DELETE | IN_MOVED_FROM)) != 0) event = ChangeTracker::Event::kVanished;
  tracker_.note(path, event, clock_.now());
}

}  // namespace mail::net
