// A first-in first-out queue under one lock. A worker that has run a job sends its owner home: the
// coroutine handle is posted into the inbox of the loop that it came from, and resumed there.
// Tested by tests/unit/net/worker_test.cc.
#include "net/worker_pool.h"

#include <utility>

#include "net/inbox.h"

namespace mail::net {

WorkerPool::WorkerPool(std::size_t threads) : limit_(threads == 0 ? 1 : threads) {}

bool WorkerPool::submit(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    if (queued_ >= idle_ && threads_.size() < limit_) {
      auto thread = Thread::start("mail worker", [this] { work(); });
      if (thread.ok()) {
        threads_.push_back(std::move(thread).value());
      } else if (threads_.empty()) {
        return false;  // slow is better than stuck
      }
    }
    (last_ == nullptr ? first_ : last_->next) = &job;
    last_ = &job;
    ++queued_;
  }
  work_arrived_.notify_one();
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    while (first_ == nullptr) {
      if (stopping_) return;
      ++idle_;
      work_arrived_.wait(lock);
      --idle_;
    }
    Job* job = std::exchange(first_, first_->next);
    if (first_ == nullptr) last_ = nullptr;
    --queued_;
    lock.unlock();
    job->call();
    // From the moment its owner may run the job is gone: take what is needed out first.
    const auto home = std::move(job->home);
    const auto waiting = job->waiting;
    home->post([waiting] { waiting.resume(); });
    lock.lock();
  }
}

void WorkerPool::stop() {
  std::vector<Thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  work_arrived_.notify_all();
  for (auto& thread : threads) thread.join();
}

std::size_t WorkerPool::threads_started() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

namespace {

struct Submission {
  WorkerPool& pool;
  WorkerPool::Job job;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiting) {
    job.waiting = waiting;
    if (pool.submit(job)) return true;
    job.call();
    return false;
  }
  void await_resume() const noexcept {}
};

}  // namespace

LoopWorker::LoopWorker(WorkerPool& pool, std::shared_ptr<Inbox> home)
    : pool_(pool), home_(std::move(home)) {}

Task<void> LoopWorker::run(std::function<void()> job) {
  Submission submission{.pool = pool_, .job = {}};
  submission.job.call = std::move(job);
  submission.job.home = home_;
  co_await submission;
}

}  // namespace mail::net
