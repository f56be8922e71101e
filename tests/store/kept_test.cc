// Folders that stay open for a while: opening one again reads nothing, the bounds hold, and what
// was done to it meanwhile is seen. And the counts of a folder, which nobody counts anew.
#include "mail/base/forgetful.h"
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;
using Operation = ForgetfulFilesystem::Operation;

namespace {

struct KeptWorld {
  explicit KeptWorld(const std::function<void(MaildirOptions&)>& change = [](MaildirOptions&) {})
      : fs(1, [this] { return clock.wall(); }) {
    REQUIRE(fs.make_directory("/mail", 0700).ok());
    MaildirOptions options;
    options.root = "/mail";
    options.boot_id = "1";
    change(options);
    store = make_maildir_store(fs, clock, random, nullptr, options);
    for (const char* user : {"a", "b", "c"}) {
      const auto inbox = open(user);
      const std::vector<NewMessage> one(10, {"Subject: x\r\n\r\ny\r\n", {kSeen, {}}, {}});
      REQUIRE(inbox->append(one).ok());
      REQUIRE(inbox->claim_recent().ok());
    }
    clock.advance(seconds(10));
    for (const char* user : {"a", "b", "c"}) open(user);
  }
  std::shared_ptr<Mailbox> open(const std::string& user) {
    return *(*store->account({user + "@example.com", ""}))->open("INBOX");
  }
  /// Whether an opening finds the folder in memory.
  bool is_kept(const std::string& user) {
    const auto account = *store->account({user + "@example.com", ""});
    fs.reset_counts();
    const auto inbox = *account->open("INBOX");
    CHECK(inbox->status().messages == 10);
    return fs.count(Operation::kOpen) == 0;
  }

  TestClock clock;
  TestRandom random;
  ForgetfulFilesystem fs;
  std::unique_ptr<Store> store;
};

}  // namespace

TEST_CASE("a folder that is opened again costs two looks at its directories") {
  KeptWorld world;
  const auto account = *world.store->account({"a@example.com", ""});
  world.fs.reset_counts();
  const auto inbox = *account->open("INBOX");
  CHECK(inbox->claim_recent()->empty());
  const MailboxView view(inbox);
  CHECK(view.size() == 10);
  CHECK(view.first_unseen() == 0);
  CHECK(world.fs.count(Operation::kInfo) == 2);
  CHECK(world.fs.operations() == 2);
}

TEST_CASE("so many folders are kept, those that were opened last") {
  KeptWorld world([](MaildirOptions& options) { options.kept_folders = 2; });
  CHECK(world.is_kept("c"));
  CHECK(world.is_kept("b"));
  CHECK_FALSE(world.is_kept("a"));
  CHECK(world.is_kept("b"));
  CHECK_FALSE(world.is_kept("c"));
}

TEST_CASE("kept folders take so much memory, and are kept for so long") {
  const auto kept_with = [](std::uint64_t octets, Duration later) {
    KeptWorld world([octets](MaildirOptions& options) { options.kept_memory = octets; });
    world.clock.advance(later);
    return world.is_kept("c");
  };
  CHECK(kept_with(1 << 20, minutes(5) - Duration(1)));
  CHECK_FALSE(kept_with(1 << 20, minutes(5)));
  CHECK(kept_with(8 << 10, Duration(0)));
  CHECK_FALSE(kept_with(5000, Duration(0)));
}

