// A Maildir and the other programs that use it: what they write is understood, what they do behind
// our back is seen, what they planted does no harm.
#include <map>
#include <set>

#include "store/object_id.h"
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

namespace {

const std::string kHome = "/mail/example.com/ann";

/// A message of another program: named, with LF ends.
void drop_file(MaildirWorld& world, const std::string& below, std::string_view bytes = "a\n") {
  world.write(kHome + "/" + below, bytes);
  world.clock.advance(seconds(5));
}

std::vector<std::string> texts(Mailbox& mailbox) {
  std::vector<std::string> result;
  for (const std::uint32_t each : uids_of(mailbox)) result.push_back(text_of(mailbox, each));
  return result;
}

}  // namespace

TEST_CASE("a delivery is one file in new/, named and written as Dovecot does") {
  MaildirWorld world;
  REQUIRE(world.deliver("a\r\nb\r\n").ok());
  CHECK(world.list(kHome) == std::vector<std::string>{"cur", "new", "tmp"});
  const auto names = world.list(kHome + "/new");
  REQUIRE(names.size() == 1);
  CHECK(names[0] == "1700000000.M1000P7.host,S=4,W=6");
  CHECK(world.read(kHome + "/new/" + names[0]) == "a\nb\n");
  const auto info = world.fs.info(kHome + "/new/" + names[0]);
  CHECK(info->mode == 0600);
  CHECK(info->modified == world.clock.wall());
  CHECK(world.list(kHome + "/tmp").empty());
  for (const char* directory : {"", "/new", "/cur", "/tmp"}) {
    CHECK(world.fs.info(kHome + directory)->mode == 0700);
  }
}

TEST_CASE("names stay unique when the clock stands still") {
  MaildirWorld world;
  const Target targets[] = {{{"ann@example.com", ""}, "INBOX", ""}};
  const std::string_view pieces[] = {"a\r\n"};
  for (int i = 0; i < 20; ++i) {
    REQUIRE(world.store->deliver(targets, pieces, world.clock.wall()).ok());
    world.open_store();
  }
  CHECK(world.list(kHome + "/new").size() == 20);
}

TEST_CASE("a message for several targets is one file with several names") {
  MaildirWorld world;
  const Target targets[] = {{{"ann@example.com", ""}, "INBOX", ""},
                            {{"bob@example.com", ""}, "INBOX", ""},
                            {{"ann@example.com", ""}, "INBOX", ""}};
  const std::string_view pieces[] = {"a\r\n"};
  REQUIRE(world.store->deliver(targets, pieces, world.clock.wall()).ok());
  CHECK(world.list(kHome + "/new").size() == 2);
  const auto bobs = world.list("/mail/example.com/bob/new");
  REQUIRE(bobs.size() == 1);
  CHECK(world.fs.info("/mail/example.com/bob/new/" + bobs[0])->links == 3);
  CHECK(world.list(kHome + "/tmp").empty());
}

TEST_CASE("an account's own directory takes the place of the usual one") {
  MaildirWorld world;
  const Target targets[] = {{{"ann@example.com", "/elsewhere/ann"}, "INBOX", ""}};
  const std::string_view pieces[] = {"a\r\n"};
  REQUIRE(world.store->deliver(targets, pieces, world.clock.wall()).ok());
  CHECK(world.list("/elsewhere/ann/new").size() == 1);
}

TEST_CASE("opening numbers the messages and moves nothing; claiming moves new/ to cur/") {
  MaildirWorld world;
  REQUIRE(world.deliver("a\r\n").ok());
  const auto inbox = world.inbox();
  CHECK(world.list(kHome + "/new").size() == 1);
  const std::string list = world.read(kHome + "/dovecot-uidlist");
  CHECK(list.starts_with("3 V1700000000 N1 G"));
  CHECK(list.ends_with("\n1 :1700000000.M1000P7.host,S=2,W=3\n"));
  REQUIRE(inbox->claim_recent().ok());
  CHECK(world.list(kHome + "/new").empty());
  CHECK(world.list(kHome + "/cur") ==
        std::vector<std::string>{"1700000000.M1000P7.host,S=2,W=3:2,"});
  CHECK(world.fs.info(kHome + "/dovecot-uidvalidity.6553f100").ok());
}

