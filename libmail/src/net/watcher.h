#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mail/base/ports.h"
#include "net/change_tracker.h"
#include "net/socket.h"

namespace mail::net {

/// Watches files by inotify, by the names they have in their folders, so that a file that is
/// replaced, removed or made later is seen too. Where the system has no inotify watch left, looks
/// every two seconds.
class Watcher {
 public:
  /// How often to look where inotify cannot be had, or for a folder that is gone.
  static constexpr Duration kPoll = seconds(2);

  /// `paths` of files, each with its folder. `changed` is called through the worker; with false
  /// when this is only a poll.
  Watcher(std::vector<std::string> paths, std::function<void(bool certain)> changed, Clock& clock);

  /// What `run` waits on; the transport of `run` must be on this descriptor.
  Descriptor open();
  /// Until the transport tells that the server stops.
  Task<void> run(Worker& worker, std::unique_ptr<Transport> transport);

 private:
  struct Folder {
    std::string path;
    int watch = -1;
  };
  void add_watches();
  void read_events();
  void note(const Folder& folder, std::string_view name, std::uint32_t mask);
  bool is_watched(const std::string& path) const;

  const std::vector<std::string> paths_;
  const std::function<void(bool)> changed_;
  Clock& clock_;
  std::vector<Folder> folders_;
  ChangeTracker tracker_;
  int inotify_ = -1;  // owned by the transport
  bool polls_ = false;
};

}  // namespace mail::net
