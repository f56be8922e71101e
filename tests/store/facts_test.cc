// When the files of messages are looked at: a folder that is seen for the first time is listed, and
// no more, unless a name does not tell what is needed.
#include "mail/base/forgetful.h"
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;
using Operation = ForgetfulFilesystem::Operation;

namespace {

const std::string kHome = "/mail/example.com/ann";

WallTime day(int number) { return WallTime(hours(24) * (10'000 + number)); }

}  // namespace

TEST_CASE(
    "a folder that was never seen is listed, and no message is looked at until a date is asked") {
  TestClock clock;
  TestRandom random;
  ForgetfulFilesystem fs(1, [&clock] { return clock.wall(); });
  REQUIRE(make_directories(fs, kHome, 0700).ok());
  MaildirOptions options;
  options.root = "/mail";
  options.boot_id = "1";
  auto store = make_maildir_store(fs, clock, random, nullptr, options);
  constexpr int kMessages = 100;
  {
    const auto inbox = *(*store->account({"ann@example.com", ""}))->open("INBOX");
    const NewMessage one{"Subject: x\r\n\r\ny\r\n", {kSeen, {}}, day(1)};
    REQUIRE(inbox->append(std::vector<NewMessage>(kMessages, one)).ok());
  }
  store = make_maildir_store(fs, clock, random, nullptr, options);
  for (const char* name : {"/libmail.index", "/dovecot-uidlist"}) {
    REQUIRE(fs.unlink(kHome + name).ok());
  }
  clock.advance(seconds(10));
  const auto account = *store->account({"ann@example.com", ""});
  fs.reset_counts();
  const auto inbox = *account->open("INBOX");
  const auto uids = *inbox->uids().uids;
  CHECK(uids.size() == kMessages);
  CHECK(inbox->status().size == kMessages * 17);
  CHECK(fs.count(Operation::kInfo) < 30);
  CHECK(fs.count(Operation::kOpen) < 8);
  CHECK(fs.count(Operation::kList) == 4);  // new/, cur/, tmp/; the account's, for UIDVALIDITY
  fs.reset_counts();
  inbox->learn_dates(uids);
  CHECK(fs.count(Operation::kInfo) == kMessages);
  for (const auto& info : inbox->find(uids)) CHECK(info->internal_date == day(1));
  fs.reset_counts();
  inbox->learn_dates(uids);
  CHECK(fs.operations() == 0);
  SECTION("they are remembered") {
    store = make_maildir_store(fs, clock, random, nullptr, options);
    const auto again = *(*store->account({"ann@example.com", ""}))->open("INBOX");
    for (const auto& info : again->find(uids)) CHECK(info->internal_date == day(1));
  }
  SECTION("a copy has the date") {
    const auto other = *store->account({"bob@example.com", ""});
    const auto theirs = *other->open("INBOX");
    REQUIRE(inbox->copy(list_of({1}), *theirs).ok());
    theirs->learn_dates(list_of({1}));
    CHECK(theirs->find(list_of({1}))[0]->internal_date == day(1));
  }
}

TEST_CASE("a date is found when another program renames the file meanwhile") {
  MaildirWorld world;
  world.inbox();
  const std::string name = kHome + "/cur/1.M1P1.h,S=2,W=3:2,";
  world.write(name, "x\n");
  REQUIRE(world.fs.set_modified(name, day(2)).ok());
  const auto inbox = world.inbox();
  CHECK(inbox->find(list_of({1}))[0]->internal_date == WallTime());
  REQUIRE(world.fs.rename(name, name + "S").ok());
  inbox->learn_dates(list_of({1, 7}));
  CHECK(inbox->find(list_of({1}))[0]->internal_date == day(2));
  CHECK(inbox->find(list_of({1}))[0]->flags.has(kSeen));
  REQUIRE(world.fs.unlink(name + "S").ok());
  inbox->learn_dates(list_of({1}));
}

TEST_CASE("a name that has its sizes wrong is found out when the file is looked at") {
  MaildirWorld world;
  world.inbox();
  world.write(kHome + "/cur/1.M1P1.h,S=500,W=510:2,S", "Subject: x\n\ny\n");
  const auto inbox = world.inbox();
  CHECK(inbox->status().size == 510);
  inbox->learn_dates(list_of({1}));
  CHECK(inbox->find(list_of({1}))[0]->size == 17);
  CHECK(inbox->status().size == 17);
}
