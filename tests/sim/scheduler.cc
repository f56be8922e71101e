// Events live in a map ordered by (time, order of posting). A Timer is the right to take one back;
// every awaiter of the simulator holds one, so destroying a coroutine frame also removes whatever
// could have resumed it. That is the whole of what makes a power cut an ordinary event.
//
// Tested by tests/sim/scheduler_test.cc.
#include "sim/scheduler.h"

namespace mail::sim {

Scheduler::Timer& Scheduler::Timer::operator=(Timer&& other) noexcept {
  if (this != &other) {
    cancel();
    queue_ = std::exchange(other.queue_, {});
    key_ = other.key_;
  }
  return *this;
}

void Scheduler::Timer::cancel() {
  const auto queue = std::exchange(queue_, {}).lock();
  if (!queue) return;
  // Taken out first: what the function holds may itself cancel timers as it goes.
  const auto node = queue->events.extract(key_);
}

Scheduler::Timer Scheduler::post(TimePoint at, std::function<void()> what) {
  const Key key{std::max(at, now_), ++sequence_};
  queue_->events.emplace(key, std::move(what));
  return Timer(queue_, key);
}

void Scheduler::post_for_good(TimePoint at, std::function<void()> what) {
  queue_->events.emplace(Key{std::max(at, now_), ++sequence_}, std::move(what));
}

void Scheduler::clear() {
  // One by one: what an event holds may take back others as it goes.
  while (!queue_->events.empty()) {
    const auto node = queue_->events.extract(queue_->events.begin());
  }
}

bool Scheduler::spend() {
  if (ran_away()) return false;
  ++events_;
  return true;
}

bool Scheduler::step(TimePoint end) {
  auto& events = queue_->events;
  if (events.empty() || events.begin()->first.first > end || !spend()) return false;
  auto node = events.extract(events.begin());
  now_ = node.key().first;
  node.mapped()();
  if (after_event_) after_event_();
  return true;
}

bool Scheduler::run_until(TimePoint end) {
  while (step(end)) {
  }
  if (end != TimePoint::max() && !ran_away()) now_ = std::max(now_, end);
  return !ran_away();
}

bool Scheduler::run_while(const std::function<bool()>& go_on) {
  while (go_on()) {
    if (!step(TimePoint::max())) return false;
  }
  return true;
}

namespace {

struct SleepAwaiter {
  Scheduler& scheduler;
  Duration duration;
  Scheduler::Timer timer;

  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    timer = scheduler.post_in(duration, [handle] { handle.resume(); });
  }
  void await_resume() const {}
};

}  // namespace

Task<void> pause_for(Scheduler& scheduler, Duration duration) {
  SleepAwaiter sleep{scheduler, duration, {}};
  co_await sleep;
}

Task<void> TaskGroup::supervise(Task<void> task, std::uint64_t number) {
  co_await task;
  // A frame cannot destroy itself while it runs: the reaper comes right after.
  tasks_.at(number).reaper =
      scheduler_.post_in(Duration(0), [this, number] { tasks_.erase(number); });
}

void TaskGroup::start(Task<void> task) {
  const std::uint64_t number = ++next_;
  Entry& entry = tasks_[number];
  entry.task = supervise(std::move(task), number);
  entry.task.start();
}

void TaskGroup::destroy_all() {
  // One by one, as each destructor may look at the group.
  while (!tasks_.empty()) {
    const auto node = tasks_.extract(tasks_.begin());
  }
}

}  // namespace mail::sim
