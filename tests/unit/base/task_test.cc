// mail::Task without an event loop: an Event that the test fires stands for timers and sockets.

#include "mail/base/task.h"

#include <coroutine>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "mail/base/ports.h"

namespace mail {
namespace {

/// Suspends whoever awaits it until `fire`; one awaiter at a time.
class Event {
 public:
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) { awaiter_ = awaiter; }
  void await_resume() const {}

  bool awaited() const { return awaiter_ != nullptr; }
  void fire() { std::exchange(awaiter_, {}).resume(); }

 private:
  std::coroutine_handle<> awaiter_;
};

/// Counts its living instances: frames that leak or are destroyed twice show.
class Witness {
 public:
  explicit Witness(int& living) : living_(&living) { ++*living_; }
  Witness(Witness&& other) noexcept : living_(other.living_) { ++*living_; }
  ~Witness() { --*living_; }

 private:
  int* living_;
};

Task<int> ready(int n) { co_return n; }
Task<void> nothing() { co_return; }

Task<long> sum_of_ready_tasks(int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i) {
    auto n = co_await ready(1);
    sum += n;
    co_await nothing();
  }
  co_return sum;
}

Task<int> number_after(Event& event, int n) {
  co_await event;
  co_return n;
}

Task<void> log_after(Event& event, std::vector<int>& log, int n) {
  auto result = co_await number_after(event, n);
  log.push_back(result);
}

TEST_CASE("a million ready tasks awaited in a loop use the stack of one") {
  auto task = sum_of_ready_tasks(1'000'000);
  task.start();
  REQUIRE(task.done());
  CHECK(task.result() == 1'000'000);
}

Task<long> sum_of_events(Event& event, int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i) {
    auto n = co_await number_after(event, 1);
    sum += n;
  }
  co_return sum;
}

TEST_CASE("a hundred thousand tasks that each suspend use the stack of one") {
  Event event;
  auto task = sum_of_events(event, 100'000);
  task.start();
  while (event.awaited()) event.fire();
  REQUIRE(task.done());
  CHECK(task.result() == 100'000);
}

TEST_CASE("a task does not begin before it is started or awaited") {
  Event event;
  std::vector<int> log;
  auto task = log_after(event, log, 1);
  CHECK_FALSE(event.awaited());
  CHECK_FALSE(task.done());
  task.start();
  CHECK(event.awaited());
}

Task<std::string> long_text() {
  std::string text(1000, 'x');
  co_return text;
}

Task<std::unique_ptr<int>> pointer_to(int n) { co_return std::make_unique<int>(n); }

Task<std::unique_ptr<int>> doubled(std::unique_ptr<int> in) {
  auto one = co_await pointer_to(*in);
  auto two = co_await pointer_to(*in + *one);
  co_return two;
}

Task<StatusOr<int>> refused() { co_return invalid("no ", 7); }

TEST_CASE("a task gives values, nothing, move-only values and statuses") {
  SECTION("a value") {
    auto task = long_text();
    task.start();
    CHECK(task.result() == std::string(1000, 'x'));
  }
  SECTION("nothing") {
    auto task = nothing();
    task.start();
    CHECK(task.done());
  }
  SECTION("a move-only value, through parameters and awaits") {
    auto task = doubled(std::make_unique<int>(21));
    task.start();
    CHECK(*task.result() == 42);
  }
  SECTION("a status") {
    auto task = refused();
    task.start();
    CHECK(message_of(task.result().status()) == "no 7");
  }
}

Task<int> chain(Event& event, int depth) {
  if (depth == 0) {
    co_await event;
    co_return 0;
  }
  auto below = co_await chain(event, depth - 1);
  co_return below + 1;
}

TEST_CASE("a chain of tasks suspended at its end is resumed from there, link by link") {
  Event event;
  auto task = chain(event, 100);
  task.start();
  CHECK_FALSE(task.done());
  event.fire();
  REQUIRE(task.done());
  CHECK(task.result() == 100);
}

TEST_CASE("tasks that wait for different events go on in the order of the events") {
  Event first, second;
  std::vector<int> log;
  auto one = log_after(first, log, 1);
  auto two = log_after(second, log, 2);
  one.start();
  two.start();
  second.fire();
  first.fire();
  CHECK(log == std::vector<int>{2, 1});
}

Task<void> hold(Event& event, int& living) {
  Witness witness(living);
  co_await event;
}

Task<void> hold_deeper(Event& event, int& living) {
  Witness witness(living);
  auto inner = hold(event, living);
  co_await std::move(inner);
}

TEST_CASE("destroying a suspended task destroys its frame and those it awaits") {
  int living = 0;
  Event event;
  {
    auto task = hold_deeper(event, living);
    task.start();
    CHECK(living == 2);
  }
  CHECK(living == 0);
}

Task<Witness> witness_task(int& living) { co_return Witness(living); }

TEST_CASE("a task that was never started, or whose result nobody took, leaves nothing behind") {
  int living = 0;
  Event event;
  {
    auto never_started = hold(event, living);
  }
  {
    auto not_taken = witness_task(living);
    not_taken.start();
    CHECK(living == 1);
  }
  CHECK(living == 0);
}

TEST_CASE("a moved task lives on in its new place, and the old one is done") {
  int living = 0;
  Event first, second;
  auto task = hold(first, living);
  task.start();
  Task<void> other = std::move(task);
  CHECK(task.done());
  CHECK_FALSE(other.done());

  SECTION("and is resumed there") {
    first.fire();
    CHECK(other.done());
  }
  SECTION("until another task takes that place") {
    other = hold(second, living);
    CHECK(living == 0);
    other.start();
    CHECK(living == 1);
  }
}

TEST_CASE("an empty task is done") { CHECK(Task<void>().done()); }

/// Runs jobs when told to, as a pool of threads would.
class LateWorker : public Worker {
 public:
  Task<void> run(std::function<void()> job) override {
    co_await event_;
    job();
  }
  void work() { event_.fire(); }

 private:
  Event event_;
};

Task<std::unique_ptr<int>> computed(Worker& worker) {
  auto job = [answer = 42] { return std::make_unique<int>(answer); };
  auto result = co_await run_on(worker, std::move(job));
  co_return result;
}

TEST_CASE("run_on gives back what the worker's job returned") {
  LateWorker worker;
  auto task = computed(worker);
  task.start();
  CHECK_FALSE(task.done());
  worker.work();
  REQUIRE(task.done());
  CHECK(*task.result() == 42);
}

}  // namespace
}  // namespace mail
