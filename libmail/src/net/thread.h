#pragma once

#include <functional>
#include <memory>
#include <string>

#include <pthread.h>

#include "mail/base/status.h"

namespace mail::net {

/// A thread that is joined when it goes. std::thread throws where the system has no thread left;
/// this one answers. All signals are blocked in it: they belong to the program's main thread.
class Thread {
 public:
  Thread() = default;
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  ~Thread() { join(); }

  /// `name` shows in ps and gdb; at most 15 octets are kept. Fails: ResourceExhausted.
  static StatusOr<Thread> start(const std::string& name, std::function<void()> body);
  void join();

 private:
  pthread_t handle_{};
  bool joinable_ = false;
};

}  // namespace mail::net
