#include <atomic>
#include <future>
#include <thread>

#include <catch2/catch.hpp>

#include "unit/net/peer.h"

namespace mail::net::test {

TEST_CASE("A job runs on another thread and its caller goes on in its own loop") {
  Served served([](Loop& loop, std::unique_ptr<Transport> transport) -> Task<void> {
    const auto home = std::this_thread::get_id();
    auto job = [] { return std::this_thread::get_id(); };
    const auto there = co_await run_on(loop.worker(), std::move(job));
    const bool right = there != home && std::this_thread::get_id() == home;
    transport->write(right ? "yes" : "no");
    transport->close();
  });
  CHECK(Peer::connect_to(served.port).receive_until_closed() == "yes");
}

TEST_CASE("Never more jobs run at once than there may be workers, and each runs once") {
  constexpr int kJobs = 200;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  Served served(
      [&](Loop& loop, std::unique_ptr<Transport> transport) -> Task<void> {
        for (int i = 0; i < kJobs; ++i) {
          std::function<void()> job = [&] {
            const int here = ++running;
            int seen = most;
            while (here > seen && !most.compare_exchange_weak(seen, here)) {
            }
            std::this_thread::yield();
            --running;
            ++done;
          };
          co_await loop.worker().run(std::move(job));
        }
        transport->write("done");
        transport->close();
      },
      nullptr, {.loops = 2, .workers = 3});
  std::vector<Peer> peers;
  for (int i = 0; i < 8; ++i) peers.push_back(Peer::connect_to(served.port));
  for (Peer& peer : peers) CHECK(peer.receive_until_closed() == "done");
  CHECK(done == 8 * kJobs);
  CHECK(most <= 3);
}

TEST_CASE("A pool at rest has no thread, and one job makes one") {
  asio::io_context loop;
  const auto keep_running = asio::make_work_guard(loop);
  WorkerPool pool(4);
  CHECK(pool.threads_started() == 0);
  LoopWorker worker(pool, std::make_shared<Inbox>(loop));
  bool ran = false;
  std::function<void()> job = [&ran] { ran = true; };
  Task<void> task = worker.run(std::move(job));
  task.start();
  CHECK(pool.threads_started() == 1);
  loop.run_one();
  CHECK(task.done());
  CHECK(ran);
}

TEST_CASE("A stopped pool lets its callers run their jobs themselves") {
  WorkerPool pool(4);
  pool.stop();
  asio::io_context loop;
  LoopWorker worker(pool, std::make_shared<Inbox>(loop));
  auto where = [] { return std::this_thread::get_id(); };
  Task<std::thread::id> task = run_on(worker, std::move(where));
  task.start();
  REQUIRE(task.done());
  CHECK(task.result() == std::this_thread::get_id());
}

}  // namespace mail::net::test
