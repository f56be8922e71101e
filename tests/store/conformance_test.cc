// What every store does with messages, whatever is behind it.
#include <set>
#include <thread>

#include "every_store.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

TEST_CASE("a new account has an empty INBOX with a UIDVALIDITY") {
  on_every_store([](World& world) {
    const auto inbox = world.inbox();
    const FolderStatus status = inbox->status();
    CHECK(number(status.uid_validity) != 0);
    CHECK(number(status.uid_next) == 1);
    CHECK(status.messages == 0);
    CHECK(folder_names(*world.account()) == std::vector<std::string>{"INBOX"});
  });
}

TEST_CASE("what is delivered is there, in order, with its size and its date") {
  on_every_store([](World& world) {
    REQUIRE(world.deliver(kOne).ok());
    const WallTime first = world.clock.wall();
    REQUIRE(world.deliver(kTwo).ok());
    const auto inbox = world.inbox();
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 2});
    CHECK(text_of(*inbox, 1) == kOne);
    CHECK(text_of(*inbox, 2) == kTwo);
    inbox->learn_dates(list_of({1, 3}));
    const auto info = inbox->find(list_of({1, 3}));
    REQUIRE(info[0]);
    CHECK(info[0]->size == kOne.size());
    CHECK(info[0]->internal_date == first);
    CHECK(info[0]->flags == Flags{});
    CHECK_FALSE(info[1]);
    const FolderStatus status = inbox->status();
    CHECK(status.messages == 2);
    CHECK(status.unseen == 2);
    CHECK(status.recent == 2);
    CHECK(number(status.uid_next) == 3);
    CHECK(status.size == kOne.size() + kTwo.size());
    CHECK(absl::IsNotFound(inbox->read(uid(3)).status()));
  });
}

TEST_CASE("a delivery to an open folder wakes its sessions, who find it after a refresh") {
  on_every_store([](World& world) {
    const auto inbox = world.inbox();
    const ModSeq mark = inbox->snapshot().now;
    REQUIRE(world.deliver(kOne).ok());
    CHECK(world.bus.count(mailbox_topic("ann@example.com", "INBOX")) >= 1);
    REQUIRE(inbox->refresh().ok());
    const Changes changes = inbox->changes(mark);
    REQUIRE(changes.messages.size() == 1);
    CHECK(number(changes.messages[0].uid) == 1);
    CHECK(changes.now > mark);
    CHECK(inbox->changes(changes.now).messages.empty());
  });
}

TEST_CASE("one message for several targets carries each target's header") {
  on_every_store([](World& world) {
    REQUIRE(world.account()->create_folder("Work").ok());
    world.account("bob@example.com");
    const Target targets[] = {{{"ann@example.com", ""}, "INBOX", "X-To: both\r\n"},
                              {{"bob@example.com", ""}, "inbox", "X-To: both\r\n"},
                              {{"ann@example.com", ""}, "Work", "X-To: work\r\n"}};
    const std::string_view pieces[] = {"Subject: x\r", "\n\r\n", "body\r\n"};
    REQUIRE(world.store->deliver(targets, pieces, world.clock.wall()).ok());
    CHECK(text_of(*world.inbox(), 1) == "X-To: both\r\nSubject: x\r\n\r\nbody\r\n");
    CHECK(text_of(*world.inbox("bob@example.com"), 1) ==
          "X-To: both\r\nSubject: x\r\n\r\nbody\r\n");
    const auto work = world.open(*world.account(), "Work");
    CHECK(text_of(*work, 1) == "X-To: work\r\nSubject: x\r\n\r\nbody\r\n");
  });
}

TEST_CASE("a delivery reaches all targets or none") {
  on_every_store([](World& world) {
    const Target targets[] = {{{"ann@example.com", ""}, "INBOX", ""},
                              {{"ann@example.com", ""}, "Missing", ""}};
    const std::string_view pieces[] = {kOne};
    CHECK(absl::IsNotFound(world.store->deliver(targets, pieces, world.clock.wall())));
    CHECK(uids_of(*world.inbox()).empty());
    const Target bad[] = {{{"ann@example.com", ""}, "INBOX", ""},
                          {{"../etc@example.com", ""}, "INBOX", ""}};
    CHECK(absl::IsInvalidArgument(world.store->deliver(bad, pieces, world.clock.wall())));
    CHECK(uids_of(*world.inbox()).empty());
  });
}

