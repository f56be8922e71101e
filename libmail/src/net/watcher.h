#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mail/base/absl.h"
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

  /// Called through the worker; `certain` is false when nothing but a look at the files can tell
  /// whether one has changed. Answers with the paths to watch from now on; none: the same.
  using Changed = std::function<std::vector<std::string>(bool certain)>;
  /// inotify_add_watch, or somebody who may more.
  using AddWatch = std::function<int(int inotify, const std::string& folder, std::uint32_t mask)>;

  /// `paths` of files, each with its folder; with a slash at the end: any entry of that folder.
  Watcher(std::vector<std::string> paths, Changed changed, Clock& clock, AddWatch add_watch = {});

  /// What `run` waits on; the transport of `run` must be on this descriptor.
  Descriptor open();
  /// Until the transport tells that the server stops.
  Task<void> run(Worker& worker, std::unique_ptr<Transport> transport);

 private:
  struct Folder {
    std::string path;
    int watch = -1;
  };
  /// True: there are folders that were not watched before.
  bool set_paths(std::vector<std::string> paths);
  void add_watches();
  void read_events();
  void note(const Folder& folder, std::string_view name, std::uint32_t mask);

  StringSet paths_;
  const Changed changed_;
  const AddWatch add_watch_;
  Clock& clock_;
  std::vector<Folder> folders_;
  ChangeTracker tracker_;
  bool is_certain_ = false;  // a path of the list changed, not just some entry of its folder
  int inotify_ = -1;         // owned by the transport
  bool polls_ = false;
};

}  // namespace mail::net
