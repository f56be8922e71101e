#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include <catch2/catch.hpp>

#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

directory::ListenAddress at(std::string host, std::uint16_t port) {
  return {.host = std::move(host), .port = port, .unix_path = {}};
}

/// Waits for input or the end of the server, and then ends in its own way.
Task<void> stubborn(std::unique_ptr<Transport> transport) {
  while (true) {
    co_await transport->wait(kReadable, kNever);
    char byte = 0;
    const auto got = transport->read({&byte, 1});
    if (!got.open) break;
  }
}

}  // namespace

TEST_CASE("Port 0 is any free port, and the actual one is told") {
  auto first = listen_on(at("127.0.0.1", 0));
  auto second = listen_on(at("127.0.0.1", 0));
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(first->address.port != 0);
  CHECK(first->address.port != second->address.port);
}

TEST_CASE("A port that is taken is an error that says what to do") {
  auto first = listen_on(at("127.0.0.1", 0));
  REQUIRE(first.ok());
  const auto second = listen_on(first->address);
  REQUIRE(second.status().code() == absl::StatusCode::kAlreadyExists);
  CHECK_THAT(std::string(message_of(second.status())),
             Catch::Contains(cat("127.0.0.1:", first->address.port)) &&
                 Catch::Contains("another program"));
}

TEST_CASE("IPv4 and IPv6 have the same port apart") {
  auto v6 = listen_on(at("::", 0));
  if (v6.status().code() == absl::StatusCode::kUnavailable) return;  // a system without IPv6
  REQUIRE(v6.ok());
  CHECK(listen_on(at("0.0.0.0", v6->address.port)).ok());
}