TEST_CASE("addresses that could leave the mail folder are refused") {
  on_every_store([](World& world) {
    for (const char* address : {"", "ann", "@example.com", "ann@", "a/b@example.com", "..@example",
                                "ann@..", "ann@a/b", "ann@.hidden", "a\nb@example.com"}) {
      INFO(address);
      CHECK(absl::IsInvalidArgument(world.store->account({address, ""}).status()));
    }
  });
}

TEST_CASE("appended messages keep bytes, flags, keywords and dates, and get UIDs in order") {
  on_every_store([](World& world) {
    const auto inbox = world.inbox();
    const auto uids = append(*inbox, {new_message(kOne, kSeen | kFlagged, {"$Junk", "Work"}),
                                      new_message(kTwo, 0, {"work"}), new_message("")});
    CHECK(numbers(uids) == std::vector<std::uint32_t>{1, 2, 3});
    CHECK(text_of(*inbox, 1) == kOne);
    CHECK(text_of(*inbox, 3).empty());
    CHECK(inbox->keywords() == std::vector<std::string>{"$Junk", "Work"});
    const auto info = inbox->find(uids);
    CHECK(info[0]->flags == Flags{kSeen | kFlagged, 3});
    CHECK(info[1]->flags == Flags{0, 2});
    CHECK(info[0]->internal_date == WallTime(std::chrono::seconds(1'000'000'000)));
    CHECK(info[2]->size == 0);
    CHECK(inbox->status().recent == 3);
    CHECK(inbox->append({})->empty());
  });
}

TEST_CASE("bytes survive whatever their line ends are") {
  const std::string table[] = {"a\r\nb\r\n", "no end",   "\r\n",        "a\r",
                               "a\r\r\nb",   "\r\r\r\n", "a\rb\r\nc\r", std::string("a\0b\r\n", 5)};
  on_every_store([&](World& world) {
    const auto inbox = world.inbox();
    for (const std::string& bytes : table) {
      const auto uids = append(*inbox, {new_message(bytes)});
      CHECK(text_of(*inbox, number(uids[0])) == bytes);
      CHECK(inbox->find(uids)[0]->size == bytes.size());
    }
    // A bare LF, which no protocol lets in, ends a line.
    const auto uids = append(*inbox, {new_message("a\nb\r\n")});
    CHECK(text_of(*inbox, number(uids[0])) == "a\r\nb\r\n");
  });
}

TEST_CASE("flags are replaced, added and removed, and every session sees it") {
  on_every_store([](World& world) {
    const auto inbox = world.inbox();
    append(*inbox, {new_message(kOne, kSeen), new_message(kTwo)});
    const ModSeq mark = inbox->snapshot().now;
    auto changed = inbox->change_flags(list_of({1, 2, 9}), add(kFlagged, {"Later"}));
    REQUIRE(changed.ok());
    REQUIRE(changed->size() == 2);
    CHECK((*changed)[0].flags == Flags{kSeen | kFlagged, 1});
    CHECK((*changed)[1].flags == Flags{kFlagged, 1});
    CHECK(inbox->changes(mark).messages == *changed);
    const ModSeq second = inbox->snapshot().now;
    changed = inbox->change_flags(list_of({1}), {FlagChange::Mode::kRemove, {kFlagged, {"LATER"}}});
    CHECK((*changed)[0].flags == Flags{kSeen, 0});
    changed = inbox->change_flags(list_of({1}), {FlagChange::Mode::kRemove, {0, {"unheard-of"}}});
    CHECK((*changed)[0].flags == Flags{kSeen, 0});
    changed = inbox->change_flags(list_of({2}), {FlagChange::Mode::kReplace, {kDraft, {}}});
    CHECK((*changed)[0].flags == Flags{kDraft, 0});
    CHECK(inbox->changes(second).messages.size() == 2);
    // Nothing changed: nothing is told.
    const ModSeq third = inbox->snapshot().now;
    REQUIRE(inbox->change_flags(list_of({2}), add(kDraft)).ok());
    CHECK(inbox->changes(third).messages.empty());
    CHECK(inbox->keywords() == std::vector<std::string>{"Later"});
    CHECK(text_of(*inbox, 2) == kTwo);
  });
}

TEST_CASE("a folder that has no room for another keyword says so and changes nothing") {
  on_every_store([](World& world) {
    const auto inbox = world.inbox();
    append(*inbox, {new_message(kOne)});
    Status status;
    int keywords = 0;
    while (status.ok() && keywords < 100) {
      status = inbox->change_flags(list_of({1}), add(0, {cat("k", keywords)})).status();
      if (status.ok()) ++keywords;
    }
    CHECK(absl::IsResourceExhausted(status));
    CHECK((keywords == 26 || keywords == 64));
    CHECK(inbox->keywords().size() == static_cast<std::size_t>(keywords));
    CHECK(absl::IsResourceExhausted(
        inbox->append(std::vector{new_message(kOne), new_message(kTwo, 0, {"more"})}).status()));
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1});
    CHECK(inbox->change_flags(list_of({1}), add(kSeen, {"K0"})).ok());
  });
}

TEST_CASE("POP3 sees every message with a unique-id that no other will get") {
  on_every_store([](World& world) {
    const auto inbox = world.inbox();
    append(*inbox, {new_message(kOne), new_message(kTwo, kDeleted)});
    const auto first = inbox->pop3_messages();
    REQUIRE(first.size() == 2);
    CHECK(first[0].unique_id.starts_with("00000001"));
    CHECK(first[0].unique_id.size() == 16);
    CHECK(first[1].size == inbox->find(list_of({2}))[0]->size);
    REQUIRE(inbox->expunge(list_of({2})).ok());
    append(*inbox, {new_message(kTwo)});
    const auto second = inbox->pop3_messages();
    REQUIRE(second.size() == 2);
    CHECK(second[0] == first[0]);
    CHECK(second[1].unique_id.starts_with("00000003"));
  });
}

TEST_CASE("a summary has what clients list, in the order asked for") {
  on_every_store([](World& world) {
    const auto inbox = world.inbox();
    append(*inbox, {new_message("Subject: a\r\nX-Other: b\r\n\r\ntext\r\n"),
                    new_message("To: <x@y.z>\r\n\r\n")});
    for (int i = 0; i < 2; ++i) {  // the second time nothing is read
      const auto summaries = inbox->summaries(list_of({2, 9, 1}));
      REQUIRE(summaries.size() == 3);
      CHECK_FALSE(summaries[1]);
      REQUIRE(summaries[0]);
      REQUIRE(summaries[2]);
      CHECK(summaries[0]->header == "To: <x@y.z>\r\n\r\n");
      CHECK(summaries[2]->header == "Subject: a\r\n\r\n");
      CHECK(summaries[2]->envelope == "(NIL \"a\" NIL NIL NIL NIL NIL NIL NIL NIL)");
      CHECK(summaries[2]->body.starts_with("(\"text\" \"plain\" "));
      CHECK(summaries[2]->body_structure.starts_with("(\"text\" \"plain\" "));
      CHECK(summaries[2]->preview == "\"text\"");
      CHECK(summaries[0]->preview == "\"\"");  // RFC 8970 §3.2: nothing to show
    }
  });
}

TEST_CASE("expunge removes what carries \\Deleted, and no UID comes back") {
  on_every_store([](World& world) {
    const auto inbox = world.inbox();
    append(*inbox, {new_message(kOne), new_message(kTwo, kDeleted), new_message(kOne, kDeleted)});
    const ModSeq mark = inbox->snapshot().now;
    auto removed = inbox->expunge(list_of({1, 3}));
    REQUIRE(removed.ok());
    CHECK(numbers(*removed) == std::vector<std::uint32_t>{3});
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 2});
    CHECK(numbers(inbox->changes(mark).expunged) == std::vector<std::uint32_t>{3});
    CHECK(inbox->expunge(list_of({1, 3}))->empty());
    CHECK(absl::IsNotFound(inbox->read(uid(3)).status()));
    CHECK(numbers(append(*inbox, {new_message(kOne)})) == std::vector<std::uint32_t>{4});
  });
}

