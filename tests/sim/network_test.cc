#include "sim/network.h"

#include <catch2/catch.hpp>

#include <string>

namespace mail::sim {
namespace {

using Readiness = Transport::Readiness;
constexpr Transport::Interest kReadable{.readable = true, .writable = false};
constexpr Transport::Interest kWritable{.readable = false, .writable = true};
constexpr Transport::Interest kNothing{};
constexpr std::optional<TimePoint> kNoDeadline;

struct Fixture {
  explicit Fixture(std::uint64_t seed = 1, Weather weather = {})
      : trace(scheduler), network(scheduler, trace, Dice(seed)), tasks(scheduler) {
    auto made = network.make_link("link", weather, {"192.0.2.1", 1000}, {"192.0.2.2", 25});
    client = std::move(made.client);
    server = std::move(made.server);
  }
  ~Fixture() {
    tasks.destroy_all();
    client->close();
    server->close();
  }
  Scheduler scheduler;
  Trace trace;
  Network network;
  TaskGroup tasks;
  std::unique_ptr<SimTransport> client;
  std::unique_ptr<SimTransport> server;
};

/// Sends back what comes, until the end.
Task<void> echo(Transport& transport) {
  std::string held;
  for (;;) {
    const Transport::Interest interest = held.empty() ? kReadable : kWritable;
    const auto readiness = co_await transport.wait(interest, kNoDeadline);
    if (readiness != Readiness::kReady) continue;
    if (held.empty()) {
      char buffer[300];
      const auto moved = transport.read(buffer);
      held.assign(buffer, moved.octets);
      if (!moved.open) break;
    }
    const auto moved = transport.write(held);
    held.erase(0, moved.octets);
    if (!moved.open) break;
  }
  transport.close();
}

Task<void> send_all(Transport& transport, std::string bytes) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto moved = transport.write(rest);
    rest.remove_prefix(moved.octets);
    if (!moved.open) co_return;
    if (rest.empty()) break;
    co_await transport.wait(kWritable, kNoDeadline);
  }
  static_cast<SimTransport&>(transport).finish_writing();
}

Task<void> receive_all(Transport& transport, std::string& into) {
  for (;;) {
    co_await transport.wait(kReadable, kNoDeadline);
    char buffer[1000];
    const auto moved = transport.read(buffer);
    into.append(buffer, moved.octets);
    if (!moved.open) co_return;
  }
}

/// Sends and receives at the same time, as a full window in both directions requires.
Task<void> talk(SimTransport& transport, std::string bytes, std::string& into) {
  std::string_view rest = bytes;
  for (;;) {
    const Transport::Interest interest{.readable = true, .writable = !rest.empty()};
    co_await transport.wait(interest, kNoDeadline);
    if (!rest.empty()) {
      rest.remove_prefix(transport.write(rest).octets);
      if (rest.empty()) transport.finish_writing();
    }
    char buffer[1000];
    const auto moved = transport.read(buffer);
    into.append(buffer, moved.octets);
    if (!moved.open) co_return;
  }
}

std::string numbered(std::size_t octets) {
  std::string bytes;
  while (bytes.size() < octets) bytes += std::to_string(bytes.size()) + ",";
  bytes.resize(octets);
  return bytes;
}

TEST_CASE("An echo returns every octet in order in any weather without faults") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Dice dice(seed);
    Fixture f(seed, draw_weather(dice, 0));
    const std::string sent = numbered(dice.between(1, 20'000));
    std::string received;
    f.tasks.start(echo(*f.server));
    f.tasks.start(talk(*f.client, sent, received));
    REQUIRE(f.scheduler.run());
    CHECK(received == sent);
    CHECK(f.tasks.running() == 0);
  }
}

TEST_CASE("The same seed gives the same trace of the network") {
  const auto run = [](std::uint64_t seed) {
    Dice dice(5);
    Fixture f(seed, draw_weather(dice, 0));
    std::string received;
    f.tasks.start(echo(*f.server));
    f.tasks.start(talk(*f.client, numbered(400), received));
    f.scheduler.run();
    return f.trace.text();
  };
  CHECK(first_difference(run(1), run(1)).empty());
  CHECK_FALSE(first_difference(run(1), run(2)).empty());
}

TEST_CASE("A full window stops the writer until the other end reads") {
  Weather weather;
  weather.window = 100;
  Fixture f(1, weather);
  std::size_t taken = 0;
  for (;;) {
    const auto moved = f.client->write(numbered(1000));
    CHECK(moved.open);
    if (moved.octets == 0) break;
    taken += moved.octets;
  }
  CHECK(taken == 100);
  f.scheduler.run();
  char buffer[40];
  const auto moved = f.server->read(buffer);
  CHECK(moved.octets > 0);
  CHECK(f.client->write(numbered(1000)).octets > 0);
}

TEST_CASE("Octets up to the fault arrive, later ones never do") {
  const Weather::Fault faults[] = {Weather::Fault::kReset, Weather::Fault::kHalfClose,
                                   Weather::Fault::kSilence};
  for (const auto fault : faults) {
    for (const std::uint64_t at : {0, 1, 57, 500}) {
      Weather weather;
      weather.fault = fault;
      weather.fault_at = at;
      Fixture f(3, weather);
      std::string received;
      f.tasks.start(receive_all(*f.server, received));
      f.tasks.start(send_all(*f.client, numbered(1000)));
      f.scheduler.run();
      if (fault != Weather::Fault::kSilence) CHECK(received == numbered(at));
      CHECK(received == numbered(1000).substr(0, received.size()));
      CHECK(f.tasks.running() == (fault == Weather::Fault::kSilence ? 1 : 0));
    }
  }
}

