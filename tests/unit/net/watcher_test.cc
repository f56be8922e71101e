#include <condition_variable>
#include <mutex>

#include <catch2/catch.hpp>

#include "mail/base/filesystem.h"
#include "net/system.h"
#include "net/watch_points.h"
#include "net/watcher.h"
#include "unit/net/folder.h"
#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

/// A watcher on `paths` that runs; counts what it tells.
class Watching {
 public:
  explicit Watching(std::vector<std::string> paths)
      : watcher_(
            std::move(paths),
            [this](bool) {
              seen();
              return std::vector<std::string>();
            },
            clock_) {
    network_ = std::move(Network::start({.loops = 1}, logger_)).value();
    network_->adopt(watcher_.open(), [this](Loop& loop, std::unique_ptr<Transport> transport) {
      return watcher_.run(loop.worker(), std::move(transport));
    });
  }
  ~Watching() { network_->stop(seconds(10)); }

  /// True once it told something that was not asked for yet.
  bool told() {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, seconds(10), [this] { return count_ > 0; });
    count_ = 0;
    return came;
  }

 private:
  void seen() {
    const std::lock_guard lock(mutex_);
    ++count_;
    changed_.notify_all();
  }

  SystemClock clock_;
  SilentLogger logger_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
  Watcher watcher_;
  std::unique_ptr<Network> network_;
};

}  // namespace

TEST_CASE("A watched file is noticed however it changes") {
  const TestFolder folder;
  folder.write("a", "1");
  Watching watching({folder / "a", folder / "b"});
  SECTION("written in place") {
    folder.write("a", "2");
    CHECK(watching.told());
  }
  SECTION("replaced") {
    folder.write("a.new", "2");
    std::filesystem::rename(folder / "a.new", folder / "a");
    CHECK(watching.told());
  }
  SECTION("made") {
    folder.write("b", "2");
    CHECK(watching.told());
  }
  SECTION("removed") {
    std::filesystem::remove(folder / "a");
    CHECK(watching.told());
  }
  SECTION("again and again") {
    for (int i = 0; i < 5; ++i) {
      folder.write("a", cat(i));
      CHECK(watching.told());
    }
  }
}

TEST_CASE("A file of another name is no news") {
  const TestFolder folder;
  Watching watching({folder / "a"});
  folder.write("other", "1");
  folder.write("a", "1");
  CHECK(watching.told());
  // Had the first been news, the second would have come with it or after it; either way the
  // watcher is still alive and tells of the next.
  folder.write("a", "2");
  CHECK(watching.told());
}

TEST_CASE("A folder that is replaced is watched again") {
  const TestFolder folder;
  std::filesystem::create_directory(folder / "inner");
  Watching watching({folder / "inner/a"});
  std::filesystem::rename(folder / "inner", folder / "old");
  std::filesystem::create_directory(folder / "inner");
  CHECK(watching.told());  // by a poll
  folder.write("inner/a", "2");
  CHECK(watching.told());
}

TEST_CASE("A file behind links is noticed when the file or one of the links changes") {
  namespace fs = std::filesystem;
  const TestFolder folder;
  fs::create_directory(folder / "live");
  fs::create_directory(folder / "archive");
  for (const char* name : {"archive/1", "archive/2"}) folder.write(name, name);
  const auto swap = [&](const std::string& target, const std::string& link) {
    fs::create_symlink(target, folder / "new");
    fs::rename(folder / "new", folder / link);
  };
  SECTION("certbot: the link is replaced") {
    swap("../archive/1", "live/cert");
    Watching watching(watch_points(real_filesystem(), {folder / "live/cert"}));
    swap("../archive/2", "live/cert");
    CHECK(watching.told());
  }
  SECTION("a file behind a link is written") {
    swap("../archive/1", "live/cert");
    Watching watching(watch_points(real_filesystem(), {folder / "live/cert"}));
    folder.write("archive/1", "new");
    CHECK(watching.told());
  }
  SECTION("Kubernetes: a link beside the link is replaced") {
    for (const char* name : {"live/..1", "live/..2"}) {
      fs::create_directory(folder / name);
      folder.write(cat(name, "/cert"), name);
    }
    swap("..1", "live/..data");
    swap("..data/cert", "live/cert");
    Watching watching(watch_points(real_filesystem(), {folder / "live/cert"}));
    swap("..2", "live/..data");
    CHECK(watching.told());
  }
  SECTION("the folder of all is reached by a link") {
    swap("live", "link");
    folder.write("live/cert", "1");
    Watching watching(watch_points(real_filesystem(), {folder / "link/cert"}));
    folder.write("live/cert", "2");
    CHECK(watching.told());
  }
  SECTION("a new entry of a watched folder") {
    Watching watching(watch_points(real_filesystem(), {folder / "live/"}));
    fs::create_directory(folder / "live/new.example");
    CHECK(watching.told());
  }
}

}  // namespace mail::net::test