TEST_CASE("what others did to a kept folder is seen when it is opened") {
  MaildirWorld world;
  const std::string home = "/mail/example.com/ann";
  REQUIRE(world.deliver("Subject: 1\r\n\r\nx\r\n").ok());
  REQUIRE(world.inbox()->claim_recent().ok());
  world.clock.advance(seconds(10));
  REQUIRE(uids_of(*world.inbox()) == std::vector<std::uint32_t>{1});
  SECTION("a file dropped in") {
    world.write(home + "/cur/99.M1P1.other:2,F", "Subject: 2\n\ny\n");
    CHECK(uids_of(*world.inbox()) == std::vector<std::uint32_t>{1, 2});
  }
  SECTION("numbered anew") {
    world.write(home + "/dovecot-uidlist", "3 V99 N8\n");
    world.write(home + "/cur/99.M1P1.other:2,F", "Subject: 2\n\ny\n");
    const auto inbox = world.inbox();
    CHECK(number(inbox->status().uid_validity) == 99);
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{8, 9});
  }
  SECTION("deleted and made again") {
    const auto account = world.account();
    REQUIRE(account->create_folder("Work").ok());
    const auto before = world.open(*account, "Work")->status().uid_validity;
    REQUIRE(account->delete_folder("Work").ok());
    CHECK(absl::IsNotFound(account->open("Work").status()));
    REQUIRE(account->create_folder("Work").ok());
    CHECK(world.open(*account, "Work")->status().uid_validity > before);
  }
  SECTION("renamed") {
    const auto account = world.account();
    REQUIRE(account->create_folder("Work").ok());
    const auto before = world.open(*account, "Work")->status().uid_validity;
    REQUIRE(account->rename_folder("Work", "Play").ok());
    CHECK(world.open(*account, "Play")->status().uid_validity == before);
    CHECK(absl::IsNotFound(account->open("Work").status()));
  }
}

TEST_CASE("a folder's counts are those of its messages, whatever was done to it") {
  for (const auto& make_world : all_worlds()) {
    const auto world = make_world();
    INFO(world->name());
    std::minstd_rand random(7);
    const auto inbox = world->inbox();
    std::set<std::uint32_t> unclaimed;
    for (int step = 0; step < 120; ++step) {
      const std::uint32_t last = number(inbox->status().uid_next);
      const auto some = list_of({static_cast<std::uint32_t>(random() % last) + 1,
                                 static_cast<std::uint32_t>(random() % last) + 1});
      switch (random() % 6) {
        case 0:
        case 1: {
          const std::string text = "x\r\n\r\n" + std::string(random() % 50, 'y') + "\r\n";
          const std::uint8_t flags = random() % 2 == 0 ? kSeen : 0;
          const auto added = inbox->append(std::vector{NewMessage{text, {flags, {}}, {}}});
          for (const Uid uid : *added) unclaimed.insert(number(uid));
          break;
        }
        case 2:
        case 3: {
          const auto mode = random() % 2 == 0 ? FlagChange::Mode::kAdd : FlagChange::Mode::kRemove;
          const std::uint8_t flag = random() % 2 == 0 ? kSeen : kDeleted;
          REQUIRE(inbox->change_flags(some, {mode, {flag, {}}}).ok());
          break;
        }
        case 4: {
          const auto removed = inbox->expunge(some);
          for (const Uid uid : *removed) unclaimed.erase(number(uid));
          break;
        }
        default:
          if (random() % 4 != 0) break;
          CHECK(inbox->claim_recent()->size() == unclaimed.size());
          unclaimed.clear();
          break;
      }
      FolderStatus counted;
      UidSet all = inbox->uids();
      std::vector<Uid> uids;
      std::uint32_t first_unseen = 0;
      for (const MessageInfo& info : inbox->snapshot().messages) {
        uids.push_back(info.uid);
        ++counted.messages;
        counted.size += info.size;
        if (!info.flags.has(kSeen) && ++counted.unseen == 1) first_unseen = counted.messages;
        if (!info.flags.has(kDeleted)) continue;
        ++counted.deleted;
        counted.deleted_size += info.size;
      }
      const FolderStatus status = inbox->status();
      counted.uid_validity = status.uid_validity;
      counted.uid_next = status.uid_next;
      counted.highest_modseq = all.now;
      counted.recent = static_cast<std::uint32_t>(unclaimed.size());
      REQUIRE(status == counted);
      REQUIRE(*all.uids == uids);
      REQUIRE(all.first_unseen == first_unseen);
    }
  }
}
