// The crash argument of docs/store.md, proved by brute force: for every operation of the store and
// every k, its k-th file operation fails, or the power goes there. Then:
//
//  - what was acknowledged is there, once; what was removed and acknowledged is not;
//  - what is visible is whole: some message that somebody sent, octet for octet;
//  - a UID that was ever shown names the same octets or nothing, and no later message gets it;
//  - what failed without a crash is not visible, can be repeated, and then holds;
//  - the store works.
#include <algorithm>
#include <cerrno>
#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "mail/base/forgetful.h"
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;
using Operation = ForgetfulFilesystem::Operation;

namespace {

constexpr std::uint64_t kSeeds = 4;
const std::string kAnn = "ann@example.com";
const std::string kBob = "bob@example.com";

std::string message(std::string_view name) {
  return cat("Subject: ", name, "\r\n\r\nthe whole of ", name, "\r\n");
}

struct Found {
  std::string folder;  // "ann/INBOX"
  std::uint32_t uid = 0;
  Flags flags;
};

class Disk {
 public:
  explicit Disk(std::uint64_t seed) : fs(seed, [this] { return clock.wall(); }) {
    REQUIRE(fs.make_directory("/mail", 0700).ok());
    open_store();
    for (const char* folder : {"Other", "Other.Sub"}) {
      REQUIRE(account()->create_folder(folder).ok());
    }
    REQUIRE(store->account({kBob, ""}).ok());
    deliver("m1", {{kAnn, "INBOX"}}).IgnoreError();
    deliver("m2", {{kAnn, "INBOX"}}).IgnoreError();
    deliver("m3", {{kAnn, "Other"}}).IgnoreError();
    deliver("m4", {{kAnn, "Other.Sub"}}).IgnoreError();
    observe();
    fs.sync_all();
  }

  void open_store() {
    held.clear();
    store.reset();
    MaildirOptions options;
    options.root = "/mail";
    options.hostname = "host";
    options.process_id = 7;
    options.lock_wait = Duration(0);
    options.boot_id = cat(boots);
    store = make_maildir_store(fs, clock, random, nullptr, options);
  }
  void power_cut() {
    held.clear();
    fs.power_cut();
    clock.advance(seconds(5));  // the machine starts
    ++boots;
    open_store();
  }

  std::shared_ptr<Account> account(const std::string& address = kAnn) {
    auto account = store->account({address, ""});
    return account.ok() ? *account : nullptr;
  }
  /// Kept open, as by a session.
  StatusOr<std::shared_ptr<Mailbox>> open(const std::string& folder) {
    const auto account = this->account();
    if (account == nullptr) return unavailable("no account");
    MAIL_ASSIGN_OR_RETURN(auto mailbox, account->open(folder));
    held.push_back(mailbox);
    return mailbox;
  }

  Status deliver(std::string_view name,
                 const std::vector<std::pair<std::string, std::string>>& to) {
    clock.advance(milliseconds(1));
    sent.insert(message(name));
    std::vector<Target> targets;
    for (const auto& [address, folder] : to) targets.push_back({{address, ""}, folder, ""});
    const std::string bytes = message(name);
    const std::string_view pieces[] = {bytes};
    return store->deliver(targets, pieces, clock.wall());
  }

  /// What sessions that are open show now, whatever the disk says.
  void show() {
    for (const auto& mailbox : held) {
      const std::uint32_t validity = number(mailbox->status().uid_validity);
      for (const MessageInfo& info : mailbox->snapshot().messages) {
        shown[validity] = std::max(shown[validity], number(info.uid));
      }
    }
  }

  /// Opens every folder and reads every message; checks what must hold at any time.
  std::map<std::string, std::vector<Found>> observe() {
    std::map<std::string, std::vector<Found>> by_bytes;
    for (const std::string& address : {kAnn, kBob}) {
      const auto account = this->account(address);
      REQUIRE(account != nullptr);
      const auto folders = account->folders();
      REQUIRE(folders.ok());
      for (const Folder& folder : *folders) {
        if (!folder.is_selectable) continue;
        const auto mailbox = account->open(folder.name);
        INFO(mailbox.status().ToString());
        REQUIRE(mailbox.ok());
        REQUIRE((*mailbox)->refresh().ok());
        look_into(**mailbox, address.substr(0, 3), folder.name, by_bytes);
      }
    }
    return by_bytes;
  }

