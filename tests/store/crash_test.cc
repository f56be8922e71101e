// The crash argument of docs/store.md, proved by brute force: for every operation of the store and
// every k, its k-th file operation fails, or the power goes there. Then:
//
//  - what was acknowledged is there, once; what was removed and acknowledged is not;
//  - what is visible is whole: some message that somebody sent, octet for octet;
//  - a UID that was ever shown names the same octets or nothing, and no later message gets it;
//  - an EMAILID or MAILBOXID that was ever told is told again, and goes with COPY and MOVE;
//  - what failed without a crash is not visible, can be repeated, and then holds;
//  - the store works.
#include <cerrno>
#include <functional>

#include "scenarios.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;
using Operation = ForgetfulFilesystem::Operation;

namespace {

constexpr std::uint64_t kSeeds = 4;

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
        }
        check_what_follows(scenario, disk, status);
        if (!struck) break;
      }
    }
  }
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
