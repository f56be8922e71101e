#pragma once

#include <memory>
#include <string>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include "mail/base/mutex.h"
#include "mail/base/ports.h"
#include "mail/store/directory_watch.h"
#include "net/socket.h"

namespace mail::net {

/// Directories of folders in which somebody idles, by inotify. What happens within `kGather` is
/// told once.
class MailWatch final : public store::DirectoryWatch {
 public:
  static constexpr Duration kGather = milliseconds(20);

  explicit MailWatch(Clock& clock);

  int begin(const std::string& directory, std::weak_ptr<Observer> observer) override;
  void end(int watch) override;

  /// False: the system gives no inotify instance, and `begin` always fails.
  bool is_open() const { return static_cast<bool>(inotify_); }
  /// What `run` waits on; the transport of `run` must be on this descriptor.
  Descriptor descriptor() const;
  /// Until the transport tells that the server stops.
  Task<void> run(std::unique_ptr<Transport> transport);

 private:
  struct Entry {
    std::weak_ptr<Observer> observer;
    int users = 0;  // `begin` without `end`: the system has one watch a directory
  };

  void read_events();
  void tell();

  Clock& clock_;
  const Descriptor inotify_;
  Mutex mutex_;
  absl::flat_hash_map<int, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // Of `run` alone:
  absl::flat_hash_set<int> changed_;
  bool has_lost_ = false;  // events: everybody is told
};

}  // namespace mail::net