  TestClock clock;
  TestRandom random;
  ForgetfulFilesystem fs;
  std::unique_ptr<Store> store;
  std::vector<std::shared_ptr<Mailbox>> held;
  int boots = 1;
  std::set<std::string> sent;
  /// By user, UIDVALIDITY and UID: what was there whenever it was there.
  std::map<std::tuple<std::string, std::uint32_t, std::uint32_t>, std::string> named;
  std::map<std::uint32_t, std::uint32_t> shown;  // ann's: the highest UID by UIDVALIDITY

 private:
  void look_into(Mailbox& mailbox, const std::string& user, const std::string& name,
                 std::map<std::string, std::vector<Found>>& by_bytes) {
    const std::string folder = cat(user, "/", name);
    const std::uint32_t validity = number(mailbox.status().uid_validity);
    for (const MessageInfo& info : mailbox.snapshot().messages) {
      const auto content = mailbox.read(info.uid);
      INFO(folder << " " << number(info.uid) << " " << content.status().ToString());
      REQUIRE(content.ok());
      const std::string bytes((*content)->bytes());
      CHECK(sent.contains(bytes));
      CHECK(info.size == bytes.size());
      const auto [at, is_first] = named.try_emplace({user, validity, number(info.uid)}, bytes);
      CHECK(at->second == bytes);
      by_bytes[bytes].push_back({folder, number(info.uid), info.flags});
    }
  }
};

using State = std::map<std::string, std::vector<Found>>;

int count(const State& state, std::string_view name, const std::string& folder = "") {
  const auto at = state.find(message(name));
  if (at == state.end()) return 0;
  return static_cast<int>(std::count_if(
      at->second.begin(), at->second.end(),
      [&folder](const Found& found) { return folder.empty() || found.folder == folder; }));
}

struct Scenario {
  std::string name;
  std::function<Status(Disk&)> prepare;
  std::function<Status(Disk&)> act;
  /// Checks the state after `act`; `ok`: it was acknowledged.
  std::function<void(const State&, bool ok)> verify;
  /// A failure may leave it done (the flush at the end failed) or done in part.
  bool may_have_happened = false;
};

FlagChange add(std::uint8_t flags, std::vector<std::string> keywords = {}) {
  return {FlagChange::Mode::kAdd, {flags, std::move(keywords)}};
}

Status nothing(Disk&) { return absl::OkStatus(); }

void old_ones_are_there(const State& state) {
  for (const char* name : {"m1", "m2", "m3", "m4"}) {
    INFO(name);
    CHECK(count(state, name) == 1);
  }
}

/// `expected` when acknowledged, at most that otherwise.
void there(const State& state, std::string_view name, const std::string& folder, bool ok,
           int expected = 1) {
  INFO(name << " in " << folder);
  CHECK(count(state, name, folder) <= expected);
  if (ok) CHECK(count(state, name, folder) == expected);
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  all.push_back({"deliver", nothing,
                 [](Disk& disk) { return disk.deliver("new", {{kAnn, "INBOX"}}); },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "new", "ann/INBOX", ok);
                 }});
  all.push_back({"deliver to several", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   return disk.deliver("new", {{kAnn, "INBOX"}, {kAnn, "Other"}, {kBob, "INBOX"}});
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "new", "ann/INBOX", ok);
                   there(state, "new", "ann/Other", ok);
                   there(state, "new", "bob/INBOX", ok);
                 }});
  all.push_back({"deliver different octets to several", nothing,
                 [](Disk& disk) {
                   // Trace fields of their own: a file for each.
                   disk.sent.insert(cat("X: ann\r\n", message("new")));
                   disk.sent.insert(cat("X: bob\r\n", message("new")));
                   const Target targets[] = {{{kAnn, ""}, "INBOX", "X: ann\r\n"},
                                             {{kBob, ""}, "INBOX", "X: bob\r\n"}};
                   const std::string bytes = message("new");
                   const std::string_view pieces[] = {bytes};
                   return disk.store->deliver(targets, pieces, disk.clock.wall());
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   for (const std::string user : {"ann", "bob"}) {
                     const auto at = state.find(cat("X: ", user, "\r\n", message("new")));
                     if (ok) REQUIRE(at != state.end());
                     if (at != state.end()) CHECK(at->second.size() == 1);
                   }
                 }});
  all.push_back({"first delivery to an account", nothing,
                 [](Disk& disk) {
                   const Target targets[] = {{{"eve@example.net", ""}, "INBOX", ""}};
                   const std::string bytes = message("new");
                   const std::string_view pieces[] = {bytes};
                   disk.sent.insert(bytes);
                   MAIL_RETURN_IF_ERROR(disk.store->deliver(targets, pieces, disk.clock.wall()));
                   disk.power_cut();
                   MAIL_ASSIGN_OR_RETURN(const auto eve,
                                         disk.store->account({"eve@example.net", ""}));
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, eve->open("INBOX"));
                   return inbox->status().messages == 1 ? absl::OkStatus()
                                                        : internal_error("acknowledged and lost");
                 },
                 [](const State& state, bool) { old_ones_are_there(state); }, true});
  all.push_back({"append", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   disk.sent.insert(message("a1"));
                   disk.sent.insert(message("a2"));
                   const std::vector messages = {NewMessage{message("a1"), {kSeen, {"key"}}, {}},
                                                 NewMessage{message("a2"), {}, {}}};
                   MAIL_ASSIGN_OR_RETURN(const auto uids, inbox->append(messages));
                   const std::uint32_t validity = number(inbox->status().uid_validity);
                   disk.named[{"ann", validity, number(uids[0])}] = message("a1");
                   disk.named[{"ann", validity, number(uids[1])}] = message("a2");
                   return absl::OkStatus();
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "a1", "ann/INBOX", ok);
                   there(state, "a2", "ann/INBOX", ok);
                   if (ok) CHECK(state.at(message("a1"))[0].flags == Flags{kSeen, 1});
                 }});
  all.push_back({"copy", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   MAIL_ASSIGN_OR_RETURN(const auto other, disk.open("Other"));
                   return inbox->copy(list_of({1, 2}), *other).status();
                 },
                 [](const State& state, bool ok) {
                   for (const char* name : {"m1", "m2"}) {
                     CHECK(count(state, name, "ann/INBOX") == 1);
                     there(state, name, "ann/Other", ok);
                   }
                 }});
  all.push_back({"move", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   MAIL_ASSIGN_OR_RETURN(const auto other, disk.open("Other"));
                   return inbox->move(list_of({1, 2}), *other).status();
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "m1", "ann/Other", ok);
                   there(state, "m2", "ann/Other", ok);
                 },
                 true});
  all.push_back({"expunge",
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   return inbox->change_flags(list_of({1}), add(kDeleted)).status();
                 },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   return inbox->expunge(list_of({1, 2})).status();
                 },
                 [](const State& state, bool ok) {
                   CHECK(count(state, "m1") <= (ok ? 0 : 1));
                   CHECK(count(state, "m2") == 1);
                 },
                 true});
  all.push_back({"change_flags", [](Disk& disk) { return disk.open("INBOX").status(); },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   return inbox->change_flags(list_of({1, 2}), add(kFlagged, {"key"})).status();
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   if (!ok) return;
                   CHECK(state.at(message("m1"))[0].flags == Flags{kFlagged, 1});
                   CHECK(state.at(message("m2"))[0].flags == Flags{kFlagged, 1});
                 },
                 true});
  all.push_back({"rename_folder", [](Disk& disk) { return disk.open("Other").status(); },
                 [](Disk& disk) {
                   const auto account = disk.account();
                   if (account == nullptr) return unavailable("no account");
                   return account->rename_folder("Other", "Moved");
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   there(state, "m3", "ann/Moved", ok);
                   there(state, "m4", "ann/Moved.Sub", ok);
                 },
                 true});
  all.push_back({"the first look at new messages",
                 [](Disk& disk) {
                   MAIL_RETURN_IF_ERROR(disk.deliver("n1", {{kBob, "INBOX"}}));
                   return disk.deliver("n2", {{kAnn, "INBOX"}});
                 },
                 [](Disk& disk) {
                   MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
                   MAIL_RETURN_IF_ERROR(inbox->refresh());
                   disk.show();
                   return inbox->claim_recent().status();
                 },
                 [](const State& state, bool) {
                   old_ones_are_there(state);
                   CHECK(count(state, "n1", "bob/INBOX") == 1);
                   CHECK(count(state, "n2", "ann/INBOX") == 1);
                 }});
  all.push_back({"create, subscribe, delete", nothing,
                 [](Disk& disk) {
                   const auto account = disk.account();
                   if (account == nullptr) return unavailable("no account");
                   MAIL_RETURN_IF_ERROR(account->create_folder("Fresh"));
                   MAIL_RETURN_IF_ERROR(account->subscribe("Fresh"));
                   MAIL_RETURN_IF_ERROR(disk.deliver("f", {{kAnn, "Fresh"}}));
                   return account->delete_folder("Fresh");
                 },
                 [](const State& state, bool ok) {
                   old_ones_are_there(state);
                   CHECK(count(state, "f") <= (ok ? 0 : 1));
                 },
                 true});
  return all;
}