TEST_CASE("flags and keywords are letters of the name, in Dovecot's order and file") {
  MaildirWorld world;
  const auto inbox = world.inbox();
  REQUIRE(
      inbox->append(std::vector{NewMessage{"a\r\n", {kSeen | kFlagged, {"$Junk", "Later"}}, {}}})
          .ok());
  REQUIRE(inbox->append(std::vector{NewMessage{"b\r\n", {}, {}}}).ok());
  const auto names = world.list(kHome + "/cur");
  REQUIRE(names.size() == 1);
  CHECK(names[0].ends_with(".host,S=2,W=3:2,FSab"));
  CHECK(world.list(kHome + "/new").size() == 1);
  CHECK(world.read(kHome + "/dovecot-keywords") == "0 $Junk\n1 Later\n");
}

TEST_CASE("a folder is a directory with a dot, complete from its first moment") {
  MaildirWorld world;
  REQUIRE(world.account()->create_folder("Entwürfe.x").ok());
  const std::string path = kHome + "/.Entw&APw-rfe.x";
  CHECK(world.list(path) ==
        std::vector<std::string>{"cur", "dovecot-uidlist", "maildirfolder", "new", "tmp"});
  CHECK(world.read(path + "/dovecot-uidlist").starts_with("3 V1700000000 N1 G"));
  CHECK(world.read(kHome + "/dovecot-uidvalidity") == "6553f100");
  CHECK(world.fs.info(kHome + "/dovecot-uidvalidity.6553f100")->mode == 0444);
  REQUIRE(world.account()->create_folder("y").ok());
  CHECK(world.fs.info(kHome + "/dovecot-uidvalidity.6553f101").ok());
  CHECK_FALSE(world.fs.info(kHome + "/dovecot-uidvalidity.6553f100").ok());
  REQUIRE(world.account()->delete_folder("y").ok());
  for (const std::string& name : world.list(kHome)) CHECK_FALSE(name.starts_with(".."));
}

