// The index beside the Maildir: what an opening finds in it costs no look at a message; whatever
// happens to it, the answers are those of the files.
#include "mail/base/forgetful.h"
#include "store/checksum.h"
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;
using Operation = ForgetfulFilesystem::Operation;

namespace {

const std::string kHome = "/mail/example.com/ann";
const std::string kIndex = kHome + "/libmail.index";
const std::string kCache = kHome + "/libmail.cache";

std::string message(int i) {
  return cat("From: Ann <ann@example.com>\r\nSubject: number ", i,
             "\r\nX-Other: y\r\n\r\nthe text of ", i, "\r\n");
}

/// All that a client can learn of a folder.
struct Answers {
  std::vector<MessageInfo> messages;  // ModSeq left out
  std::vector<std::string> texts;
  FolderStatus status;
  std::vector<std::string> keywords;

  bool operator==(const Answers&) const = default;
};

Answers answers_of(Mailbox& mailbox) {
  Answers answers;
  mailbox.learn_dates(*mailbox.uids().uids);
  answers.messages = mailbox.snapshot().messages;
  answers.status = mailbox.status();
  answers.status.highest_modseq = {};
  answers.keywords = mailbox.keywords();
  std::vector<Uid> uids;
  for (MessageInfo& info : answers.messages) {
    info.modseq = {};
    uids.push_back(info.uid);
  }
  for (const auto& summary : mailbox.summaries(uids)) {
    REQUIRE(summary);
    answers.texts.push_back(
        cat(summary->envelope, summary->body_structure, summary->body, summary->header));
  }
  return answers;
}

/// A folder with some history: flags, a keyword, an expunged message, one that is new.
void fill(MaildirWorld& world) {
  for (int i = 1; i <= 4; ++i) REQUIRE(world.deliver(message(i)).ok());
  const auto inbox = world.inbox();
  REQUIRE(inbox->claim_recent().ok());
  REQUIRE(inbox->change_flags(list_of({2}), {FlagChange::Mode::kAdd, {kSeen, {"Work"}}}).ok());
  REQUIRE(inbox->change_flags(list_of({3}), {FlagChange::Mode::kAdd, {kDeleted, {}}}).ok());
  REQUIRE(inbox->expunge(list_of({3})).ok());
  world.clock.advance(seconds(10));
  REQUIRE(world.deliver(message(5)).ok());
  world.clock.advance(seconds(10));
  REQUIRE(inbox->refresh().ok());
  answers_of(*inbox);
}

/// What the files say, without an index.
Answers truth(MaildirWorld& world) {
  world.fs.unlink(kIndex).IgnoreError();
  world.fs.unlink(kCache).IgnoreError();
  world.open_store();
  return answers_of(*world.inbox());
}

void replace(MaildirWorld& world, const std::string& path, const std::string& bytes) {
  REQUIRE(world.fs.write(path, bytes).ok());
  world.open_store();
}

}  // namespace

TEST_CASE("an opening looks at no message when nothing has changed, however many there are") {
  for (const int messages : {1, 50}) {
    TestClock clock;
    TestRandom random;
    ForgetfulFilesystem fs(1, [&clock] { return clock.wall(); });
    REQUIRE(fs.make_directory("/mail", 0700).ok());
    std::unique_ptr<Store> store;
    const auto open = [&] {
      MaildirOptions options;
      options.root = "/mail";
      options.hostname = "host";
      options.boot_id = "1";
      store = make_maildir_store(fs, clock, random, nullptr, options);
      return *store->account({"ann@example.com", ""});
    };
    std::vector<Uid> uids;
    {
      const auto inbox = *open()->open("INBOX");
      std::vector<NewMessage> all;
      for (int i = 0; i < messages; ++i) all.push_back({message(i), {}, clock.wall()});
      uids = *inbox->append(all);
      clock.advance(seconds(10));
      REQUIRE(inbox->refresh().ok());
      CHECK(inbox->summaries(uids).size() == all.size());
    }
    const auto account = open();
    fs.reset_counts();
    const auto inbox = *account->open("INBOX");
    CHECK(inbox->status().messages == static_cast<std::uint32_t>(messages));
    CHECK(fs.count(Operation::kList) == 0);
    CHECK(fs.count(Operation::kOpen) == 2);  // libmail.index, dovecot-keywords
    CHECK(fs.count(Operation::kInfo) <= 9);
    CHECK(fs.operations() <= 12);
    fs.reset_counts();
    const auto summaries = inbox->summaries(uids);
    CHECK(fs.operations() == 2);  // libmail.cache is opened and read
    for (const auto& summary : summaries) CHECK(summary.has_value());
  }
}

