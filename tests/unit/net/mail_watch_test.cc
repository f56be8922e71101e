#include <condition_variable>
#include <mutex>

#include <catch2/catch.hpp>

#include "net/mail_watch.h"
#include "net/system.h"
#include "unit/net/folder.h"
#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

struct Counter final : store::DirectoryWatch::Observer {
  void directory_changed() override {
    const std::lock_guard lock(mutex);
    ++count;
    changed.notify_all();
  }
  /// True once it was told something that was not asked for yet.
  bool told() {
    std::unique_lock lock(mutex);
    const bool came = changed.wait_for(lock, seconds(10), [this] { return count > 0; });
    count = 0;
    return came;
  }
  bool is_quiet() {
    const std::lock_guard lock(mutex);
    return count == 0;
  }

  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;
};

struct Watching {
  Watching() {
    network = std::move(Network::start({.loops = 1}, logger)).value();
    network->adopt(watch.descriptor(), [this](Loop&, std::unique_ptr<Transport> transport) {
      return watch.run(std::move(transport));
    });
  }
  ~Watching() { network->stop(seconds(10)); }

  SystemClock clock;
  SilentLogger logger;
  MailWatch watch{clock};
  std::unique_ptr<Network> network;
};

}  // namespace

TEST_CASE("What other programs do in a watched directory is told") {
  const TestFolder folder;
  Watching watching;
  const auto counter = std::make_shared<Counter>();
  const int watch = watching.watch.begin(folder.path(), counter);
  REQUIRE(watch > 0);
  folder.write("a", "1");
  CHECK(counter->told());
  std::filesystem::rename(folder / "a", folder / "b");
  CHECK(counter->told());
  std::filesystem::remove(folder / "b");
  CHECK(counter->told());
  watching.watch.end(watch);
}

TEST_CASE("A directory that two have asked for is watched until the second ends it") {
  const TestFolder folder;
  const TestFolder other;
  Watching watching;
  const auto counter = std::make_shared<Counter>();
  const int first = watching.watch.begin(folder.path(), counter);
  const int second = watching.watch.begin(folder.path(), counter);
  CHECK(first == second);
  watching.watch.end(first);
  folder.write("a", "1");
  CHECK(counter->told());
  watching.watch.end(second);

  // Told in the order of what happened: once the other has heard, this one would have.
  const auto later = std::make_shared<Counter>();
  REQUIRE(watching.watch.begin(other.path(), later) > 0);
  folder.write("b", "1");
  other.write("a", "1");
  CHECK(later->told());
  CHECK(counter->is_quiet());
}

TEST_CASE("An observer that is gone and a directory that is gone harm nobody") {
  Watching watching;
  const TestFolder folder;
  auto counter = std::make_shared<Counter>();
  const int watch = watching.watch.begin(folder.path(), counter);
  std::filesystem::create_directory(folder / "sub");
  REQUIRE(counter->told());
  const int below = watching.watch.begin(folder / "sub", counter);
  std::filesystem::remove(folder / "sub");
  CHECK(counter->told());
  watching.watch.end(below);
  CHECK(watching.watch.begin(folder / "sub", counter) == 0);
  counter.reset();
  folder.write("a", "1");
  const auto next = std::make_shared<Counter>();
  CHECK(watching.watch.begin(folder.path(), next) == watch);
  folder.write("b", "1");
  CHECK(next->told());
}

}  // namespace mail::net::test