TEST_CASE("a Maildir of Dovecot keeps UIDs, UIDVALIDITY, flags, keywords, dates and sizes") {
  MaildirWorld world;
  world.write(kHome + "/cur/1276528487.M364837P9451.kurkku,S=7,W=9:2,Sb", "S: a\n\nx");
  world.write(kHome + "/cur/1276533073.M242911P3632.kurkku:2,FPS", "S: b\n\n");
  world.write(kHome + "/new/1276533074.M1P1.kurkku,S=2,W=3", "c\n");
  REQUIRE(world.fs
              .set_modified(kHome + "/cur/1276533073.M242911P3632.kurkku:2,FPS",
                            WallTime(std::chrono::seconds(1'276'533'000)))
              .ok());
  world.write(kHome + "/dovecot-uidlist",
              "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1\n"
              "25006 :1276528487.M364837P9451.kurkku,S=7,W=9\n"
              "25010 :1276528488.gone\n"
              "25017 W8 Qkept :1276533073.M242911P3632.kurkku\n");
  world.write(kHome + "/dovecot-keywords", "0 $Junk\n1 NonJunk\n");
  world.write(kHome + "/subscriptions", "V\t2\n\nWork\t2024\n");
  world.clock.advance(seconds(10));
  const auto inbox = world.inbox();
  CHECK(number(inbox->status().uid_validity) == 1275660208);
  CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{25006, 25017, 25022});
  CHECK(inbox->keywords() == std::vector<std::string>{"$Junk", "NonJunk"});
  inbox->learn_dates(list_of({25006, 25017}));
  const auto info = inbox->find(list_of({25006, 25017}));
  CHECK(info[0]->flags == Flags{kSeen, 2});
  CHECK(info[1]->flags == Flags{kSeen | kFlagged, 0});
  CHECK(info[1]->size == 8);
  CHECK(info[1]->internal_date == WallTime(std::chrono::seconds(1'276'533'000)));
  CHECK(*world.account()->subscriptions() == std::vector<std::string>{"Work.2024"});
  // Lines are added, the old ones stay as they are.
  CHECK(world.read(kHome + "/dovecot-uidlist")
            .ends_with("25017 W8 Qkept :1276533073.M242911P3632.kurkku\n25022 "
                       ":1276533074.M1P1.kurkku,S=2,W=3\n"));
  // A letter that is no flag stays in the name.
  REQUIRE(
      inbox->change_flags(list_of({25017}), {FlagChange::Mode::kReplace, {kAnswered, {}}}).ok());
  CHECK(world.fs.info(kHome + "/cur/1276533073.M242911P3632.kurkku:2,PR").ok());
}

TEST_CASE("POP3 sees the unique-ids and the order that dovecot-uidlist keeps") {
  MaildirWorld world;
  world.write(kHome + "/dovecot-uidlist",
              "3 V1275660208 N9 G3085f01b7f11094c501100008c4a11c1\n"
              "3 :1.a\n4 Pold-id O2 W3 :2.b\n5 O1 P :3.c\n");
  for (const char* name : {"1.a", "2.b", "3.c"}) world.write(kHome + "/cur/" + name + ":2,", "x\n");
  world.clock.advance(seconds(10));
  const auto messages = world.inbox()->pop3_messages();
  REQUIRE(messages.size() == 3);
  CHECK(messages[0] == Pop3Message{Uid{5}, 3, "3.c"});
  CHECK(messages[1] == Pop3Message{Uid{4}, 3, "old-id"});
  CHECK(messages[2] == Pop3Message{Uid{3}, 3, "000000034c0907b0"});
}

TEST_CASE("messages without sizes in the name are measured once") {
  MaildirWorld world;
  world.write(kHome + "/cur/1.a:2,", "x\ny\n");
  world.write(kHome + "/cur/2.b,S=99,W=100:2,", "x\ny\n");
  world.clock.advance(seconds(10));
  const auto inbox = world.inbox();
  CHECK(inbox->find(list_of({1}))[0]->size == 6);
  inbox->learn_dates(list_of({2}));  // a name is believed until somebody looks at the file
  CHECK(inbox->find(list_of({2}))[0]->size == 6);
  CHECK(world.read(kHome + "/dovecot-uidlist").find("\n1 W6 :1.a\n") != std::string::npos);
}

TEST_CASE("a version 1 list becomes version 3 without losing a UID") {
  MaildirWorld world;
  world.write(kHome + "/cur/1.a:2,S", "x\n");
  world.write(kHome + "/cur/2.b:2,S", "y\n");
  world.write(kHome + "/dovecot-uidlist", "1 1136393721 9\n4 1.a:2,\n7 2.b\n");
  world.clock.advance(seconds(10));
  const auto inbox = world.inbox();
  CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{4, 7});
  CHECK(world.read(kHome + "/dovecot-uidlist") ==
        cat("3 V1136393721 N9 G",
            derived_mailbox_guid("ann@example.com", "INBOX", UidValidity{1136393721}),
            "\n4 W3 :1.a\n7 W3 :2.b\n"));
}

TEST_CASE("a damaged list loses only what is damaged") {
  MaildirWorld world;
  for (const char* name : {"1.a", "2.b", "3.c"})
    world.write(cat(kHome, "/cur/", name, ":2,"), "x\n");
  world.write(kHome + "/dovecot-uidlist", "3 V5 N9\n4 :1.a\nrubbish\n7 :3.c\n8 :2.b");
  world.clock.advance(seconds(10));
  const auto inbox = world.inbox();
  CHECK(number(inbox->status().uid_validity) == 5);
  CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{4, 7, 9});
}

TEST_CASE(
    "a list without a beginning, or without a UID left, is numbered under a new UIDVALIDITY") {
  for (const char* list : {"rubbish\n4 :1.a\n", "", "3 V5 N4294967296\n4294967295 :1.a\n"}) {
    MaildirWorld world;
    world.write(kHome + "/cur/1.a:2,", "x\n");
    world.write(kHome + "/dovecot-uidlist", list);
    world.clock.advance(seconds(10));
    const auto inbox = world.inbox();
    CHECK(number(inbox->status().uid_validity) >= 1700000000);
    CHECK(uids_of(*inbox).size() == 1);
    CHECK(number(inbox->status().uid_next) < 100);
  }
}

TEST_CASE("what other programs do to the files is seen at the next refresh") {
  MaildirWorld world;
  REQUIRE(world.deliver("a\r\n").ok());
  REQUIRE(world.deliver("b\r\n").ok());
  const auto inbox = world.inbox();
  const ModSeq start = inbox->snapshot().now;
  const auto names = world.list(kHome + "/new");

  // mv new → cur, with a flag
  REQUIRE(world.fs.rename(kHome + "/new/" + names[0], kHome + "/cur/" + names[0] + ":2,F").ok());
  REQUIRE(inbox->refresh().ok());
  auto changes = inbox->changes(start);
  REQUIRE(changes.messages.size() == 1);
  CHECK(changes.messages[0].flags.has(kFlagged));
  CHECK(text_of(*inbox, 1) == "a\r\n");

  // another flag
  REQUIRE(world.fs.rename(kHome + "/cur/" + names[0] + ":2,F", kHome + "/cur/" + names[0] + ":2,FS")
              .ok());
  REQUIRE(inbox->refresh().ok());
  CHECK(inbox->find(list_of({1}))[0]->flags.has(kSeen));

  // a new file, with a name that sorts before all others
  drop_file(world, "cur/1.new:2,", "c\n");
  REQUIRE(inbox->refresh().ok());
  CHECK(texts(*inbox) == std::vector<std::string>{"a\r\n", "b\r\n", "c\r\n"});

  // rm
  REQUIRE(world.fs.unlink(kHome + "/new/" + names[1]).ok());
  REQUIRE(inbox->refresh().ok());
  CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 3});
  CHECK(numbers(inbox->changes(start).expunged) == std::vector<std::uint32_t>{2});

  // back again: another message, as far as clients are concerned
  drop_file(world, "new/" + names[1], "b\n");
  REQUIRE(inbox->refresh().ok());
  CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 3, 4});
}