TEST_CASE("a copy keeps flags, keywords, dates and bytes") {
  on_every_store([](World& world) {
    const auto account = world.account();
    REQUIRE(account->create_folder("Archive").ok());
    const auto inbox = world.inbox();
    const auto archive = world.open(*account, "Archive");
    append(*archive, {new_message(kTwo, 0, {"other", "mine"})});
    append(*inbox, {new_message(kOne, kSeen, {"mine"}), new_message(kTwo)});
    const auto pairs = inbox->copy(list_of({1, 2, 7}), *archive);
    INFO(pairs.status().ToString());
    REQUIRE(pairs.ok());
    CHECK(*pairs == UidPairs{{uid(1), uid(2)}, {uid(2), uid(3)}});
    const auto info = archive->find(list_of({2, 3}));
    CHECK(info[0]->flags == Flags{kSeen, 2});
    CHECK(info[0]->internal_date == inbox->find(list_of({1}))[0]->internal_date);
    CHECK(info[0]->size == kOne.size());
    CHECK(text_of(*archive, 2) == kOne);
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 2});
    // Into itself: a second message.
    CHECK(*inbox->copy(list_of({1}), *inbox) == UidPairs{{uid(1), uid(3)}});
    CHECK(text_of(*inbox, 3) == kOne);
    REQUIRE(inbox->change_flags(list_of({1}), add(kDeleted)).ok());
    REQUIRE(inbox->expunge(list_of({1})).ok());
    CHECK(text_of(*archive, 2) == kOne);
    CHECK(text_of(*inbox, 3) == kOne);
  });
}

