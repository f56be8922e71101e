#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

namespace {

struct Inbox {
  explicit Inbox(int messages) : store(make_memory_store(clock, nullptr)) {
    inbox = *(*store->account({"ann@example.com", ""}))->open("INBOX");
    append(messages);
  }
  void append(int messages) {
    for (int i = 0; i < messages; ++i) {
      REQUIRE(inbox->append(std::vector{NewMessage{"x\r\n", {}, {}}}).ok());
    }
  }
  void flag(std::initializer_list<std::uint32_t> uids, std::uint8_t flags) {
    REQUIRE(inbox->change_flags(list_of(uids), {FlagChange::Mode::kAdd, {flags, {}}}).ok());
  }
  void expunge(std::initializer_list<std::uint32_t> uids) {
    flag(uids, kDeleted);
    REQUIRE(inbox->expunge(list_of(uids)).ok());
  }

  TestClock clock;
  std::unique_ptr<Store> store;
  std::shared_ptr<Mailbox> inbox;
};

}  // namespace

TEST_CASE("a view numbers the messages from 1 without gaps") {
  Inbox session(3);
  session.expunge({2});
  const MailboxView view(session.inbox);
  CHECK(view.size() == 2);
  CHECK(number(view.uid_at(2)) == 3);
  CHECK(view.sequence_of(uid(3)) == 2U);
  CHECK_FALSE(view.sequence_of(uid(2)));
}

TEST_CASE("expunges are told in an order in which each number is right") {
  Inbox session(6);
  MailboxView view(session.inbox);
  session.expunge({2, 3, 6});
  const auto update = view.pull(true);
  CHECK(update.expunged == std::vector<std::uint32_t>{2, 2, 4});
  CHECK(numbers(view.uids()) == std::vector<std::uint32_t>{1, 4, 5});
  CHECK_FALSE(update.has_new);
  CHECK(view.pull(true).expunged.empty());
}

TEST_CASE("while expunges must wait the numbers stay, and new messages come behind") {
  Inbox session(3);
  MailboxView view(session.inbox);
  session.expunge({1});
  session.append(1);
  auto update = view.pull(false);
  CHECK(update.expunged.empty());
  CHECK(update.has_new);
  CHECK(view.size() == 4);
  CHECK(view.sequence_of(uid(4)) == 4U);
  session.expunge({3});
  update = view.pull(true);
  CHECK(update.expunged == std::vector<std::uint32_t>{1, 2});
  CHECK(numbers(view.uids()) == std::vector<std::uint32_t>{2, 4});
}

TEST_CASE("a message that came and went between two looks is never mentioned") {
  Inbox session(1);
  MailboxView view(session.inbox);
  session.append(1);
  session.expunge({2});
  const auto update = view.pull(true);
  CHECK(update.expunged.empty());
  CHECK_FALSE(update.has_new);
  CHECK(update.changed.empty());
}

TEST_CASE("changed flags are told once, new messages without them, own changes not at all") {
  Inbox session(3);
  MailboxView view(session.inbox);
  session.append(1);
  session.flag({4}, kSeen);
  session.flag({1, 2}, kFlagged);
  view.acknowledge(*session.inbox->find(list_of({2}))[0]);
  const auto update = view.pull(false);
  CHECK(update.has_new);
  REQUIRE(update.changed.size() == 1);
  CHECK(update.changed[0].sequence == 1);
  CHECK(update.changed[0].info.flags.has(kFlagged));
  CHECK(view.pull(false).changed.empty());
}

TEST_CASE("somebody else's change after our own is told") {
  Inbox session(1);
  MailboxView view(session.inbox);
  session.flag({1}, kFlagged);
  view.acknowledge(*session.inbox->find(list_of({1}))[0]);
  session.flag({1}, kSeen);
  CHECK(view.pull(false).changed.size() == 1);
}

TEST_CASE("\\Recent counts what the view has, and goes with the message") {
  Inbox session(2);
  MailboxView view(session.inbox);
  session.append(1);
  view.add_recent(*session.inbox->claim_recent());
  CHECK(view.recent_count() == 2);
  view.pull(false);
  CHECK(view.recent_count() == 3);
  CHECK(view.is_recent(uid(3)));
  session.expunge({1});
  view.pull(true);
  CHECK(view.recent_count() == 2);
}

TEST_CASE("two views of one folder have their own numbers") {
  Inbox session(3);
  MailboxView first(session.inbox);
  MailboxView second(session.inbox);
  session.expunge({1});
  first.pull(true);
  CHECK(first.sequence_of(uid(3)) == 2U);
  CHECK(second.sequence_of(uid(3)) == 3U);
  second.pull(true);
  CHECK(second.uids() == first.uids());
}
