// The heart of the simulator: a virtual clock and a queue of things that will happen.
#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "mail/base/ports.h"
#include "mail/base/task.h"
#include "mail/base/time.h"

namespace mail::sim {

/// Runs events in the order of (virtual time, order of posting), all on the caller's thread. The
/// clock jumps from event to event: five days of waiting cost nothing.
class Scheduler final : public Clock {
  using Key = std::pair<TimePoint, std::uint64_t>;
  struct Queue {
    std::map<Key, std::function<void()>> events;
  };

 public:
  /// Keeps an event alive: destroyed or overwritten, it takes back what has not happened yet. This
  /// is what makes it safe to destroy a suspended task at any moment. Move-only.
  class Timer {
   public:
    Timer() = default;
    Timer(Timer&& other) noexcept : queue_(std::exchange(other.queue_, {})), key_(other.key_) {}
    Timer& operator=(Timer&& other) noexcept;
    ~Timer() { cancel(); }
    void cancel();

   private:
    friend class Scheduler;
    Timer(std::weak_ptr<Queue> queue, Key key) : queue_(std::move(queue)), key_(key) {}
    std::weak_ptr<Queue> queue_;
    Key key_{};
  };

  /// Wall time at the start of every run: a Monday, 2024-01-01T00:00:00Z.
  static constexpr WallTime kStart{seconds(1'704'067'200)};

  explicit Scheduler(std::uint64_t event_limit = 50'000'000) : event_limit_(event_limit) {}

  TimePoint now() const override { return now_; }
  WallTime wall() const override { return kStart + now_.time_since_epoch(); }

  [[nodiscard]] Timer post(TimePoint at, std::function<void()> what);
  [[nodiscard]] Timer post_in(Duration delay, std::function<void()> what) {
    return post(now_ + delay, std::move(what));
  }
  /// Nobody can take it back.
  void post_for_good(TimePoint at, std::function<void()> what);

  /// Forgets everything that was going to happen.
  void clear();

  /// Called after every event.
  void set_after_event(std::function<void()> hook) { after_event_ = std::move(hook); }

  /// Until nothing is left to happen. False: the run was stopped by the event limit.
  bool run() { return run_until(TimePoint::max()); }
  /// Everything up to and including `end`; the clock then stands at `end`, or where the last event
  /// left it when `end` is the end of time.
  bool run_until(TimePoint end);
  bool run_for(Duration duration) { return run_until(now_ + duration); }
  /// Until `done()` says so. False: the events ran out, or the limit was reached, before.
  bool run_while(const std::function<bool()>& go_on);

  /// A step that happens without an event (a wait that is over at once) counts like one, so that a
  /// coroutine that spins without ever sleeping meets the limit too. False: it must sleep for ever.
  bool spend();
  bool ran_away() const { return events_ >= event_limit_; }
  std::uint64_t events() const { return events_; }

 private:
  bool step(TimePoint end);

  const std::uint64_t event_limit_;
  TimePoint now_{};
  std::uint64_t sequence_ = 0;
  std::uint64_t events_ = 0;
  std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
  std::function<void()> after_event_;
};

/// Lets virtual time pass: `co_await pause_for(scheduler, seconds(5));`
Task<void> pause_for(Scheduler& scheduler, Duration duration);

/// Top-level tasks: started at once, destroyed when they end or with the group.
class TaskGroup {
 public:
  explicit TaskGroup(Scheduler& scheduler) : scheduler_(scheduler) {}
  void start(Task<void> task);
  std::size_t running() const { return tasks_.size(); }
  void destroy_all();

 private:
  struct Entry {
    Task<void> task;
    Scheduler::Timer reaper;
  };
  Task<void> supervise(Task<void> task, std::uint64_t number);

  Scheduler& scheduler_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, Entry> tasks_;
};

}  // namespace mail::sim
