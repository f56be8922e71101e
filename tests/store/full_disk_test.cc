// The disk is full from the k-th operation of a call on, for every call and every k. Whoever wants
// to make room gets in, in the process that met the full disk and in one that starts on it; then
// the call can be repeated, and nothing that was acknowledged is missing.
#include <functional>

#include "scenarios.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;
using Operation = ForgetfulFilesystem::Operation;

namespace {

/// The message's UID in the folder.
Uid find(Mailbox& mailbox, std::string_view name) {
  for (const MessageInfo& info : mailbox.snapshot().messages) {
    const auto content = mailbox.read(info.uid);
    REQUIRE(content.ok());
    if ((*content)->bytes() == message(name)) return info.uid;
  }
  return Uid{};
}

/// As a client does it.
void make_room(Disk& disk) {
  const auto inbox = disk.open("INBOX");
  INFO(inbox.status().ToString());
  REQUIRE(inbox.ok());
  REQUIRE((*inbox)->refresh().ok());
  const Uid spare[] = {find(**inbox, "spare")};
  REQUIRE(number(spare[0]) != 0);
  REQUIRE((*inbox)->change_flags(spare, add(kDeleted)).ok());
  const auto removed = (*inbox)->expunge(spare);
  REQUIRE(removed.ok());
  CHECK(removed->size() == 1);
}

}  // namespace

TEST_CASE("a disk that is full from any operation on lets everybody in who makes room") {
  for (const Scenario& scenario : scenarios()) {
    for (const bool restarts : {false, true}) {
      for (std::uint64_t k = 1;; ++k) {
        Disk disk(k);
        INFO(scenario.name << ", full from operation " << k << (restarts ? ", restarted" : ""));
        REQUIRE(disk.deliver("spare", {{kAnn, "INBOX"}}).ok());
        REQUIRE(scenario.prepare(disk).ok());
        disk.observe();
        disk.show();
        disk.fs.fill_at(k);
        const Status status = scenario.act(disk);
        INFO(status.ToString());
        const bool struck = disk.fs.struck();
        if (!status.ok()) CHECK(is_temporary(status));
        disk.show();
        if (restarts) disk.open_store();
        make_room(disk);
        disk.show();
        disk.fs.fill_at(0);
        scenario.verify(disk.observe(), status.ok());
        check_what_follows(scenario, disk, status);
        if (!struck) break;
      }
    }
  }
}

TEST_CASE("what a failed write left in a list is cut off, and its numbers are not used again") {
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    Disk disk(seed);
    const auto inbox = *disk.open("INBOX");
    const std::string path = "/mail/example.com/ann/dovecot-uidlist";
    const std::string before = *read_file(disk.fs, path, 1 << 20);
    disk.sent.insert(message("a1"));
    const std::vector messages = {NewMessage{message("a1"), {}, {}}};
    // The message's octets are the first append, the lock's word the second, the list's line the
    // third.
    std::uint64_t k = 1;
    for (std::uint64_t appends = 0; appends < 3; ++k) {
      disk.fs.reset_counts();
      disk.fs.fail_at(k, errno_status(EIO, "x"));
      REQUIRE_FALSE(inbox->append(messages).ok());
      appends = disk.fs.count(Operation::kAppend);
    }
    INFO("seed " << seed);
    CHECK(*read_file(disk.fs, path, 1 << 20) == before);
    const std::uint32_t next = number(inbox->status().uid_next);
    const auto uids = inbox->append(messages);
    REQUIRE(uids.ok());
    CHECK(number(uids->front()) >= next);
    CHECK(number(inbox->status().uid_next) == number(uids->front()) + 1);
    CHECK(read_file(disk.fs, path, 1 << 20)->starts_with(before));
    disk.power_cut();
    CHECK(count(disk.observe(), "a1") == 1);
  }
}

TEST_CASE("a list that cannot be cut is not appended to before it is written anew") {
  for (std::uint64_t k = 1;; ++k) {
    REQUIRE(k < 100);
    Disk disk(k);
    const auto inbox = *disk.open("INBOX");
    disk.sent.insert(message("a1"));
    const std::vector messages = {NewMessage{message("a1"), {}, {}}};
    disk.fs.reset_counts();
    disk.fs.fail_at(k, errno_status(EIO, "x"), 2);
    REQUIRE_FALSE(inbox->append(messages).ok());
    if (disk.fs.count(Operation::kTruncate) == 0) continue;
    const std::string path = "/mail/example.com/ann/dovecot-uidlist";
    const std::uint64_t inode = disk.fs.info(path)->inode;
    REQUIRE(inbox->append(messages).ok());
    CHECK(disk.fs.info(path)->inode != inode);
    CHECK(count(disk.observe(), "a1") == 1);
    check_that_it_works(disk);
    return;
  }
}