TEST_CASE("after a change the directory is listed, but no message is looked at") {
  TestClock clock;
  TestRandom random;
  ForgetfulFilesystem fs(1, [&clock] { return clock.wall(); });
  REQUIRE(fs.make_directory("/mail", 0700).ok());
  MaildirOptions options;
  options.root = "/mail";
  options.boot_id = "1";
  options.kept_folders = 0;
  auto store = make_maildir_store(fs, clock, random, nullptr, options);
  {
    const auto inbox = *(*store->account({"ann@example.com", ""}))->open("INBOX");
    REQUIRE(inbox->append(std::vector<NewMessage>(20, {message(1), {kSeen, {}}, {}})).ok());
  }
  const auto account = *store->account({"ann@example.com", ""});
  fs.reset_counts();
  const auto inbox = *account->open("INBOX");
  CHECK(inbox->status().messages == 20);
  CHECK(fs.count(Operation::kList) == 3);   // new/, cur/, tmp/
  CHECK(fs.count(Operation::kOpen) == 2);   // libmail.index, dovecot-keywords
  CHECK(fs.count(Operation::kInfo) <= 12);  // fewer than messages
}

TEST_CASE("an index that is missing, cut short anywhere or full of rubbish gives no wrong answer") {
  MaildirWorld world;
  fill(world);
  world.open_store();
  const std::string index = world.read(kIndex);
  const std::string cache = world.read(kCache);
  const Answers right = truth(world);
  REQUIRE(right.messages.size() == 4);
  const auto check = [&](const std::string& damaged_index, const std::string& damaged_cache) {
    replace(world, kCache, damaged_cache);
    replace(world, kIndex, damaged_index);
    REQUIRE(answers_of(*world.inbox()) == right);
  };
  for (std::size_t size = 0; size <= index.size(); ++size) {
    INFO("index cut to " << size);
    check(index.substr(0, size), cache);
  }
  for (std::size_t at = 0; at < index.size(); at += 3) {
    INFO("octet " << at << " of the index");
    std::string damaged = index;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    check(damaged, cache);
  }
  for (std::size_t size = 0; size <= cache.size(); size += 7) {
    INFO("cache cut to " << size);
    check(index, cache.substr(0, size));
  }
  for (std::size_t at = 0; at < cache.size(); at += 7) {
    INFO("octet " << at << " of the cache");
    std::string damaged = cache;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    check(index, damaged);
  }
  check(std::string(index.size(), '\0'), std::string(cache.size(), '\0'));
  check(index + index, cache);
}

TEST_CASE("an index of an older version is read on, and written anew") {
  MaildirWorld world;
  fill(world);
  world.open_store();
  std::string old = world.read(kIndex);
  const ModSeq before = world.inbox()->snapshot().now;
  old[8] = 1;  // the version; then the inode, the seed, the checksum of all that
  const std::uint32_t sum = checksum(std::string_view(old).substr(0, 28));
  for (int octet = 0; octet < 4; ++octet) old[28 + octet] = static_cast<char>(sum >> (8 * octet));
  replace(world, kIndex, old);
  const auto inbox = world.inbox();
  CHECK(inbox->snapshot().now == before);
  CHECK(answers_of(*inbox) == truth(world));
  CHECK(world.read(kIndex)[8] == 3);
  // One from the future is nothing.
  std::string newer = world.read(kIndex);
  newer[8] = 99;
  replace(world, kIndex, newer);
  CHECK(answers_of(*world.inbox()).messages.size() == 4);
  CHECK(world.read(kIndex)[8] == 3);
}

