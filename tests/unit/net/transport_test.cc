#include <future>
#include <thread>

#include <catch2/catch.hpp>

#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

using Readiness = Transport::Readiness;

/// Waits once and tells the peer why it ended.
std::string_view name_of(Readiness readiness) {
  switch (readiness) {
    case Readiness::kReady: return "ready";
    case Readiness::kDeadline: return "deadline";
    case Readiness::kWoken: return "woken";
    case Readiness::kStopping: return "stopping";
  }
  return "?";
}

Task<void> wait_once(std::unique_ptr<Transport> transport, Transport::Interest interest,
                     std::optional<TimePoint> deadline) {
  const auto why = co_await transport->wait(interest, deadline);
  transport->write(name_of(why));
  transport->close();
}

Handler waiting(Transport::Interest interest, std::optional<Duration> timeout = {}) {
  return [interest, timeout](Loop&, std::unique_ptr<Transport> transport) {
    std::optional<TimePoint> deadline;
    if (timeout) deadline = now() + *timeout;
    return wait_once(std::move(transport), interest, deadline);
  };
}

}  // namespace

TEST_CASE("An echo gives back what was sent, in order, beyond the socket's buffers") {
  Served served(echo_handler());
  Peer peer = Peer::connect_to(served.port);
  std::string sent;
  for (int i = 0; i < 400'000; ++i) sent += cat(i, " ");
  std::thread writer([&] {
    peer.send(sent);
    peer.shut_down_writing();
  });
  const std::string received = peer.receive_until_closed();
  writer.join();
  CHECK(received == sent);
}

TEST_CASE("A peer that shuts down its direction still gets the answer") {
  Served served(echo_handler());
  Peer peer = Peer::connect_to(served.port);
  peer.send("last words");
  peer.shut_down_writing();
  CHECK(peer.receive_until_closed() == "last words");
}

TEST_CASE("A wait ends for the first thing that happens") {
  SECTION("input") {
    Served served(waiting({.readable = true}, hours(1)));
    Peer peer = Peer::connect_to(served.port);
    peer.send("x");
    CHECK(peer.receive_until_closed() == "ready");
  }
  SECTION("room for output") {
    Served served(waiting({.readable = true, .writable = true}));
    CHECK(Peer::connect_to(served.port).receive_until_closed() == "ready");
  }
  SECTION("a deadline") {
    Served served(waiting({.readable = true}, milliseconds(1)));
    CHECK(Peer::connect_to(served.port).receive_until_closed() == "deadline");
  }
  SECTION("a deadline that has passed before") {
    Served served(waiting({.readable = true}, -seconds(1)));
    CHECK(Peer::connect_to(served.port).receive_until_closed() == "deadline");
  }
  SECTION("the peer's end") {
    Served served(waiting({.readable = true}, hours(1)));
    Peer peer = Peer::connect_to(served.port);
    peer.shut_down_writing();
    CHECK(peer.receive_until_closed() == "ready");
  }
  SECTION("the end of the server") {
    Served served(waiting({.readable = true}, hours(24 * 365 * 200)));
    Peer peer = Peer::connect_to(served.port);
    auto ended = std::async(std::launch::async, [&] { return peer.receive_until_closed(); });
    // The connection may still be in the backlog, where it would not be told.
    while (served.network->connections() == 0) std::this_thread::yield();
    served.network->stop(seconds(10));
    CHECK(ended.get() == "stopping");
  }
}

TEST_CASE("Each wait ends at its own deadline, before or after that of the wait before") {
  Served served([](Loop&, std::unique_ptr<Transport> transport) -> Task<void> {
    for (const Duration timeout : {Duration(hours(1)), Duration(milliseconds(1)),
                                   Duration(milliseconds(20)), Duration(hours(1))}) {
      const auto begun = now();
      const auto why = co_await transport->wait(kReadable, begun + timeout);
      const bool is_early = why == Readiness::kDeadline && now() < begun + timeout;
      transport->write(is_early ? "early" : name_of(why));
      char octet = 0;
      if (why == Readiness::kReady) transport->read(std::span<char>(&octet, 1));
    }
    transport->close();
  });
  Peer peer = Peer::connect_to(served.port);
  peer.send("x");
  CHECK(peer.receive_all(21) == "readydeadlinedeadline");
  peer.send("x");
  CHECK(peer.receive_until_closed() == "ready");
}

TEST_CASE("A connection can be woken from any thread, also after it is gone") {
  std::promise<std::shared_ptr<Waker>> promise;
  Served served([&promise](Loop&, std::unique_ptr<Transport> transport) {
    promise.set_value(transport->waker());
    return wait_once(std::move(transport), {.readable = true}, std::nullopt);
  });
  Peer peer = Peer::connect_to(served.port);
  const auto waker = promise.get_future().get();
  std::thread([&] { waker->wake(); }).join();
  CHECK(peer.receive_until_closed() == "woken");
  waker->wake();
  served.network->stop(seconds(1));
  served.network.reset();
  waker->wake();
  served.network = std::move(Network::start({.loops = 1}, served.logger)).value();
}

TEST_CASE("A wake-up while nobody waits is kept for the next wait") {
  Served served([](Loop& loop, std::unique_ptr<Transport> transport) -> Task<void> {
    const auto waker = transport->waker();
    std::function<void()> wake = [&waker] { waker->wake(); };
    co_await loop.worker().run(std::move(wake));
    // Behind the wake-up in the loop's inbox.
    std::function<void()> nothing = [] {};
    co_await loop.worker().run(std::move(nothing));
    const auto first = co_await transport->wait(kReadable, kNever);
    transport->write(name_of(first));
    const std::optional<TimePoint> soon = now() + milliseconds(1);
    const auto second = co_await transport->wait(kReadable, soon);
    transport->write(name_of(second));
    transport->close();
  });
  CHECK(Peer::connect_to(served.port).receive_until_closed() == "wokendeadline");
}

TEST_CASE("Many wake-ups from many threads neither lose the last one nor the connection") {
  std::promise<std::shared_ptr<Waker>> promise;
  std::atomic<bool> last = false;
  Served served([&](Loop&, std::unique_ptr<Transport> transport) -> Task<void> {
    promise.set_value(transport->waker());
    while (true) {
      const auto why = co_await transport->wait(kReadable, kNever);
      if (why == Readiness::kWoken && last) break;
    }
    transport->write("seen");
    transport->close();
  });
  Peer peer = Peer::connect_to(served.port);
  const auto waker = promise.get_future().get();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) waker->wake();
    });
  }
  for (auto& thread : threads) thread.join();
  last = true;
  waker->wake();
  CHECK(peer.receive_until_closed() == "seen");
}

TEST_CASE("A goodbye reaches a peer whose input was not read") {
  Served served([](Loop&, std::unique_ptr<Transport> transport) -> Task<void> {
    co_await transport->wait(kReadable, kNever);
    transport->write("goodbye");
    transport->close();
    CHECK_FALSE(transport->read({}).open);
    CHECK_FALSE(transport->write("more").open);
    const auto after = co_await transport->wait(kReadable, kNever);
    CHECK(after == Readiness::kReady);
  });
  Peer peer = Peer::connect_to(served.port);
  peer.send(std::string(20'000, 'x'));
  CHECK(peer.receive_until_closed() == "goodbye");
}

}  // namespace mail::net::test