/// New mail arrives, by both ways, under numbers that nobody has seen.
void check_that_it_works(Disk& disk) {
  const auto shown = disk.shown;
  const auto named = disk.named;
  REQUIRE(disk.deliver("after1", {{kAnn, "INBOX"}}).ok());
  const auto inbox = disk.open("INBOX");
  REQUIRE(inbox.ok());
  disk.sent.insert(message("after2"));
  const std::vector messages = {NewMessage{message("after2"), {}, {}}};
  REQUIRE((*inbox)->append(messages).ok());
  const State state = disk.observe();
  const std::uint32_t validity = number((*inbox)->status().uid_validity);
  for (const char* name : {"after1", "after2"}) {
    REQUIRE(count(state, name, "ann/INBOX") == 1);
    const std::uint32_t uid = state.at(message(name))[0].uid;
    if (const auto highest = shown.find(validity); highest != shown.end()) {
      CHECK(uid > highest->second);
    }
    CHECK_FALSE(named.contains({"ann", validity, uid}));
  }
}

}  // namespace

TEST_CASE("the power may go at every file operation of every call") {
  for (const Scenario& scenario : scenarios()) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      for (std::uint64_t k = 1;; ++k) {
        Disk disk(seed * 1000 + k);
        INFO(scenario.name << ", seed " << seed << ", operation " << k);
        REQUIRE(scenario.prepare(disk).ok());
        disk.show();
        disk.fs.cut_power_at(k);
        const bool ok = scenario.act(disk).ok();
        const bool struck = disk.fs.struck();
        disk.show();
        disk.power_cut();
        scenario.verify(disk.observe(), ok);
        check_that_it_works(disk);
        disk.power_cut();
        scenario.verify(disk.observe(), ok);
        if (!struck) break;
      }
    }
  }
}

