// A first-in first-out queue under one lock. A worker that has run a job sends its owner home: the
// coroutine handle is posted into the inbox of the loop that it came from, and resumed there.
// Tested by tests/unit/net/worker_test.cc.
#include "net/worker_pool.h"

#include <utility>

#include "net/inbox.h"

namespace mail::net {

WorkerPool::WorkerPool(std::size_t threads) : limit_(threads == 0 ? 1 : threads) {
  sem_init(&work_arrived_, 0, 0);
}

WorkerPool::~WorkerPool() {
  stop();
  sem_destroy(&work_arrived_);
}

bool WorkerPool::submit(Job& job) {
  bool is_somebody_idle = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    is_somebody_idle = idle_ > 0;
    if (is_somebody_idle) {
      --idle_;
    } else if (threads_.size() < limit_) {
      auto thread = Thread::start("mail worker", [this] { work(); });
      if (thread.ok()) {
        threads_.push_back(std::move(thread).value());
      } else if (threads_.empty()) {
        return false;  // slow is better than stuck
      }
    }
    (last_ == nullptr ? first_ : last_->next) = &job;
    last_ = &job;
  }
  if (is_somebody_idle) sem_post(&work_arrived_);
  return true;
}

void WorkerPool::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    while (first_ == nullptr) {
      if (stopping_) return;
      ++idle_;
      lock.unlock();
      while (sem_wait(&work_arrived_) != 0) {
        // A signal.
      }
      lock.lock();
    }
    Job* job = std::exchange(first_, first_->next);
    if (first_ == nullptr) last_ = nullptr;
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
  for (std::size_t i = 0; i < threads.size(); ++i) sem_post(&work_arrived_);
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