TEST_CASE("an index that is older than the files gives no wrong answer") {
  MaildirWorld world;
  fill(world);
  world.open_store();
  const std::string index = world.read(kIndex);
  const std::string cache = world.read(kCache);
  {
    const auto inbox = world.inbox();
    REQUIRE(inbox->change_flags(list_of({1}), {FlagChange::Mode::kAdd, {kFlagged, {"k"}}}).ok());
    REQUIRE(inbox->change_flags(list_of({2}), {FlagChange::Mode::kAdd, {kDeleted, {}}}).ok());
    REQUIRE(inbox->expunge(list_of({2})).ok());
    REQUIRE(inbox->append(std::vector{NewMessage{message(9), {}, {}}}).ok());
  }
  world.clock.advance(seconds(10));
  const Answers right = truth(world);
  replace(world, kCache, cache);
  replace(world, kIndex, index);
  CHECK(answers_of(*world.inbox()) == right);
}

TEST_CASE("UIDs are those of dovecot-uidlist, whatever the index says") {
  MaildirWorld world;
  fill(world);
  world.open_store();
  const std::string list = kHome + "/dovecot-uidlist";
  const std::string text = world.read(list);
  SECTION("another program numbered a message anew") {
    const std::size_t line = text.find("\n2 :");
    REQUIRE(line != std::string::npos);
    const std::size_t end = text.find('\n', line + 1);
    std::string changed = text;
    changed.erase(line, end - line);
    changed += "77" + text.substr(line + 2, end - line - 2) + "\n";
    replace(world, list, changed);
    const auto inbox = world.inbox();
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 4, 5, 77});
    CHECK(numbers(inbox->changes(ModSeq{0}).expunged) == std::vector<std::uint32_t>{2, 3});
  }
  SECTION("another program gave a new UIDVALIDITY") {
    replace(world, list, "3 V99 N1\n");
    const auto inbox = world.inbox();
    CHECK(number(inbox->status().uid_validity) == 99);
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 2, 3, 4});
  }
  SECTION("it was removed") {
    REQUIRE(world.fs.unlink(list).ok());
    world.clock.advance(hours(1));
    world.open_store();
    CHECK(number(world.inbox()->status().uid_validity) > 1700000000);
    CHECK(uids_of(*world.inbox()) == std::vector<std::uint32_t>{1, 2, 3, 4});
  }
}

TEST_CASE("a record without a file waits for it while somebody holds the lock of the list") {
  for (const bool is_locked : {true, false}) {
    MaildirWorld world;
    fill(world);
    world.open_store();
    const std::string list = kHome + "/dovecot-uidlist";
    replace(world, list, world.read(list) + "41 :99.late\n");
    if (is_locked) world.write(list + ".lock", "another program\n");
    CHECK(uids_of(*world.inbox()) == std::vector<std::uint32_t>{1, 2, 4, 5});
    // A UIDNEXT that was told is above every UID that was there (RFC 9051 §2.3.1.1).
    CHECK(number(world.inbox()->status().uid_next) == (is_locked ? 41 : 42));
    world.clock.advance(seconds(10));
    world.open_store();  // the index knows the list, but not this record
    world.inbox();
    world.write(kHome + "/cur/99.late:2,S", "x\n");
    world.fs.unlink(list + ".lock").IgnoreError();
    world.open_store();
    const std::uint32_t uid = is_locked ? 41 : 42;
    CHECK(uids_of(*world.inbox()) == std::vector<std::uint32_t>{1, 2, 4, 5, uid});
    world.open_store();
    CHECK(uids_of(*world.inbox()) == std::vector<std::uint32_t>{1, 2, 4, 5, uid});
  }
}

TEST_CASE("MODSEQ and what was expunged survive a restart of the process") {
  MaildirWorld world;
  fill(world);
  world.open_store();
  auto inbox = world.inbox();
  const Changes before = inbox->snapshot();
  CHECK(inbox->changes(before.now).messages.empty());
  const ModSeq old = inbox->find(list_of({1}))[0]->modseq;
  inbox.reset();
  world.open_store();
  inbox = world.inbox();
  CHECK(inbox->snapshot().now == before.now);
  CHECK(inbox->snapshot().messages == before.messages);
  REQUIRE(inbox->change_flags(list_of({1}), {FlagChange::Mode::kAdd, {kAnswered, {}}}).ok());
  REQUIRE(inbox->change_flags(list_of({4}), {FlagChange::Mode::kAdd, {kDeleted, {}}}).ok());
  REQUIRE(inbox->expunge(list_of({4})).ok());
  inbox.reset();
  world.open_store();
  inbox = world.inbox();
  const Changes changes = inbox->changes(before.now);
  CHECK(changes.is_complete);
  REQUIRE(changes.messages.size() == 1);
  CHECK(number(changes.messages[0].uid) == 1);
  CHECK(numbers(changes.expunged) == std::vector<std::uint32_t>{4});
  CHECK(changes.now > before.now);
  CHECK(numbers(inbox->changes(old).expunged) == std::vector<std::uint32_t>{3, 4});
}