namespace {

/// One call of a session's day, and what holds from its acknowledgement on.
struct Step {
  std::function<Status(Disk&)> act;
  std::function<void(const State&)> holds = [](const State&) {};
};

Status append_one(Disk& disk, std::string_view name, std::uint8_t flags) {
  MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
  disk.sent.insert(message(name));
  return inbox->append(std::vector{NewMessage{message(name), {flags, {}}, {}}}).status();
}

Status look(Disk& disk) {
  MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
  MAIL_RETURN_IF_ERROR(inbox->refresh());
  disk.show();
  return inbox->claim_recent().status();
}

std::vector<Step> day() {
  const auto is_there = [](const char* name, int times) {
    return [name, times](const State& state) { CHECK(count(state, name) == times); };
  };
  const auto with_folders = [](auto call) {
    return [call](Disk& disk) -> Status {
      MAIL_ASSIGN_OR_RETURN(const auto inbox, disk.open("INBOX"));
      MAIL_ASSIGN_OR_RETURN(const auto other, disk.open("Other.Sub"));
      return call(*inbox, *other);
    };
  };
  return {
      {[](Disk& disk) { return disk.deliver("d1", {{kAnn, "INBOX"}}); }, is_there("d1", 1)},
      {look},
      {with_folders([](Mailbox& inbox, Mailbox&) {
         return inbox.change_flags(list_of({1}), add(kFlagged)).status();
       }),
       [](const State& state) { CHECK(state.at(message("m1"))[0].flags.has(kFlagged)); }},
      {[](Disk& disk) { return append_one(disk, "a1", kSeen); }, is_there("a1", 1)},
      {[](Disk& disk) { return append_one(disk, "a2", kDeleted); }},
      {with_folders(
           [](Mailbox& inbox, Mailbox& other) { return inbox.copy(list_of({2}), other).status(); }),
       is_there("m2", 2)},
      {[](Disk& disk) { return disk.deliver("d2", {{kAnn, "INBOX"}, {kBob, "INBOX"}}); },
       is_there("d2", 2)},
      {with_folders(
           [](Mailbox& inbox, Mailbox& other) { return inbox.move(list_of({3}), other).status(); }),
       [](const State& state) { CHECK(count(state, "d1", "ann/Other.Sub") == 1); }},
      {with_folders([](Mailbox& inbox, Mailbox&) { return inbox.expunge(list_of({5})).status(); }),
       is_there("a2", 0)},
      {[](Disk& disk) { return disk.deliver("d3", {{kAnn, "INBOX"}}); }, is_there("d3", 1)},
      {look},
  };
}

}  // namespace

