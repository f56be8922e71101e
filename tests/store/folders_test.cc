// What every store does with folders, whatever is behind it.
#include <set>

#include "every_store.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

TEST_CASE("a folder has one MAILBOXID whatever its name is, and no other folder gets it") {
  on_every_store([](World& world) {
    const auto account = world.account();
    std::set<std::string> all;
    const auto is_fresh = [&all](const std::string& id) {
      return is_object_id(id) && all.insert(id).second;
    };
    CHECK(is_fresh(world.inbox()->mailbox_id()));
    CHECK(is_fresh(world.inbox("bob@example.com")->mailbox_id()));
    const std::string id = account->create_folder("Work").value();
    CHECK(is_fresh(id));
    const std::string of_child = account->create_folder("Work.2024").value();
    CHECK(is_fresh(of_child));
    CHECK(world.open(*account, "Work")->mailbox_id() == id);
    const auto work = world.open(*account, "Work");
    REQUIRE(account->rename_folder("Work", "Old").ok());
    CHECK(work->mailbox_id() == id);
    CHECK(world.open(*account, "Old")->mailbox_id() == id);
    CHECK(world.open(*account, "Old.2024")->mailbox_id() == of_child);
    CHECK(is_fresh(account->create_folder("Work").value()));
    REQUIRE(account->delete_folder("Old").ok());
    CHECK(is_fresh(account->create_folder("Old").value()));
    // RFC 8474 §8.2: INBOX stays, its messages go to another folder.
    const std::string of_inbox = world.inbox()->mailbox_id();
    append(*world.inbox(), {new_message(kOne)});
    const auto email = world.inbox()->email_ids(list_of({1}));
    REQUIRE(account->rename_folder("INBOX", "Saved").ok());
    CHECK(world.inbox()->mailbox_id() == of_inbox);
    CHECK(is_fresh(world.open(*account, "Saved")->mailbox_id()));
    CHECK(world.open(*account, "Saved")->email_ids(list_of({1})) == email);
  });
}

TEST_CASE("folders are created, listed with their parents, and refused under bad names") {
  on_every_store([](World& world) {
    const auto account = world.account();
    REQUIRE(account->create_folder("Work.2024.Q1").ok());
    REQUIRE(account->create_folder("Entwürfe").ok());
    REQUIRE(account->create_folder("INBOX.spam").ok());
    REQUIRE(account->create_folder("A & B").ok());
    CHECK(folder_names(*account) ==
          std::vector<std::string>{"INBOX +", "A & B", "Entwürfe", "INBOX.spam", "Work (parent) +",
                                   "Work.2024 (parent) +", "Work.2024.Q1"});
    CHECK(absl::IsAlreadyExists(account->create_folder("inbox").status()));
    CHECK(absl::IsAlreadyExists(account->create_folder("Entwürfe").status()));
    REQUIRE(account->create_folder("Work").ok());
    CHECK(account->open("Work").ok());
    CHECK(absl::IsNotFound(account->open("Work.2024").status()));
    CHECK(absl::IsNotFound(account->status("nothing").status()));
    std::string long_name(254, 'x');
    CHECK(account->create_folder(long_name).ok());
    std::string deep = "x";
    for (int level = 1; level < 64; ++level) deep += ".x";
    CHECK(account->create_folder(deep).ok());
    for (const std::string& name :
         std::vector<std::string>{"", ".", "..", "a..b", ".a", "a.", "a/b", "../x", "a\nb", "a\x7f",
                                  std::string("a\0b", 3), "\xff", long_name + "x", deep + ".x"}) {
      INFO(name);
      CHECK(absl::IsInvalidArgument(account->create_folder(name).status()));
      CHECK(absl::IsInvalidArgument(account->open(name).status()));
      CHECK(absl::IsInvalidArgument(account->subscribe(name)));
      CHECK(absl::IsInvalidArgument(account->rename_folder("Work", name)));
    }
  });
}

TEST_CASE("a deleted folder takes its messages, not its children, and a new one is another") {
  on_every_store([](World& world) {
    const auto account = world.account();
    REQUIRE(account->create_folder("Work").ok());
    REQUIRE(account->create_folder("Work.2024").ok());
    const auto work = world.open(*account, "Work");
    append(*work, {new_message(kOne)});
    const UidValidity old = work->status().uid_validity;
    REQUIRE(account->delete_folder("Work").ok());
    CHECK(folder_names(*account) ==
          std::vector<std::string>{"INBOX", "Work (parent) +", "Work.2024"});
    CHECK(absl::IsNotFound(work->refresh()));
    CHECK(absl::IsNotFound(work->append(std::vector{new_message(kOne)}).status()));
    CHECK(absl::IsNotFound(account->delete_folder("Work")));
    CHECK(absl::IsFailedPrecondition(account->delete_folder("Inbox")));
    REQUIRE(account->create_folder("Work").ok());
    const auto again = world.open(*account, "Work");
    CHECK(uids_of(*again).empty());
    CHECK(number(again->status().uid_validity) > number(old));
  });
}