TEST_CASE("after a start of the system every MODSEQ is new, and a mark from before is too old") {
  MaildirWorld world;
  fill(world);
  const ModSeq before = world.inbox()->snapshot().now;
  world.clock.advance(seconds(10));
  world.boot_id = "2";
  world.open_store();
  const auto inbox = world.inbox();
  for (const MessageInfo& info : inbox->snapshot().messages) CHECK(info.modseq > before);
  CHECK_FALSE(inbox->changes(before).is_complete);
  CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 2, 4, 5});
}

TEST_CASE("a copy of an index is not taken for the original") {
  MaildirWorld world;
  fill(world);
  world.open_store();
  const ModSeq before = world.inbox()->snapshot().now;
  const std::string index = world.read(kIndex);
  REQUIRE(world.fs.unlink(kIndex).ok());
  world.clock.advance(seconds(10));
  replace(world, kIndex, index);
  CHECK(world.inbox()->snapshot().messages[0].modseq > before);
}

TEST_CASE("so many expunged messages are remembered, and it is said when there were more") {
  MaildirWorld world;
  MaildirOptions options;
  options.root = "/mail";
  options.boot_id = "1";
  options.tombstones = 8;
  options.kept_folders = 0;
  for (const int expunged : {8, 9}) {
    const auto store = make_maildir_store(world.fs, world.clock, world.random, nullptr, options);
    const auto account = *store->account({cat("u", expunged, "@example.com"), ""});
    auto inbox = *account->open("INBOX");
    REQUIRE(inbox->append(std::vector<NewMessage>(9, {message(1), {kDeleted, {}}, {}})).ok());
    const ModSeq mark = inbox->snapshot().now;
    for (int i = 1; i <= expunged; ++i) {
      REQUIRE(inbox->expunge(list_of({static_cast<std::uint32_t>(i)})).ok());
    }
    inbox.reset();
    inbox = *account->open("INBOX");
    CHECK(inbox->changes(mark).is_complete == (expunged == 8));
    CHECK(inbox->changes(mark).expunged.size() == (expunged == 8 ? 8 : 6));
  }
}

TEST_CASE("one process writes the index, others do without") {
  MaildirWorld world;
  const auto inbox = world.inbox();
  REQUIRE(world.deliver(message(1)).ok());
  REQUIRE(inbox->refresh().ok());
  const std::string index = world.read(kIndex);
  MaildirOptions options;
  options.root = "/mail";
  options.boot_id = "1";
  const auto second = make_maildir_store(world.fs, world.clock, world.random, nullptr, options);
  const auto theirs = *(*second->account({"ann@example.com", ""}))->open("INBOX");
  REQUIRE(theirs->append(std::vector{NewMessage{message(2), {}, {}}}).ok());
  CHECK(theirs->summaries(list_of({1, 2}))[1].has_value());
  CHECK(world.read(kIndex) == index);
  REQUIRE(inbox->refresh().ok());
  CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("an index grows by what happens, and is written anew when that is much") {
  MaildirWorld world;
  auto inbox = world.inbox();
  REQUIRE(inbox->append(std::vector<NewMessage>(50, {message(1), {}, {}})).ok());
  const FlagChange seen{FlagChange::Mode::kAdd, {kSeen, {}}};
  const FlagChange unseen{FlagChange::Mode::kRemove, {kSeen, {}}};
  std::size_t largest = 0;
  for (int i = 0; i < 40; ++i) {
    REQUIRE(inbox->change_flags(list_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), seen).ok());
    REQUIRE(inbox->change_flags(list_of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}), unseen).ok());
    largest = std::max(largest, world.read(kIndex).size());
  }
  CHECK(largest < 100'000);
  const auto before = inbox->snapshot().messages;
  inbox.reset();
  world.open_store();
  CHECK(world.inbox()->snapshot().messages == before);
}