TEST_CASE("calls find a file that was renamed or removed a moment ago") {
  MaildirWorld world;
  REQUIRE(world.account()->create_folder("Other").ok());
  const auto other = world.open(*world.account(), "Other");
  for (int i = 0; i < 6; ++i) REQUIRE(world.deliver(cat("m", i, "\r\n")).ok());
  const auto inbox = world.inbox();
  const auto names = world.list(kHome + "/new");
  for (int i : {0, 1, 2, 3}) {
    REQUIRE(
        world.fs.rename(cat(kHome, "/new/", names[i]), cat(kHome, "/cur/", names[i], ":2,F")).ok());
  }
  REQUIRE(world.fs.unlink(cat(kHome, "/new/", names[4])).ok());
  CHECK(text_of(*inbox, 1) == "m0\r\n");
  CHECK(inbox->change_flags(list_of({2, 5}), {FlagChange::Mode::kAdd, {kSeen, {}}})->size() == 1);
  CHECK(inbox->find(list_of({2}))[0]->flags.system == (kSeen | kFlagged));
  CHECK(inbox->copy(list_of({3, 5}), *other)->size() == 1);
  CHECK(inbox->move(list_of({4, 5}), *other)->size() == 1);
  CHECK(texts(*other) == std::vector<std::string>{"m2\r\n", "m3\r\n"});
  CHECK(absl::IsNotFound(inbox->read(uid(5)).status()));
}

TEST_CASE("a change within the same second is not overlooked") {
  MaildirWorld world;
  const auto inbox = world.inbox();
  for (int i = 1; i <= 5; ++i) {
    world.write(cat(kHome, "/new/", i, ".x"), "x\n");  // the clock stands
    REQUIRE(inbox->refresh().ok());
    CHECK(uids_of(*inbox).size() == static_cast<std::size_t>(i));
  }
}

