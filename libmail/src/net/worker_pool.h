// The threads behind the Worker port.
#pragma once

#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <semaphore.h>

#include "mail/base/ports.h"
#include "net/thread.h"

namespace mail::net {

class Inbox;

/// At most `threads` threads that run blocking calls in the order they came. A thread is started
/// when there is work and none is idle, so a server at rest has none. Safe from any thread.
///
/// The queue is made of nodes inside the frames of the waiting coroutines: it needs no memory of
/// its own and is bounded by the number of connections, each of which waits for one job at a time.
class WorkerPool {
 public:
  /// A job and who waits for it. Stays where it is until the owner was resumed.
  struct Job {
    std::function<void()> call;
    std::shared_ptr<Inbox> home;
    std::coroutine_handle<> waiting;
    Job* next = nullptr;
  };

  explicit WorkerPool(std::size_t threads);
  ~WorkerPool();

  /// False when the pool has stopped or no thread can be had: the caller runs the job itself.
  bool submit(Job& job);
  /// Runs what was submitted, then ends its threads.
  void stop();

  std::size_t threads_started() const;

 private:
  void work();

  const std::size_t limit_;
  mutable std::mutex mutex_;
  // Not a condition variable: glibc's wakes the mutex' next owner with a system call of its own.
  sem_t work_arrived_;
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  std::size_t idle_ = 0;  // wait for work, and nobody has woken them yet
  bool stopping_ = false;
  std::vector<Thread> threads_;
};

/// The pool as one loop sees it: callers are resumed on that loop.
class LoopWorker final : public Worker {
 public:
  LoopWorker(WorkerPool& pool, std::shared_ptr<Inbox> home);
  Task<void> run(std::function<void()> job) override;

 private:
  WorkerPool& pool_;
  std::shared_ptr<Inbox> home_;
};

}  // namespace mail::net
