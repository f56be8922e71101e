// A port: tells that another program has changed a directory. `net` answers with inotify.
#pragma once

#include <memory>
#include <string>

namespace mail::store {

/// Safe from any thread.
class DirectoryWatch {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    /// Something came, went or got another name there. From any thread; does not block.
    virtual void directory_changed() = 0;
  };

  virtual ~DirectoryWatch() = default;

  /// Until `end`, and only while the observer lives. Follows the directory when it is renamed. 0:
  /// it cannot be watched, since it is not there or the system has no watch left.
  virtual int begin(const std::string& directory, std::weak_ptr<Observer> observer) = 0;
  virtual void end(int watch) = 0;
};

}  // namespace mail::store