TEST_CASE("a folder rests 100 ms after a change where times have fractions, else two seconds") {
  for (const auto& [fraction, rests] : {std::pair{5, true}, std::pair{0, false}}) {
    MaildirWorld world;
    world.clock.advance(milliseconds(fraction));
    const auto inbox = world.inbox();
    world.write(kHome + "/new/1.x", "x\n");
    world.clock.advance(milliseconds(150));
    REQUIRE(inbox->refresh().ok());
    // Nothing else shows whether the folder is listed than a file that came without a trace.
    const auto before = world.fs.info(kHome + "/new")->modified;
    world.clock.advance(milliseconds(-150));
    world.write(kHome + "/new/2.x", "x\n");
    REQUIRE(world.fs.info(kHome + "/new")->modified == before);
    world.clock.advance(milliseconds(150));
    REQUIRE(inbox->refresh().ok());
    CHECK(uids_of(*inbox).size() == (rests ? 1U : 2U));
  }
}

TEST_CASE("a clock that jumps a year back and forth costs no UID and no order of MODSEQs") {
  MaildirWorld world;
  auto inbox = world.inbox();
  ModSeq last = inbox->snapshot().now;
  for (int i = 1; i <= 6; ++i) {
    world.clock.advance(std::chrono::hours(24 * 365) * (i % 2 == 0 ? 1 : -1));
    REQUIRE(world.deliver("x\r\n").ok());
    if (i > 3) {
      inbox.reset();
      world.open_store();
      inbox = world.inbox();
    }
    REQUIRE(inbox->refresh().ok());
    CHECK(uids_of(*inbox).size() == static_cast<std::size_t>(i));
    CHECK(uids_of(*inbox).back() == static_cast<std::uint32_t>(i));
    CHECK(inbox->snapshot().now > last);
    last = inbox->snapshot().now;
  }
}

TEST_CASE("links, FIFOs and directories that are named like messages are no messages") {
  MaildirWorld world;
  REQUIRE(world.deliver("a\r\n").ok());
  world.write("/secret", "x\n");
  REQUIRE(world.fs.make_symlink("/secret", kHome + "/new/1.link").ok());
  REQUIRE(world.fs.make_other(kHome + "/new/2.fifo").ok());
  REQUIRE(world.fs.make_directory(kHome + "/cur/3.dir:2,S", 0700).ok());
  world.write(kHome + "/cur/.nfs0001", "x\n");
  const auto inbox = world.inbox();
  CHECK(texts(*inbox) == std::vector<std::string>{"a\r\n"});
  CHECK(inbox->claim_recent()->size() == 1);
}

TEST_CASE("a message that becomes a link is refused, not followed") {
  MaildirWorld world;
  REQUIRE(world.deliver("a\r\n").ok());
  world.write("/secret", "x\n");
  const auto inbox = world.inbox();
  const std::string path = kHome + "/new/" + world.list(kHome + "/new")[0];
  REQUIRE(world.fs.unlink(path).ok());
  REQUIRE(world.fs.make_symlink("/secret", path).ok());
  CHECK_FALSE(inbox->read(uid(1)).ok());
}

TEST_CASE("files that others put there keep their dates, however old or odd they are (G3)") {
  MaildirWorld world;
  const auto inbox = world.inbox();
  world.clock.advance(seconds(10));
  REQUIRE(inbox->refresh().ok());
  const std::map<std::string, WallTime> dates = {
      {"/cur/1.epoch:2,S", WallTime()},
      {"/cur/2.before:2,", WallTime(-hours(24 * 365 * 60))},
      {"/new/3.future", WallTime(hours(24 * 365 * 1000))},
      {"/new/no-number:2,FS", world.clock.wall() - hours(24 * 3650)},
      {"/cur/4.empty:2,", world.clock.wall()},
  };
  for (const auto& [name, date] : dates) {
    world.write(kHome + name, name == "/cur/4.empty:2," ? "" : "x\n");
    REQUIRE(world.fs.set_modified(kHome + name, date).ok());
  }
  REQUIRE(inbox->refresh().ok());
  REQUIRE(uids_of(*inbox).size() == dates.size());
  std::multiset<WallTime> expected;
  std::multiset<WallTime> found;
  inbox->learn_dates(*inbox->uids().uids);
  for (const auto& [name, date] : dates) expected.insert(date);
  for (const MessageInfo& message : inbox->snapshot().messages) found.insert(message.internal_date);
  CHECK(found == expected);
  const auto uids = uids_of(*inbox);
  world.open_store();
  CHECK(uids_of(*world.inbox()) == uids);
}

