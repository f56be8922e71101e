#include "sim/scheduler.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "sim/random.h"
#include "sim/trace.h"
#include "sim/worker.h"

namespace mail::sim {
namespace {

TEST_CASE("Events happen in the order of their time, then of their posting") {
  Scheduler scheduler;
  std::string order;
  scheduler.post_for_good(TimePoint(seconds(2)), [&] { order += 'c'; });
  scheduler.post_for_good(TimePoint(seconds(1)), [&] { order += 'a'; });
  scheduler.post_for_good(TimePoint(seconds(1)), [&] {
    order += 'b';
    scheduler.post_for_good(TimePoint(seconds(0)), [&] { order += '!'; });  // the past is now
  });
  CHECK(scheduler.run());
  CHECK(order == "ab!c");
  CHECK(scheduler.now() == TimePoint(seconds(2)));
}

TEST_CASE("Running until a time leaves later events and moves the clock") {
  Scheduler scheduler;
  int happened = 0;
  scheduler.post_for_good(TimePoint(seconds(5)), [&] { ++happened; });
  CHECK(scheduler.run_until(TimePoint(seconds(5) - Duration(1))));
  CHECK(happened == 0);
  CHECK(scheduler.wall() == Scheduler::kStart + seconds(5) - Duration(1));
  CHECK(scheduler.run_for(Duration(1)));
  CHECK(happened == 1);
}

TEST_CASE("A timer that is gone takes its event with it") {
  Scheduler scheduler;
  int happened = 0;
  {
    const auto timer = scheduler.post_in(seconds(1), [&] { ++happened; });
  }
  auto kept = scheduler.post_in(seconds(1), [&] { happened += 10; });
  auto replaced = scheduler.post_in(seconds(1), [&] { happened += 100; });
  replaced = scheduler.post_in(seconds(2), [&] { happened += 1000; });
  CHECK(scheduler.run());
  CHECK(happened == 1010);
}

TEST_CASE("A runaway meets the event limit instead of running for ever") {
  Scheduler scheduler(1000);
  std::function<void()> again = [&] { scheduler.post_for_good(scheduler.now(), [&] { again(); }); };
  again();
  CHECK_FALSE(scheduler.run());
  CHECK(scheduler.ran_away());
  CHECK(scheduler.events() == 1000);
}

Task<void> sleep_twice(Scheduler& scheduler, std::vector<TimePoint>& woke) {
  co_await pause_for(scheduler, minutes(5));
  woke.push_back(scheduler.now());
  co_await pause_for(scheduler, hours(24 * 5));
  woke.push_back(scheduler.now());
}

TEST_CASE("A task sleeps five days of virtual time") {
  Scheduler scheduler;
  TaskGroup tasks(scheduler);
  std::vector<TimePoint> woke;
  tasks.start(sleep_twice(scheduler, woke));
  CHECK(tasks.running() == 1);
  CHECK(scheduler.run());
  CHECK(tasks.running() == 0);
  CHECK(woke ==
        std::vector<TimePoint>{TimePoint(minutes(5)), TimePoint(minutes(5) + hours(24 * 5))});
}

TEST_CASE("A sleeping task can be destroyed at any moment") {
  Scheduler scheduler;
  TaskGroup tasks(scheduler);
  std::vector<TimePoint> woke;
  tasks.start(sleep_twice(scheduler, woke));
  CHECK(scheduler.run_for(minutes(6)));
  tasks.destroy_all();
  CHECK(scheduler.run());
  CHECK(woke.size() == 1);
}

TEST_CASE("Dice give the same stream for a seed and another one for a fork") {
  Dice one(7);
  Dice same(7);
  Dice other(8);
  const Dice fork = one.fork("network");
  CHECK(one.next() == same.next());
  CHECK(one.next() != other.next());
  Dice fork_of_other = Dice(8).fork("network");
  Dice fork_again = Dice(7).fork("network");
  Dice first = fork;
  CHECK(first.next() == fork_again.next());
  CHECK(first.next() != fork_of_other.next());
  // The first output of splitmix64 for seed 0, as everywhere.
  CHECK(Dice(0).next() == 0xE220A8397B1DCDAFULL);
}

TEST_CASE("Dice stay within what was asked for") {
  Dice dice(1);
  for (int i = 0; i < 1000; ++i) {
    CHECK(dice.below(3) < 3);
    const auto between = dice.between(Duration(5), Duration(9));
    CHECK((between >= Duration(5) && between <= Duration(9)));
  }
  CHECK(dice.below(0) == 0);
  CHECK(dice.between(4, 4) == 4);
  CHECK_FALSE(dice.percent(0));
  CHECK(dice.percent(100));
}

Task<void> run_job(Worker& worker, std::string& order, char name) {
  auto job = [&order, name] { order += name; };
  co_await worker.run(std::move(job));
  order += static_cast<char>(name - 'a' + 'A');
}

std::string order_of_jobs(std::uint64_t seed) {
  Scheduler scheduler;
  SimWorker worker(scheduler, Dice(seed));
  TaskGroup tasks(scheduler);
  std::string order;
  for (const char name : {'a', 'b', 'c', 'd'}) tasks.start(run_job(worker, order, name));
  CHECK(order.empty());
  scheduler.run();
  return order;
}

TEST_CASE("Jobs overtake each other, the same way for the same seed") {
  CHECK(order_of_jobs(1).size() == 8);
  CHECK(order_of_jobs(1) == order_of_jobs(1));
  bool differs = false;
  for (std::uint64_t seed = 2; seed < 10; ++seed)
    differs |= order_of_jobs(seed) != order_of_jobs(1);
  CHECK(differs);
}

TEST_CASE("A task destroyed while its job waits never sees it run") {
  Scheduler scheduler;
  SimWorker worker(scheduler, Dice(3));
  std::string order;
  {
    TaskGroup tasks(scheduler);
    tasks.start(run_job(worker, order, 'a'));
  }
  scheduler.run();
  CHECK(order.empty());
}

TEST_CASE("The trace names the first line in which two runs differ") {
  CHECK(first_difference("a\nb\n", "a\nb\n").empty());
  CHECK(first_difference("a\nb\nc\n", "a\nX\nc\n") == "line 2:\n  b\n  X");
  CHECK(first_difference("a\n", "a\nb\n") == "line 2:\n  \n  b");
  CHECK(first_difference("a", "ab") == "line 1:\n  a\n  ab");
}

TEST_CASE("The trace writes time, name and a hash of bytes") {
  Scheduler scheduler;
  Trace trace(scheduler);
  scheduler.run_until(TimePoint(Duration(12'000'345)));
  trace.add_bytes("smtp-3", "write", "");
  SimLogger logger(trace);
  logger.info("message accepted", {{"id", "a\nb"}});
  CHECK(trace.text() ==
        "+12.000345 smtp-3 write 0 cbf29ce484222325\n"
        "+12.000345 log info: message accepted id=a?b\n");
  CHECK(trace.tail(1) == "+12.000345 log info: message accepted id=a?b\n");
  CHECK(trace.tail(9) == trace.text());
}

}  // namespace
}  // namespace mail::sim
