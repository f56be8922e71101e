// Flags that reach the names of files later: what a change costs, what a crash and a power cut
// leave, and that other programs' changes and ours meet. Also who is told that there is something
// to do.
#include <algorithm>

#include "mail/base/forgetful.h"
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;
using Operation = ForgetfulFilesystem::Operation;

namespace {

const FlagChange kSeeIt{FlagChange::Mode::kAdd, {kSeen, {}}};

struct LateWorld {
  LateWorld() : fs(1, [this] { return clock.wall(); }) {
    REQUIRE(fs.make_directory("/mail", 0700).ok());
    open_store("1");
    const std::vector<NewMessage> three(3, {"Subject: x\r\n\r\ny\r\n", {0, {}}, {}});
    REQUIRE(inbox()->append(three).ok());
    REQUIRE(inbox()->claim_recent().ok());
    clock.advance(seconds(10));
    REQUIRE(inbox()->refresh().ok());
    fs.reset_counts();
  }
  void open_store(const std::string& boot) {
    options.root = "/mail";
    options.boot_id = boot;
    options.late_names = true;
    store = make_maildir_store(fs, clock, random, &bus, options);
  }
  /// As kill -9: the system keeps what was written, and the old store has no file open any more.
  void kill() {
    fs.sync_all();
    cut_power("1");
  }
  void cut_power(const std::string& boot) {
    killed.push_back(std::move(store));
    fs.power_cut();
    open_store(boot);
  }
  std::shared_ptr<Mailbox> inbox() {
    return *(*store->account({"a@example.com", ""}))->open("INBOX");
  }
  std::vector<std::string> letters() {
    std::vector<std::string> all;
    const auto entries = *fs.list("/mail/example.com/a/cur");
    for (const auto& entry : entries) all.push_back(entry.name.substr(entry.name.find(":2,") + 3));
    std::sort(all.begin(), all.end());
    return all;
  }
  std::uint8_t flags(std::uint32_t number) {
    const Uid uids[] = {uid(number)};
    const auto found = inbox()->find(uids);
    return found.front() ? found.front()->flags.system : 0xff;
  }

  TestClock clock;
  TestRandom random;
  TestBus bus;
  MaildirOptions options;
  ForgetfulFilesystem fs;
  std::vector<std::unique_ptr<Store>> killed;
  std::unique_ptr<Store> store;
};

using Letters = std::vector<std::string>;

}  // namespace

TEST_CASE("a change of flags renames and flushes nothing until the store is tended") {
  LateWorld world;
  const auto inbox = world.inbox();
  world.fs.reset_counts();
  const auto changed = inbox->change_flags(list_of({1, 3}), kSeeIt);
  REQUIRE(changed.ok());
  CHECK(changed->front().flags.system == kSeen);
  CHECK(world.fs.count(Operation::kRename) == 0);
  CHECK(world.fs.count(Operation::kSyncDirectory) == 0);
  CHECK(world.letters() == Letters{"", "", ""});
  CHECK(world.bus.count(std::string(upkeep_topic())) > 0);

  world.fs.reset_counts();
  world.store->tend();
  CHECK(world.letters() == Letters{"", "S", "S"});
  CHECK(world.fs.count(Operation::kRename) == 2);
  CHECK(world.fs.count(Operation::kSyncDirectory) == 1);
  world.fs.reset_counts();
  world.store->tend();
  CHECK(world.fs.operations() == 0);
}

TEST_CASE("flags that were changed back rename nothing") {
  LateWorld world;
  const auto inbox = world.inbox();
  REQUIRE(inbox->change_flags(list_of({2}), kSeeIt).ok());
  const FlagChange back{FlagChange::Mode::kRemove, {kSeen, {}}};
  REQUIRE(inbox->change_flags(list_of({2}), back).ok());
  world.fs.reset_counts();
  world.store->tend();
  CHECK(world.fs.count(Operation::kRename) == 0);
  CHECK(world.letters() == Letters{"", "", ""});
}