TEST_CASE("a power cut at any operation after the answer takes nothing that was acknowledged") {
  const std::vector<Step> steps = day();
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (std::uint64_t k = 1;; ++k) {
      Disk disk(seed * 1000 + k);
      INFO("seed " << seed << ", operation " << k);
      disk.fs.cut_power_at(k);
      std::size_t done = 0;
      while (done < steps.size() && steps[done].act(disk).ok()) {
        ++done;
        disk.show();
      }
      const bool struck = disk.fs.struck();
      REQUIRE((struck || done == steps.size()));
      for (int cuts = 0; cuts < 2; ++cuts) {
        disk.power_cut();
        const State state = disk.observe();
        for (std::size_t i = 0; i < done; ++i) {
          INFO("step " << i);
          steps[i].holds(state);
        }
      }
      check_that_it_works(disk);
      if (!struck) break;
    }
  }
}

TEST_CASE("every file operation of every call may fail") {
  const Status failures[] = {errno_status(ENOSPC, "x"), errno_status(EIO, "x")};
  for (const int error : {EDQUOT, EMFILE, ENFILE}) {
    CHECK(errno_status(error, "x").code() == failures[0].code());  // told apart by their texts only
  }
  for (const Scenario& scenario : scenarios()) {
    for (const Status& failure : failures) {
      for (std::uint64_t k = 1;; ++k) {
        Disk disk(k);
        INFO(scenario.name << ", operation " << k << ", " << failure.ToString());
        REQUIRE(scenario.prepare(disk).ok());
        disk.show();
        disk.fs.fail_at(k, failure);
        const Status status = scenario.act(disk);
        INFO(status.ToString());
        const bool struck = disk.fs.struck();
        disk.fs.fail_at(0, failure);
        disk.show();
        if (!status.ok()) CHECK(is_temporary(status));
        scenario.verify(disk.observe(), status.ok());
        if (!status.ok() && !scenario.may_have_happened) {
          for (const char* name : {"new", "a1", "a2"}) CHECK(count(disk.observe(), name) == 0);
          const Status again = scenario.act(disk);
          INFO(again.ToString());
          CHECK(again.ok());
          scenario.verify(disk.observe(), true);
        }
        check_that_it_works(disk);
        disk.power_cut();
        scenario.verify(disk.observe(), status.ok() || !scenario.may_have_happened);
        if (!struck) break;
      }
    }
  }
}

