// A job is one event, its caller's resumption another. Jobs do not interleave inside each other:
// races between two threads are the thread sanitizer's to find, not the simulator's.
//
// Tested by tests/sim/scheduler_test.cc.
#include "sim/worker.h"

#include <coroutine>
#include <utility>

namespace mail::sim {

struct SimWorker::Awaiter {
  SimWorker& worker;
  std::function<void()>& job;
  Scheduler::Timer timer;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    const Duration before = worker.dice_.between(worker.delays_.least, worker.delays_.most);
    timer = worker.scheduler_.post_in(before, [this, handle] { execute(handle); });
  }
  void await_resume() const {}

  void execute(std::coroutine_handle<> handle) {
    ++worker.jobs_;
    if (worker.before_) worker.before_();
    job();
    if (worker.after_) worker.after_();
    const Duration after = worker.dice_.between(worker.delays_.least, worker.delays_.most);
    timer = worker.scheduler_.post_in(after, [handle] { handle.resume(); });
  }
};

Task<void> SimWorker::run(std::function<void()> job) {
  Awaiter awaiter{*this, job, {}};
  co_await awaiter;
}

}  // namespace mail::sim