TEST_CASE("a folder that is settled has named its files, and owes nothing any more") {
  LateWorld world;
  const auto inbox = world.inbox();
  REQUIRE(inbox->change_flags(list_of({1, 3}), kSeeIt).ok());
  world.fs.reset_counts();
  REQUIRE(inbox->settle().ok());
  CHECK(world.letters() == Letters{"", "S", "S"});
  CHECK(world.fs.count(Operation::kRename) == 2);
  CHECK(world.fs.count(Operation::kSyncDirectory) == 1);
  world.fs.reset_counts();
  REQUIRE(inbox->settle().ok());
  world.store->tend();
  CHECK(world.fs.operations() == 0);
}

TEST_CASE("a crash of the process loses no flag, and who opens the folder next names the files") {
  LateWorld world;
  REQUIRE(world.inbox()->change_flags(list_of({1}), kSeeIt).ok());
  const FlagChange keyword{FlagChange::Mode::kAdd, {kFlagged, {"$Work"}}};
  REQUIRE(world.inbox()->change_flags(list_of({2}), keyword).ok());
  world.kill();
  CHECK(world.flags(1) == kSeen);
  CHECK(world.flags(2) == kFlagged);
  CHECK(world.inbox()->keywords() == Letters{"$Work"});
  CHECK(world.letters() == Letters{"", "", ""});
  world.store->tend();
  CHECK(world.letters() == Letters{"", "Fa", "S"});
  CHECK(world.flags(3) == 0);
}

TEST_CASE("a store that is closed has named its files") {
  LateWorld world;
  REQUIRE(world.inbox()->change_flags(list_of({1}), kSeeIt).ok());
  world.store.reset();
  CHECK(world.letters() == Letters{"", "", "S"});
}

TEST_CASE("a power cut takes back what was not tended yet, and nothing else") {
  LateWorld world;
  REQUIRE(world.inbox()->change_flags(list_of({1}), kSeeIt).ok());
  world.store->tend();
  REQUIRE(world.inbox()->change_flags(list_of({2}), kSeeIt).ok());
  world.cut_power("2");
  CHECK(world.flags(1) == kSeen);
  CHECK(world.flags(2) == 0);
  CHECK(uids_of(*world.inbox()) == std::vector<std::uint32_t>{1, 2, 3});
}

TEST_CASE("an index of an earlier boot brings no flag back") {
  LateWorld world;
  REQUIRE(world.inbox()->change_flags(list_of({1}), kSeeIt).ok());
  world.fs.sync_all();
  world.cut_power("2");
  CHECK(world.flags(1) == 0);
}

TEST_CASE("another program's change of a message whose name is behind meets ours") {
  LateWorld world;
  REQUIRE(world.inbox()->change_flags(list_of({1, 2, 3}), kSeeIt).ok());
  const std::string cur = "/mail/example.com/a/cur/";
  const auto entries = *world.fs.list(cur);
  for (const auto& entry : entries) {
    REQUIRE(world.fs.rename(cur + entry.name, cur + entry.name + "F").ok());
  }
  REQUIRE(world.inbox()->refresh().ok());
  CHECK(world.flags(2) == (kSeen | kFlagged));
  world.store->tend();
  CHECK(world.letters() == Letters{"FS", "FS", "FS"});
}

TEST_CASE("a file that another program took away is no hindrance") {
  LateWorld world;
  REQUIRE(world.inbox()->change_flags(list_of({1, 2, 3}), kSeeIt).ok());
  const std::string cur = "/mail/example.com/a/cur/";
  REQUIRE(world.fs.unlink(cur + world.fs.list(cur)->front().name).ok());
  world.store->tend();
  CHECK(world.letters() == Letters{"S", "S"});
}

TEST_CASE("copies, moves and removals know the flags that names do not have yet") {
  LateWorld world;
  const auto account = *world.store->account({"a@example.com", ""});
  REQUIRE(account->create_folder("Other").ok());
  const auto other = *account->open("Other");
  const auto inbox = world.inbox();
  const FlagChange all{FlagChange::Mode::kReplace, {kSeen | kDeleted, {}}};
  REQUIRE(inbox->change_flags(list_of({1, 2, 3}), all).ok());
  REQUIRE(inbox->copy(list_of({1}), *other).ok());
  REQUIRE(inbox->move(list_of({2}), *other).ok());
  for (const MessageInfo& info : other->snapshot().messages) {
    CHECK(info.flags.system == (kSeen | kDeleted));
  }
  CHECK(inbox->expunge(list_of({3}))->size() == 1);
  world.store->tend();
  CHECK(world.letters() == Letters{"ST"});
}