TEST_CASE("a renamed folder keeps UIDs, UIDVALIDITY and sessions, and its children move along") {
  on_every_store([](World& world) {
    const auto account = world.account();
    REQUIRE(account->create_folder("Work").ok());
    REQUIRE(account->create_folder("Work.2024").ok());
    REQUIRE(account->create_folder("Workshop").ok());
    const auto work = world.open(*account, "Work");
    append(*work, {new_message(kOne), new_message(kTwo)});
    const UidValidity validity = work->status().uid_validity;
    REQUIRE(account->rename_folder("Work", "Old.Work").ok());
    CHECK(folder_names(*account) == std::vector<std::string>{"INBOX", "Old (parent) +",
                                                             "Old.Work +", "Old.Work.2024",
                                                             "Workshop"});
    CHECK(text_of(*work, 2) == kTwo);
    CHECK(numbers(append(*work, {new_message(kOne)})) == std::vector<std::uint32_t>{3});
    const auto renamed = world.open(*account, "Old.Work");
    CHECK(renamed == work);
    CHECK(renamed->status().uid_validity == validity);
    CHECK(absl::IsNotFound(account->rename_folder("Work", "x")));
    CHECK(absl::IsAlreadyExists(account->rename_folder("Workshop", "Old.Work")));
    CHECK(absl::IsAlreadyExists(account->rename_folder("Workshop", "inbox")));
    CHECK(absl::IsInvalidArgument(account->rename_folder("Old.Work", "Old.Work.x")));
    REQUIRE(account->rename_folder("Old", "New").ok());
    CHECK(folder_names(*account) == std::vector<std::string>{"INBOX", "New (parent) +",
                                                             "New.Work +", "New.Work.2024",
                                                             "Workshop"});
  });
}

TEST_CASE("renaming INBOX moves its messages to a new folder") {
  on_every_store([](World& world) {
    const auto account = world.account();
    const auto inbox = world.inbox();
    append(*inbox, {new_message(kOne, kSeen), new_message(kTwo)});
    REQUIRE(account->create_folder("INBOX.sub").ok());
    REQUIRE(account->rename_folder("INBOX", "Saved").ok());
    CHECK(uids_of(*inbox).empty());
    const auto saved = world.open(*account, "Saved");
    CHECK(text_of(*saved, 1) == kOne);
    CHECK(text_of(*saved, 2) == kTwo);
    CHECK(folder_names(*account) == std::vector<std::string>{"INBOX +", "INBOX.sub", "Saved"});
    CHECK(absl::IsAlreadyExists(account->rename_folder("INBOX", "Saved")));
  });
}

TEST_CASE("subscriptions are kept whether the folder exists or not") {
  on_every_store([](World& world) {
    const auto account = world.account();
    CHECK(account->subscriptions()->empty());
    REQUIRE(account->subscribe("Work.2024").ok());
    REQUIRE(account->subscribe("inbox").ok());
    REQUIRE(account->subscribe("Entwürfe").ok());
    REQUIRE(account->subscribe("Work.2024").ok());
    CHECK(*account->subscriptions() == std::vector<std::string>{"Entwürfe", "INBOX", "Work.2024"});
    REQUIRE(account->unsubscribe("Work.2024").ok());
    REQUIRE(account->unsubscribe("never").ok());
    CHECK(*account->subscriptions() == std::vector<std::string>{"Entwürfe", "INBOX"});
  });
}

TEST_CASE("a folder that is open is one object for all") {
  on_every_store([](World& world) {
    const auto first = world.inbox();
    CHECK(world.inbox() == first);
    CHECK(world.account() == world.account());
  });
}

TEST_CASE("STATUS tells what SELECT would, without a session") {
  on_every_store([](World& world) {
    REQUIRE(world.deliver(kOne).ok());
    const auto status = world.account()->status("INBOX");
    REQUIRE(status.ok());
    CHECK(status->messages == 1);
    CHECK(status->recent == 1);
    CHECK(number(status->uid_next) == 2);
    CHECK(number(status->highest_modseq) > 0);
  });
}
