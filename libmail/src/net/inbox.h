#pragma once

#include <mutex>
#include <utility>

#include "net/asio.h"

namespace mail::net {

/// The way into a loop for other threads, which may hold it longer than the loop lives. Safe from
/// any thread.
class Inbox {
 public:
  explicit Inbox(asio::io_context& loop) : loop_(&loop) {}

  /// `call` runs on the loop's thread, after what was posted before. False, and nothing happens,
  /// when the loop is gone.
  template <class F>
  bool post(F&& call) {
    const std::lock_guard lock(mutex_);
    if (loop_ == nullptr) return false;
    asio::post(*loop_, std::forward<F>(call));
    return true;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* loop_;
};

}  // namespace mail::net