TEST_CASE("without an index to write, names follow at once") {
  LateWorld world;
  SECTION("another process writes it") {
    MaildirOptions options = world.options;
    const auto second = make_maildir_store(world.fs, world.clock, world.random, nullptr, options);
    const auto inbox = world.inbox();  // the first holds the index
    const auto beside = *(*second->account({"a@example.com", ""}))->open("INBOX");
    REQUIRE(beside->change_flags(list_of({1}), kSeeIt).ok());
    CHECK(world.letters() == Letters{"", "", "S"});
  }
  SECTION("it cannot be written") {
    const auto inbox = world.inbox();
    world.fs.fail_at(1, exhausted("no space"));  // the append to the index
    const auto changed = inbox->change_flags(list_of({1}), kSeeIt);
    REQUIRE(changed.ok());
    CHECK(world.letters() == Letters{"", "", "S"});
  }
}

TEST_CASE("a change that reaches neither the index nor all names is not shown") {
  const std::string cur = "/mail/example.com/a/cur/";
  for (std::size_t stuck = 0; stuck < 3; ++stuck) {
    INFO("name " << stuck << " cannot be changed");
    LateWorld world;
    const auto inbox = world.inbox();
    const std::string in_the_way = cat(cur, world.fs.list(cur)->at(stuck).name, "S");
    REQUIRE(make_directories(world.fs, in_the_way + "/x", 0700).ok());
    world.fs.fail_at(1, exhausted("no space"));  // the append to the index
    CHECK_FALSE(inbox->change_flags(list_of({1, 2, 3}), kSeeIt).ok());
    for (const std::uint32_t number : {1, 2, 3}) CHECK(world.flags(number) == 0);
    REQUIRE(world.fs.remove_directory(in_the_way + "/x").ok());
    REQUIRE(world.fs.remove_directory(in_the_way).ok());
    CHECK(world.letters() == Letters{"", "", ""});
    REQUIRE(inbox->change_flags(list_of({1, 2, 3}), kSeeIt).ok());
    CHECK(world.letters() == Letters{"S", "S", "S"});
  }
  // Neither can a name go back that has changed.
  LateWorld world;
  const auto inbox = world.inbox();
  world.fs.fail_at(1, unavailable("a dead disk"), 1000);
  CHECK_FALSE(inbox->change_flags(list_of({1, 2, 3}), kSeeIt).ok());
  world.fs.fail_at(0, absl::OkStatus());
  CHECK(inbox->refresh().ok());
  for (const std::uint32_t number : {1, 2, 3}) CHECK(world.flags(number) == 0);
}

TEST_CASE("whatever fails while names follow, the next try finishes it") {
  for (std::uint64_t k = 1;; ++k) {
    LateWorld world;
    REQUIRE(world.inbox()->change_flags(list_of({1, 2, 3}), kSeeIt).ok());
    world.fs.fail_at(k, unavailable("a bad sector"));
    world.store->tend();
    if (!world.fs.struck()) {
      CHECK(k > 4);  // three renames and a flush
      break;
    }
    INFO("operation " << k);
    CHECK(world.flags(1) == kSeen);
    world.store->tend();
    CHECK(world.letters() == Letters{"S", "S", "S"});
    CHECK(world.flags(1) == kSeen);
    CHECK(uids_of(*world.inbox()) == std::vector<std::uint32_t>{1, 2, 3});
  }
}

TEST_CASE("a kept folder is let go of by tending alone") {
  LateWorld world;
  const std::weak_ptr<Mailbox> inbox = world.inbox();
  REQUIRE_FALSE(inbox.expired());
  const auto next = world.store->tend();
  REQUIRE(next);
  CHECK(*next <= world.options.kept_for);
  world.clock.advance(*next);
  CHECK_FALSE(world.store->tend());
  CHECK(inbox.expired());
}