TEST_CASE("a moved message is in the other folder, and gone here") {
  on_every_store([](World& world) {
    const auto account = world.account();
    REQUIRE(account->create_folder("Archive").ok());
    const auto inbox = world.inbox();
    const auto archive = world.open(*account, "Archive");
    append(*inbox, {new_message(kOne, kSeen, {"mine"}), new_message(kTwo)});
    const ModSeq mark = inbox->snapshot().now;
    const auto pairs = inbox->move(list_of({2, 1}), *archive);
    INFO(pairs.status().ToString());
    REQUIRE(pairs.ok());
    CHECK(*pairs == UidPairs{{uid(1), uid(1)}, {uid(2), uid(2)}});
    CHECK(uids_of(*inbox).empty());
    CHECK(numbers(inbox->changes(mark).expunged) == std::vector<std::uint32_t>{1, 2});
    CHECK(text_of(*archive, 1) == kOne);
    CHECK(archive->find(list_of({1}))[0]->flags == Flags{kSeen, 1});
    CHECK(archive->keywords() == std::vector<std::string>{"mine"});
    // Into itself: a new UID, the old one is gone.
    CHECK(*archive->move(list_of({1}), *archive) == UidPairs{{uid(1), uid(3)}});
    CHECK(uids_of(*archive) == std::vector<std::uint32_t>{2, 3});
    CHECK(text_of(*archive, 3) == kOne);
    REQUIRE(archive->refresh().ok());
    CHECK(uids_of(*archive) == std::vector<std::uint32_t>{2, 3});
  });
}

TEST_CASE(
    "a message has one EMAILID for ever, a copied or moved one the same, another one another") {
  on_every_store([](World& world) {
    const auto account = world.account();
    REQUIRE(account->create_folder("Archive").ok());
    const auto inbox = world.inbox();
    const auto archive = world.open(*account, "Archive");
    REQUIRE(world.deliver(kOne).ok());
    REQUIRE(inbox->refresh().ok());
    append(*inbox, {new_message(kOne), new_message(kTwo, kSeen)});
    const auto ids = inbox->email_ids(list_of({1, 2, 3, 9}));
    REQUIRE(ids.size() == 4);
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 4);
    CHECK(ids[3].empty());
    for (int i = 0; i < 3; ++i) CHECK(is_object_id(ids[i]));
    // The flags are another thing.
    REQUIRE(inbox->claim_recent().ok());
    REQUIRE(inbox->change_flags(list_of({1, 2, 3}), add(kFlagged, {"mine"})).ok());
    CHECK(inbox->email_ids(list_of({3, 2, 1})) == std::vector{ids[2], ids[1], ids[0]});
    // A copy of a copy, a copy in the same folder, a copy that is moved.
    REQUIRE(inbox->copy(list_of({1, 2}), *archive).ok());
    REQUIRE(archive->copy(list_of({1}), *archive).ok());
    CHECK(archive->email_ids(list_of({1, 2, 3})) == std::vector{ids[0], ids[1], ids[0]});
    REQUIRE(inbox->move(list_of({3}), *archive).ok());
    REQUIRE(archive->move(list_of({3, 4}), *inbox).ok());
    CHECK(inbox->email_ids(list_of({1, 2, 4, 5})) == std::vector{ids[0], ids[1], ids[0], ids[2]});
    const auto other = world.inbox("bob@example.com");
    REQUIRE(inbox->copy(list_of({5}), *other).ok());
    CHECK(other->email_ids(list_of({1})) == std::vector{ids[2]});
  });
}

