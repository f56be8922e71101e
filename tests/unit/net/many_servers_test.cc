// Embedded servers are cheap to start, and leave nothing behind: a test suite makes thousands.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <catch2/catch.hpp>

#include <malloc.h>

#include "mail/net.h"
#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

using std::chrono::steady_clock;

constexpr bool kIsInstrumented = std::string_view(MAIL_TEST_SANITIZE) != "";

std::size_t entries_of(const char* folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                std::filesystem::directory_iterator()));
}

// The thread sanitizer has a thread of its own.
constexpr std::size_t kOwnThreads =
    std::string_view(MAIL_TEST_SANITIZE).find("thread") == std::string_view::npos ? 1 : 2;

/// A thread that was joined may stand in /proc for a moment longer.
bool settles_at_one_thread() {
  const auto give_up = steady_clock::now() + seconds(10);
  while (entries_of("/proc/self/task") > kOwnThreads && steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  return entries_of("/proc/self/task") <= kOwnThreads;
}

std::unique_ptr<Server> started() {
  ServerOptions options;
  options.accounts = {{"ann@example.com", "secret"}};
  auto server = Server::run(std::move(options));
  INFO(message_of(server.status()));
  REQUIRE(server.ok());
  return std::move(server).value();
}

}  // namespace

TEST_CASE("An embedded server is ready in less than five milliseconds") {
  if (kIsInstrumented) return;
  auto best = Duration::max();
  for (int i = 0; i < 20; ++i) {
    const auto begin = steady_clock::now();
    const auto server = started();
    best = std::min(best, std::chrono::duration_cast<Duration>(steady_clock::now() - begin));
    CHECK(server->port("submission") != 0);
  }
  CHECK(best < milliseconds(5));
}

TEST_CASE("A thousand servers in one process leave no thread, descriptor or memory behind") {
  const auto one = [] {
    const auto server = started();
    Peer peer = Peer::connect_to(server->port("imap"));
    REQUIRE(peer.receive_all(5) == "* OK ");
  };
  for (int i = 0; i < 20; ++i) one();
  REQUIRE(settles_at_one_thread());
  const std::size_t descriptors = entries_of("/proc/self/fd");
  const std::size_t octets = mallinfo2().uordblks;
  const auto begin = steady_clock::now();
  const int count = kIsInstrumented ? 50 : 1000;
  for (int i = 0; i < count; ++i) one();
  if (!kIsInstrumented) CHECK(steady_clock::now() - begin < seconds(10));
  CHECK(settles_at_one_thread());
  CHECK(entries_of("/proc/self/fd") == descriptors);
  if (!kIsInstrumented) CHECK(mallinfo2().uordblks < octets + 64 * 1024);
}

TEST_CASE("Without a config folder settings come from the environment that was given") {
  ServerOptions options;
  options.environment = {{"POSTFIX_MESSAGE_SIZE_LIMIT", "54321"}};
  SECTION("they count") {
    const auto server = Server::run(options);
    REQUIRE(server.ok());
    CHECK((*server)->settings().number("POSTFIX_MESSAGE_SIZE_LIMIT") == 54321);
  }
  SECTION("a wrong one is an error") {
    options.environment.front().second = "many";
    const auto server = Server::run(options);
    REQUIRE_FALSE(server.ok());
    CHECK_THAT(std::string(message_of(server.status())),
               Catch::Contains("POSTFIX_MESSAGE_SIZE_LIMIT"));
  }
}

}  // namespace mail::net::test
