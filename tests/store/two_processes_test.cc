// Two processes on one mail folder: UIDs ascend for both (RFC 9051 §2.3.1.1), whoever adds messages
// when.
#include <thread>
#include <utility>

#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

namespace {

const std::string kHome = "/mail/example.com/ann";

/// One disk, and two stores on it that know nothing of each other.
struct TwoProcesses {
  struct Disk final : MemoryFilesystem {
    using MemoryFilesystem::MemoryFilesystem;
    StatusOr<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
      call(path);
      return MemoryFilesystem::create(path, mode);
    }
    Status rename(const std::string& from, const std::string& to) override {
      call(to);
      return MemoryFilesystem::rename(from, to);
    }
    void call(const std::string& path) {
      if (part.empty() || path.find(part) == std::string::npos) return;
      part.clear();
      before();
    }
    /// Called once, before a path with this part is created or renamed to.
    std::string part;
    std::function<void()> before;
  };

  explicit TwoProcesses(Duration lock_wait = {}) : disk([this] { return clock.wall(); }) {
    REQUIRE(make_directories(disk, "/mail", 0700).ok());
    for (auto* const store : {&first, &second}) {
      MaildirOptions options;
      options.root = "/mail";
      options.hostname = store == &first ? "one" : "two";
      options.lock_wait = lock_wait;
      *store = make_maildir_store(disk, clock, random, nullptr, options);
    }
    ours = inbox(*first);
    theirs = inbox(*second);
  }
  static std::shared_ptr<Mailbox> inbox(Store& store) {
    return *(*store.account({"ann@example.com", ""}))->open("INBOX");
  }
  static Status add(Mailbox& to) {
    return to.append(std::vector{NewMessage{"a\r\n", {kSeen, {}}, {}}}).status();
  }
  /// So much later that directories are looked at no more than they have to be.
  void refresh() {
    clock.advance(seconds(5));
    REQUIRE(ours->refresh().ok());
    REQUIRE(theirs->refresh().ok());
  }

  TestClock clock;
  TestRandom random;
  Disk disk;
  std::unique_ptr<Store> first, second;
  std::shared_ptr<Mailbox> ours, theirs;
};

std::vector<std::uint32_t> uids_of(Mailbox& mailbox) {
  std::vector<std::uint32_t> uids;
  for (const MessageInfo& message : mailbox.snapshot().messages) {
    uids.push_back(number(message.uid));
  }
  return uids;
}

TEST_CASE("a message of another process is shown before one with a higher UID") {
  TwoProcesses both;
  REQUIRE(both.add(*both.theirs).ok());
  REQUIRE(both.add(*both.ours).ok());
  CHECK(uids_of(*both.ours) == std::vector<std::uint32_t>{1, 2});

  // One comes while a message that was delivered is about to get a UID.
  REQUIRE(both.disk.write(kHome + "/new/1.delivered", "b\n").ok());
  both.disk.part = "dovecot-uidlist.lock";
  both.disk.before = [&both] { CHECK(both.add(*both.theirs).ok()); };
  both.clock.advance(seconds(5));
  REQUIRE(both.ours->refresh().ok());
  CHECK(both.disk.part.empty());
  CHECK(uids_of(*both.ours) == std::vector<std::uint32_t>{1, 2, 3, 4});
  both.refresh();
  CHECK(uids_of(*both.theirs) == uids_of(*both.ours));
}

TEST_CASE("nobody passes over a UID whose file is on its way") {
  TwoProcesses both;
  both.disk.part = "/cur/";
  both.disk.before = [&both] {
    REQUIRE(both.ours->refresh().ok());
    CHECK(number(both.ours->status().uid_next) == 1);
    CHECK(absl::IsUnavailable(both.add(*both.ours)));
  };
  REQUIRE(both.add(*both.theirs).ok());
  CHECK(both.disk.part.empty());
  both.refresh();
  CHECK(uids_of(*both.ours) == std::vector<std::uint32_t>{1});
  CHECK(number(both.ours->status().uid_next) == 2);
}

TEST_CASE("two processes that add messages at once see them in one order") {
  TwoProcesses both(seconds(60));
  const auto add_many = [&both](Mailbox& mailbox) {
    std::vector<std::uint32_t> known;
    for (int i = 0; i < 50; ++i) {
      if (!both.add(mailbox).ok() || (i % 3 == 0 && !mailbox.refresh().ok())) return false;
      std::vector<std::uint32_t> uids = uids_of(mailbox);
      if (!std::equal(known.begin(), known.end(), uids.begin())) return false;
      known = std::move(uids);
    }
    return true;
  };
  bool is_ascending = false;
  std::thread other([&] { is_ascending = add_many(*both.theirs); });
  CHECK(add_many(*both.ours));
  other.join();
  CHECK(is_ascending);
  both.refresh();
  CHECK(uids_of(*both.ours).size() == 100);
  CHECK(uids_of(*both.ours) == uids_of(*both.theirs));
}

TEST_CASE("a message that was gone for one process and came back has one UID for both") {
  TwoProcesses both;
  REQUIRE(both.add(*both.ours).ok());
  REQUIRE(both.add(*both.ours).ok());
  both.refresh();
  const std::string name = both.disk.list(kHome + "/cur")->front().name;
  REQUIRE(both.disk.rename(cat(kHome, "/cur/", name), "/mail/aside").ok());
  both.clock.advance(seconds(5));
  REQUIRE(both.ours->refresh().ok());
  REQUIRE(both.disk.rename("/mail/aside", cat(kHome, "/cur/", name)).ok());
  both.clock.advance(seconds(5));
  REQUIRE(both.ours->refresh().ok());
  both.refresh();
  CHECK(uids_of(*both.ours).back() == 3);
  CHECK(uids_of(*both.ours).size() == 2);
  CHECK(uids_of(*both.theirs) == uids_of(*both.ours));
}

}  // namespace
