// What the calls of a store cost in flushes and file operations: the part of their price that the
// disk sets.
#include <functional>
#include <utility>

#include "scenarios.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;
using Operation = ForgetfulFilesystem::Operation;

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