TEST_CASE("a base name in two places is one message when its octets are, else two") {
  MaildirWorld world;
  world.write(kHome + "/new/3.e", "e\n");  // as a backup has it, taken while the file was renamed
  world.write(kHome + "/cur/3.e:2,S", "e\n");
  world.write(kHome + "/cur/1.a:2,S", "a\n");
  REQUIRE(world.fs.link(kHome + "/cur/1.a:2,S", kHome + "/new/1.a").ok());
  world.write(kHome + "/cur/2.b:2,S", "b\n");
  world.write(kHome + "/new/2.b", "c\n");
  world.write(kHome + "/cur/2.b:2,", "d\n");
  const auto inbox = world.inbox();
  auto found = texts(*inbox);
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<std::string>{"a\r\n", "b\r\n", "c\r\n", "d\r\n", "e\r\n"});
  for (const std::uint32_t number : {1U, 5U}) {
    CHECK(inbox->find(list_of({number}))[0]->flags.has(kSeen));
  }
  const auto uids = uids_of(*inbox);
  REQUIRE(inbox->refresh().ok());
  CHECK(uids_of(*inbox) == uids);
}

TEST_CASE("what somebody planted under tmp/ is neither followed nor overwritten (G5)") {
  MaildirWorld world;
  world.inbox();
  world.write("/secret", "untouched");
  // The name of the next message, had it been guessed: deliver moves the clock by a millisecond.
  const auto next = [&world] {
    const auto now = world.clock.wall() + milliseconds(1);
    const auto whole = std::chrono::floor<seconds>(now);
    return cat(kHome, "/tmp/", whole.time_since_epoch().count(), ".M", (now - whole).count(),
               "P7.host,S=2,W=3");
  };
  REQUIRE(world.fs.make_symlink("/secret", next()).ok());
  CHECK(!world.deliver("a\r\n").ok());
  world.write(next(), "planted");
  CHECK(!world.deliver("a\r\n").ok());
  CHECK(world.read("/secret") == "untouched");
  CHECK(uids_of(*world.inbox()).empty());
  CHECK(world.deliver("a\r\n").ok());
}

TEST_CASE("what a crashed writer left under tmp/ goes after 36 hours") {
  MaildirWorld world;
  world.write(kHome + "/tmp/old", "x");
  world.clock.advance(hours(36));
  world.write(kHome + "/tmp/young", "x");
  world.clock.advance(seconds(1));
  world.inbox();
  CHECK(world.list(kHome + "/tmp") == std::vector<std::string>{"young"});
}

TEST_CASE("a folder without cur/, new/ or tmp/ is mended, one that was removed is gone") {
  MaildirWorld world;
  REQUIRE(make_directories(world.fs, kHome + "/.Bare", 0700).ok());
  REQUIRE(world.deliver("a\r\n", "ann@example.com", "Bare").ok());
  const auto bare = world.open(*world.account(), "Bare");
  CHECK(uids_of(*bare).size() == 1);
  REQUIRE(world.fs.rename(kHome + "/.Bare", "/away").ok());
  CHECK(absl::IsNotFound(bare->refresh()));
  CHECK(absl::IsNotFound(world.account()->open("Bare").status()));
}

TEST_CASE("a lock of another program is waited for, one of 120 seconds is taken over") {
  MaildirWorld world;
  const auto inbox = world.inbox();
  const std::string lock = kHome + "/dovecot-uidlist.lock";
  world.write(lock, "123:host");
  const std::vector message = {NewMessage{"a\r\n", {}, {}}};
  CHECK(absl::IsUnavailable(inbox->append(message).status()));
  CHECK(uids_of(*inbox).empty());
  world.clock.advance(seconds(120));
  CHECK(absl::IsUnavailable(inbox->append(message).status()));
  world.clock.advance(seconds(1));
  CHECK(inbox->append(message).ok());
  CHECK_FALSE(world.fs.info(lock).ok());
}