Task<void> note_wait(Transport& transport, Transport::Interest interest,
                     std::optional<TimePoint> deadline, std::optional<Readiness>& result) {
  const auto readiness = co_await transport.wait(interest, deadline);
  result = readiness;
}

TEST_CASE("A wait ends at its deadline, by a wake, or when the server stops") {
  Fixture f;
  std::optional<Readiness> result;
  f.tasks.start(note_wait(*f.server, kReadable, TimePoint(minutes(5)), result));
  f.scheduler.run_until(TimePoint(minutes(5)) - Duration(1));
  CHECK_FALSE(result);
  f.scheduler.run_for(Duration(1));
  CHECK(result == Readiness::kDeadline);

  const auto waker = f.server->waker();
  result.reset();
  f.tasks.start(note_wait(*f.server, kNothing, {}, result));
  f.scheduler.run();
  CHECK_FALSE(result);
  waker->wake();
  f.scheduler.run();
  CHECK(result == Readiness::kWoken);

  // A wake that comes while nobody waits is not lost, and told once.
  waker->wake();
  waker->wake();
  result.reset();
  f.tasks.start(note_wait(*f.server, kNothing, {}, result));
  f.scheduler.run();
  CHECK(result == Readiness::kWoken);

  f.network.stop_all();
  result.reset();
  f.tasks.start(note_wait(*f.server, kReadable, {}, result));
  f.scheduler.run();
  CHECK(result == Readiness::kStopping);
  result.reset();
  f.tasks.start(note_wait(*f.server, kReadable, f.scheduler.now() + seconds(1), result));
  f.scheduler.run();
  CHECK(result == Readiness::kDeadline);
  f.server->close();
  waker->wake();  // harmless
}

Task<void> shake_hands(Transport& transport, std::optional<TimePoint> deadline,
                       std::optional<Status>& result) {
  const auto info = co_await transport.start_tls(deadline);
  result = info.status();
}

TEST_CASE("A handshake needs both ends and takes virtual time") {
  Fixture f;
  std::optional<Status> server;
  std::optional<Status> client;
  f.tasks.start(shake_hands(*f.server, {}, server));
  f.scheduler.run();
  CHECK_FALSE(server);
  f.tasks.start(shake_hands(*f.client, {}, client));
  f.scheduler.run();
  REQUIRE(server);
  REQUIRE(client);
  CHECK(server->ok());
  CHECK(client->ok());
  CHECK(f.scheduler.now() > TimePoint());
  f.client->write("after");
  f.scheduler.run();
  char buffer[10];
  CHECK(f.server->read(buffer).octets > 0);
}

TEST_CASE("A handshake fails at its deadline, at octets before it, and at the end") {
  {
    Fixture f;
    std::optional<Status> server;
    f.tasks.start(shake_hands(*f.server, TimePoint(seconds(60)), server));
    f.scheduler.run();
    REQUIRE(server);
    CHECK(server->code() == absl::StatusCode::kDeadlineExceeded);
  }
  {
    Fixture f;
    std::optional<Status> server;
    std::optional<Status> client;
    f.client->write("EHLO injected\r\n");
    f.tasks.start(shake_hands(*f.server, {}, server));
    f.tasks.start(shake_hands(*f.client, {}, client));
    f.scheduler.run();
    REQUIRE(server);
    CHECK(server->code() == absl::StatusCode::kInvalidArgument);
  }
  {
    Fixture f;
    std::optional<Status> server;
    f.client->finish_writing();
    f.tasks.start(shake_hands(*f.server, {}, server));
    f.scheduler.run();
    REQUIRE(server);
    CHECK(server->code() == absl::StatusCode::kUnavailable);
  }
}

TEST_CASE("Both ends learn that the other is gone") {
  Fixture f;
  f.client->write("bye");
  f.client->close();
  f.scheduler.run();
  char buffer[10];
  std::string read;
  for (;;) {
    const auto moved = f.server->read(buffer);
    read.append(buffer, moved.octets);
    if (!moved.open) break;
  }
  CHECK(read == "bye");
  CHECK(f.server->write("late").open);  // nobody said yet that nobody reads
  f.scheduler.run();
  CHECK_FALSE(f.server->write("later").open);
}

TEST_CASE("A power cut resets the clients and counts no unclosed transport") {
  Fixture f;
  f.server->write("220 ");
  f.network.reset_all();
  f.server.reset();
  CHECK(f.network.unclosed() == 0);
  std::string received;
  f.tasks.start(receive_all(*f.client, received));
  f.scheduler.run();
  CHECK(received == "220 ");
  CHECK(f.tasks.running() == 0);
  auto again = f.network.make_link("two", {}, {}, {});
  again.server.reset();
  CHECK(f.network.unclosed() == 1);
  again.client->close();
  f.server = std::move(again.client);
}

}  // namespace
}  // namespace mail::sim