TEST_CASE("a delivery costs one flush of the file and one of each directory") {
  Disk disk(1);
  disk.fs.reset_counts();
  REQUIRE(disk.deliver("x", {{kAnn, "INBOX"}}).ok());
  CHECK(disk.fs.count(Operation::kSync) == 1);
  CHECK(disk.fs.count(Operation::kSyncDirectory) == 1);
  CHECK(disk.fs.operations() <= 6);
  disk.fs.reset_counts();
  REQUIRE(disk.deliver("y", {{kAnn, "INBOX"}, {kAnn, "INBOX"}, {kBob, "INBOX"}}).ok());
  CHECK(disk.fs.count(Operation::kSync) == 1);
  CHECK(disk.fs.count(Operation::kSyncDirectory) == 2);
}

TEST_CASE("more messages than may wait for one flush are appended all or none") {
  constexpr std::size_t kMany = 2 * 64 + 1;
  for (const std::uint64_t k : {0u, 1u, 100u, 257u, 300u, 400u, 600u, 650u, 660u, 700u, 780u}) {
    INFO("the power goes at operation " << k);
    Disk disk(k);
    const auto inbox = *disk.open("INBOX");
    std::vector<NewMessage> messages;
    for (std::size_t i = 0; i < kMany; ++i) {
      messages.push_back({message(cat("a", i)), {}, {}});
      disk.sent.insert(messages.back().bytes);
    }
    disk.fs.reset_counts();
    disk.fs.cut_power_at(k);
    const bool ok = inbox->append(messages).ok();
    if (k == 0) {
      // Each message, the uidlist; the directory.
      CHECK(disk.fs.count(Operation::kSync) == kMany + 1);
      CHECK(disk.fs.count(Operation::kSyncDirectory) == 1);
    }
    disk.power_cut();
    const State state = disk.observe();  // whatever is there is whole
    if (!ok) continue;
    for (std::size_t i = 0; i < kMany; ++i) CHECK(count(state, cat("a", i)) == 1);
  }
}

TEST_CASE("flushes of the other calls are counted, too") {
  Disk disk(1);
  const auto inbox = *disk.open("INBOX");
  const auto flushes = [&disk](const std::function<Status()>& act) {
    disk.clock.advance(seconds(10));
    disk.fs.reset_counts();
    REQUIRE(act().ok());
    return std::pair(disk.fs.count(Operation::kSync), disk.fs.count(Operation::kSyncDirectory));
  };
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  // The message and the uidlist; the directory.
  CHECK(flushes([&] {
          return inbox->append(std::vector{NewMessage{message("m1"), {kSeen, {}}, {}}}).status();
        }) == Pair{2, 1});
  CHECK(flushes([&] { return inbox->change_flags(list_of({1, 2}), add(kDeleted)).status(); }) ==
        Pair{0, 1});
  CHECK(flushes([&] { return inbox->expunge(list_of({1, 2})).status(); }) == Pair{0, 1});
  // From new/ to new/, neither of the others.
  const auto other = *disk.open("Other");
  CHECK(flushes([&] { return other->move(list_of({1}), *inbox).status(); }) == Pair{1, 2});
  // The uidlist; a source that somebody may have left unflushed, unless it has rested; the
  // directory.
  const auto copy = [&] { return inbox->copy(list_of({3}), *other).status(); };
  disk.clock.advance(minutes(2));
  const Pair of_rested = flushes(copy);
  const Pair of_fresh = flushes(copy);  // the link has changed the file
  CHECK(of_rested.first == 1);
  CHECK(of_rested.second == 1);
  CHECK(of_fresh == Pair{of_rested.first + 1, of_rested.second});
  CHECK(flushes([&] { return inbox->refresh(); }) == Pair{0, 0});
  CHECK(flushes([&] { return inbox->refresh(); }) == Pair{0, 0});
}

TEST_CASE("a refresh of a folder in which nothing changed costs two looks") {
  Disk disk(1);
  const auto inbox = *disk.open("INBOX");
  disk.clock.advance(seconds(10));
  REQUIRE(inbox->refresh().ok());
  disk.fs.reset_counts();
  REQUIRE(inbox->refresh().ok());
  CHECK(disk.fs.operations() == 2);
}