TEST_CASE("a lock that our own crash left is taken over at once") {
  MaildirWorld world;
  const auto inbox = world.inbox();
  world.write(kHome + "/dovecot-uidlist.lock", "libmail\n");
  const std::vector message = {NewMessage{"a\r\n", {}, {}}};
  CHECK(inbox->append(message).ok());
  // A power cut may leave a part of the word; then the lock must be five seconds old.
  world.write(kHome + "/dovecot-uidlist.lock", std::string("lib\0\0", 5));
  CHECK(absl::IsUnavailable(inbox->append(message).status()));
  world.clock.advance(seconds(5));
  CHECK(inbox->append(message).ok());
  // Held by a living process it counts.
  world.write(kHome + "/dovecot-uidlist.lock", "libmail\n");
  const auto held = world.fs.open(kHome + "/dovecot-uidlist.lock");
  REQUIRE(*(*held)->try_lock());
  CHECK(absl::IsUnavailable(inbox->append(message).status()));
  CHECK(absl::IsUnavailable(inbox->append(message).status()));
}

TEST_CASE("a list that another program numbers anew ends the open folder") {
  MaildirWorld world;
  REQUIRE(world.deliver("a\r\n").ok());
  const auto inbox = world.inbox();
  world.clock.advance(seconds(10));
  world.write(kHome + "/dovecot-uidlist", "3 V77 N5\n");
  world.write(kHome + "/new/9.x", "x\n");
  CHECK_FALSE(inbox->refresh().ok());
  CHECK_FALSE(inbox->append(std::vector{NewMessage{"b\r\n", {}, {}}}).ok());
  const auto again = world.inbox();
  CHECK(again != inbox);
  CHECK(number(again->status().uid_validity) == 77);
  CHECK(uids_of(*again) == std::vector<std::uint32_t>{5, 6});
}

TEST_CASE("UIDs that another process gave meanwhile are taken over") {
  MaildirWorld world;
  REQUIRE(world.deliver("a\r\n").ok());
  const auto inbox = world.inbox();
  MaildirOptions options;
  options.root = "/mail";
  options.hostname = "other";
  options.lock_wait = Duration(0);
  const auto second = make_maildir_store(world.fs, world.clock, world.random, nullptr, options);
  const auto theirs = *(*second->account({"ann@example.com", ""}))->open("INBOX");
  REQUIRE(theirs->append(std::vector{NewMessage{"b\r\n", {kSeen, {"k"}}, {}}}).ok());
  REQUIRE(inbox->append(std::vector{NewMessage{"c\r\n", {}, {}}}).ok());
  REQUIRE(inbox->refresh().ok());
  REQUIRE(theirs->refresh().ok());
  CHECK(texts(*inbox) == std::vector<std::string>{"a\r\n", "b\r\n", "c\r\n"});
  CHECK(texts(*theirs) == texts(*inbox));
  CHECK(uids_of(*theirs) == uids_of(*inbox));
  CHECK(inbox->keywords() == std::vector<std::string>{"k"});
}

TEST_CASE("a list that is mostly of gone messages is written anew") {
  MaildirWorld world;
  const auto inbox = world.inbox();
  for (int i = 0; i < 70; ++i) {
    REQUIRE(inbox->append(std::vector{NewMessage{"a\r\n", {kDeleted, {}}, {}}}).ok());
  }
  REQUIRE(inbox->expunge(MailboxView(inbox).uids()).ok());
  REQUIRE(inbox->append(std::vector{NewMessage{"b\r\n", {}, {}}}).ok());
  const std::string list = world.read(kHome + "/dovecot-uidlist");
  CHECK(std::count(list.begin(), list.end(), '\n') == 2);
  CHECK(list.find(" N72 ") != std::string::npos);
  CHECK(number(inbox->status().uid_next) == 72);
}

TEST_CASE("a folder that another program named in UTF-8 can be opened and used") {
  MaildirWorld world;
  drop_file(world, ".Entwürfe/new/1.a");
  const auto account = world.account();
  CHECK(account->folders()->at(1).name == "Entwürfe");
  CHECK(uids_of(*world.open(*account, "Entwürfe")).size() == 1);
  CHECK(absl::IsAlreadyExists(account->create_folder("Entwürfe").status()));
  REQUIRE(account->rename_folder("Entwürfe", "Plain").ok());
  CHECK(uids_of(*world.open(*account, "Plain")).size() == 1);
}
