// Folders under watch: what other programs do is published, for as long as somebody asked for it.
#include <map>

#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

namespace {

struct FakeWatch final : DirectoryWatch {
  int begin(const std::string& directory, std::weak_ptr<Observer> observer) override {
    if (begun == most) return 0;
    watched[++begun] = {directory, std::move(observer)};
    return begun;
  }
  void end(int watch) override { watched.erase(watch); }
  void change(const std::string& directory) {
    for (const auto& [watch, entry] : watched) {
      if (entry.first != directory) continue;
      if (const auto observer = entry.second.lock()) observer->directory_changed();
    }
  }

  int begun = 0;
  int most = 100;
  std::map<int, std::pair<std::string, std::weak_ptr<Observer>>> watched;
};

const std::string kTopic = mailbox_topic("ann@example.com", "INBOX");

struct Watched {
  Watched() {
    world.watch = &watch;
    world.open_store();
  }
  FakeWatch watch;
  MaildirWorld world;
};

}  // namespace

TEST_CASE("while a folder is watched, changes of its two directories are published") {
  Watched watched;
  auto& [watch, world] = watched;
  const auto inbox = world.inbox();
  auto watching = inbox->watch();
  REQUIRE(watching != nullptr);
  CHECK(watch.watched.size() == 2);
  const int before = world.bus.count(kTopic);
  watch.change("/mail/example.com/ann/new");
  watch.change("/mail/example.com/ann/cur");
  CHECK(world.bus.count(kTopic) == before + 2);

  watching.reset();
  CHECK(watch.watched.empty());
}

TEST_CASE("sessions of one folder share a watch, which ends with the last of them") {
  Watched watched;
  const auto inbox = watched.world.inbox();
  auto first = inbox->watch();
  auto second = inbox->watch();
  CHECK(watched.watch.begun == 2);
  first.reset();
  CHECK(watched.watch.watched.size() == 2);
  second.reset();
  CHECK(watched.watch.watched.empty());
}

TEST_CASE("a folder of which only a part can be watched is not watched") {
  Watched watched;
  const auto inbox = watched.world.inbox();
  watched.watch.most = GENERATE(0, 1);
  CHECK(inbox->watch() == nullptr);
  CHECK(watched.watch.watched.empty());
}

TEST_CASE("a store without a watch says that nobody will tell") {
  MaildirWorld world;
  CHECK(world.inbox()->watch() == nullptr);
}