TEST_CASE("What is no address cannot be listened on") {
  CHECK(listen_on(at("localhost", 0)).status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(listen_on(at("1.2.3", 0)).status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("A control socket replaces a dead one, not a living one, and nothing else") {
  char folder[] = "/tmp/mail-net-XXXXXX";
  REQUIRE(mkdtemp(folder) != nullptr);
  const std::string path = cat(folder, "/control.sock");
  {
    auto first = listen_on_control(path);
    REQUIRE(first.ok());
    struct stat info{};
    REQUIRE(lstat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    CHECK(listen_on_control(path).status().code() == absl::StatusCode::kAlreadyExists);
  }
  CHECK(listen_on_control(path).ok());
  unlink(path.c_str());
  REQUIRE(mkdir(path.c_str(), 0700) == 0);
  CHECK(listen_on_control(path).status().code() == absl::StatusCode::kFailedPrecondition);
  rmdir(path.c_str());
  rmdir(folder);
  CHECK(listen_on_control(cat("/tmp/", std::string(200, 'x'))).status().code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE("When all connections are taken, the oldest unknown one makes room") {
  // A peer that says "a" first is known from then on.
  Handler handler = [](Loop&, std::unique_ptr<Transport> transport) -> Task<void> {
    co_await transport->wait(kReadable, kNever);
    char byte = 0;
    const auto got = transport->read({&byte, 1});
    if (got.octets == 1 && byte == 'a') transport->set_established();
    transport->write("+");
    Task<void> serving = echo(std::move(transport));
    co_await serving;
  };
  Served served(std::move(handler), nullptr, {.loops = 2, .connections = 3});
  Peer known = Peer::connect_to(served.port);
  known.send("a");
  REQUIRE(known.receive(1) == "+");
  Peer older = Peer::connect_to(served.port);
  older.send("b");
  REQUIRE(older.receive(1) == "+");
  Peer younger = Peer::connect_to(served.port);
  younger.send("b");
  REQUIRE(younger.receive(1) == "+");
  Peer late = Peer::connect_to(served.port);
  CHECK(older.receive_until_closed().empty());
  late.send("a");
  CHECK(late.receive(1) == "+");
  Peer last = Peer::connect_to(served.port);
  CHECK(younger.receive_until_closed().empty());
  last.send("a");
  CHECK(last.receive(1) == "+");
  // Now everybody is known: a new one is closed, the others live on.
  CHECK(Peer::connect_to(served.port).receive_until_closed().empty());
  for (Peer* peer : {&known, &late, &last}) {
    peer->send("c");
    CHECK(peer->receive(1) == "c");
  }
}

TEST_CASE("Connections spread over the loops, whatever else is served there") {
  std::mutex mutex;
  std::map<std::thread::id, int> seen;
  Served served(
      [&](Loop&, std::unique_ptr<Transport> transport) {
        {
          const std::lock_guard lock(mutex);
          ++seen[std::this_thread::get_id()];
        }
        return echo(std::move(transport));
      },
      nullptr, {.loops = 4});
  served.network->adopt(Descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
                        [](Loop&, std::unique_ptr<Transport> transport) -> Task<void> {
                          co_await transport->wait(kReadable, kNever);
                        });
  std::vector<Peer> peers;
  for (int i = 0; i < 40; ++i) {
    peers.push_back(Peer::connect_to(served.port));
    peers.back().send("x");
    REQUIRE(peers.back().receive(1) == "x");
  }
  const std::lock_guard lock(mutex);
  REQUIRE(seen.size() == 4);
  for (const auto& [thread, connections] : seen) CHECK(connections == 10);
}

TEST_CASE("A connection costs one descriptor, the first of a loop too") {
  Served served(echo_handler());
  const auto count = [] {
    std::filesystem::directory_iterator entries("/proc/self/fd");
    return std::distance(begin(entries), end(entries));
  };
  const auto before = count();
  std::vector<Peer> peers;
  for (int i = 1; i <= 4; ++i) {
    Peer& peer = peers.emplace_back(Peer::connect_to(served.port));
    peer.send("x");
    REQUIRE(peer.receive(1) == "x");
    CHECK(count() == before + 2 * i);  // its other end is ours as well
  }
}

TEST_CASE("Connections wait while descriptors are short, and are served afterwards") {
  // Known peers: strangers would be cut to make room.
  Served served([](Loop&, std::unique_ptr<Transport> transport) {
    transport->set_established();
    return echo(std::move(transport));
  });
  Peer before = Peer::connect_to(served.port);
  before.send("a");
  REQUIRE(before.receive(1) == "a");

  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlimit old = limit;
  const Descriptor lowest_free(dup(0));
  Peer late = Peer::connect_to(served.port);  // completed by the kernel; nobody accepts it yet
  limit.rlim_cur = static_cast<rlim_t>(lowest_free.get());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  Peer more = Peer::connect_to(served.port);
  CHECK(more.descriptor() < 0);  // we are short ourselves
  before.send("b");
  CHECK(before.receive(1) == "b");
  REQUIRE(setrlimit(RLIMIT_NOFILE, &old) == 0);
  late.send("c");
  CHECK(late.receive(1) == "c");
}

TEST_CASE("A server stops at once when nobody is connected, and more than once") {
  for (int i = 0; i < 50; ++i) {
    Served served(echo_handler());
    served.network->stop(hours(1));
    served.network->stop(hours(1));
  }
}

TEST_CASE("Connections that do not want to end are cut") {
  Served served(
      [](Loop&, std::unique_ptr<Transport> transport) { return stubborn(std::move(transport)); });
  std::vector<Peer> peers;
  for (int i = 0; i < 10; ++i) peers.push_back(Peer::connect_to(served.port));
  while (served.network->connections() < 10) std::this_thread::yield();
  served.network->stop(milliseconds(10));
  for (Peer& peer : peers) CHECK(peer.receive_until_closed().empty());
}

TEST_CASE("A server may stop while connections come, work and go") {
  for (int round = 0; round < 20; ++round) {
    Served served([](Loop& loop, std::unique_ptr<Transport> transport) -> Task<void> {
      for (int i = 0; i < 5; ++i) {
        std::function<void()> job = [] { std::this_thread::yield(); };
        co_await loop.worker().run(std::move(job));
      }
      Task<void> serving = echo(std::move(transport));
      co_await serving;
    });
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&served] {
        for (int k = 0; k < 5; ++k) {
          Peer peer = Peer::connect_to(served.port);
          peer.send("x");
          peer.receive(1);
        }
      });
    }
    served.network->stop(seconds(10));
    served.network.reset();  // also the listening socket: nobody waits in its backlog
    for (auto& client : clients) client.join();
    served.network = std::move(Network::start({.loops = 1}, served.logger)).value();
  }
}

}  // namespace mail::net::test