TEST_CASE("messages do not cross from one store to another") {
  on_every_store([](World& world) {
    const auto other = make_memory_store(world.clock, nullptr);
    const auto theirs = *(*other->account({"ann@example.com", ""}))->open("INBOX");
    const auto inbox = world.inbox();
    append(*inbox, {new_message(kOne)});
    CHECK(absl::IsInvalidArgument(inbox->copy(list_of({1}), *theirs).status()));
    CHECK(absl::IsInvalidArgument(inbox->move(list_of({1}), *theirs).status()));
  });
}

TEST_CASE("\\Recent messages are claimed by one session only") {
  on_every_store([](World& world) {
    REQUIRE(world.deliver(kOne).ok());
    const auto inbox = world.inbox();
    append(*inbox, {new_message(kTwo, kSeen)});
    CHECK(numbers(*inbox->claim_recent()) == std::vector<std::uint32_t>{1, 2});
    CHECK(inbox->claim_recent()->empty());
    CHECK(inbox->status().recent == 0);
    CHECK(text_of(*inbox, 1) == kOne);
    REQUIRE(inbox->refresh().ok());
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1, 2});
    CHECK(world.inbox()->status().recent == 0);
  });
}

TEST_CASE("UIDs, flags, keywords and subscriptions outlive the objects") {
  on_every_store([](World& world) {
    UidValidity validity{};
    {
      const auto account = world.account();
      const auto inbox = world.inbox();
      validity = inbox->status().uid_validity;
      append(*inbox, {new_message(kOne, kSeen, {"a", "b"}), new_message(kTwo, kDeleted)});
      REQUIRE(inbox->expunge(list_of({2})).ok());
      REQUIRE(account->subscribe("X").ok());
    }
    const auto inbox = world.inbox();
    CHECK(inbox->status().uid_validity == validity);
    CHECK(number(inbox->status().uid_next) == 3);
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{1});
    CHECK(inbox->keywords() == std::vector<std::string>{"a", "b"});
    CHECK(inbox->find(list_of({1}))[0]->flags == Flags{kSeen, 3});
    CHECK(*world.account()->subscriptions() == std::vector<std::string>{"X"});
  });
}

TEST_CASE("many threads deliver, append, flag, copy, move and expunge, and nothing is lost") {
  on_every_store([](World& world) {
    REQUIRE(world.account()->create_folder("Other").ok());
    const auto inbox = world.inbox();
    const auto other = world.open(*world.account(), "Other");
    constexpr int kEach = 12;
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&world, &failures, t] {
        for (int i = 0; i < kEach; ++i) {
          const std::string bytes = cat("Subject: d", t, "-", i, "\r\n\r\n");
          const Target targets[] = {{{"ann@example.com", ""}, "INBOX", ""}};
          const std::string_view pieces[] = {bytes};
          if (!world.store->deliver(targets, pieces, world.clock.wall()).ok()) ++failures;
        }
      });
      threads.emplace_back([&inbox, &failures, t] {
        for (int i = 0; i < kEach; ++i) {
          const std::vector messages = {new_message(cat("Subject: a", t, "-", i, "\r\n\r\n"))};
          if (!inbox->append(messages).ok()) ++failures;
        }
      });
    }
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        if (!inbox->refresh().ok() || !inbox->claim_recent().ok()) ++failures;
        const auto uids = inbox->snapshot().messages;
        if (uids.empty()) continue;
        const Uid one[] = {uids.front().uid};
        Mailbox& to = *other;
        if (!inbox->move(one, to).ok()) ++failures;
        if (!other->refresh().ok()) ++failures;
      }
    });
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        MailboxView view(inbox);
        if (!inbox->change_flags(view.uids(), add(kFlagged, {"t"})).ok()) ++failures;
        const auto back = other->snapshot().messages;
        if (back.empty()) continue;
        const Uid one[] = {back.back().uid};
        if (!other->move(one, *inbox).ok()) ++failures;
      }
    });
    for (std::thread& thread : threads) thread.join();
    CHECK(failures == 0);
    REQUIRE(inbox->refresh().ok());
    REQUIRE(other->refresh().ok());
    std::multiset<std::string> subjects;
    for (Mailbox* mailbox : {inbox.get(), other.get()}) {
      for (const std::uint32_t each : uids_of(*mailbox)) subjects.insert(text_of(*mailbox, each));
    }
    CHECK(subjects.size() == 4 * kEach);
    CHECK(std::set<std::string>(subjects.begin(), subjects.end()).size() == 4 * kEach);
  });
}
