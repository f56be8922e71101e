// EMAILID and MAILBOXID of a Maildir: Dovecot's GUIDs, read and written (docs/store.md,
// "Object identifiers").
#include "mail/base/forgetful.h"
#include "store/object_id.h"
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

namespace {

const std::string kHome = "/mail/example.com/ann";
const std::string kList = kHome + "/dovecot-uidlist";
const std::string kGuid = "3085f01b7f11094c501100008c4a11c1";
const std::string kDerived = derived_mailbox_guid("ann@example.com", "INBOX", UidValidity{5});

std::string id_of(Mailbox& mailbox, std::uint32_t number) {
  return mailbox.email_ids(list_of({number})).front();
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// One message, and a list that begins so.
void make_inbox(MaildirWorld& world, std::string_view header) {
  world.write(kHome + "/cur/1.a,S=2,W=3:2,S", "x\n");
  world.write(kList, cat(header, "\n4 :1.a,S=2,W=3\n"));
  world.clock.advance(seconds(10));
}

}  // namespace

TEST_CASE(
    "the GUID of a message is G of its record, else its base name, and a copy's record has it") {
  MaildirWorld world;
  world.write(kHome + "/cur/1.a,S=2,W=3:2,S", "x\n");
  world.write(kHome + "/cur/2.b,S=2,W=3:2,S", "y\n");
  world.write(kHome + "/cur/3 c,S=2,W=3:2,S", "z\n");
  world.write(kList, cat("3 V5 N9 G", kGuid, "\n4 W3 G", kGuid,
                         " S2 P7 :1.a,S=2,W=3\n5 :2.b,S=2,W=3\n6 :3 c,S=2,W=3\n"));
  world.clock.advance(seconds(10));
  const auto inbox = world.inbox();
  CHECK(id_of(*inbox, 4) == "E" + kGuid);
  CHECK(id_of(*inbox, 5) == email_id("2.b,S=2,W=3"));
  CHECK(id_of(*inbox, 6) == email_id("3 c,S=2,W=3"));
  const auto account = world.account();
  REQUIRE(account->create_folder("Work").ok());
  const auto work = world.open(*account, "Work");
  REQUIRE(inbox->copy(list_of({4, 5, 6}), *work).ok());
  const std::string text = world.read(kHome + "/.Work/dovecot-uidlist");
  CHECK(text.find(cat("\n1 S2 W3 G", kGuid, " :")) != std::string::npos);
  CHECK(text.find("\n2 G2.b,S=2,W=3 :") != std::string::npos);
  CHECK(text.find(cat("\n3 G", recordable_guid("3 c,S=2,W=3"), " :")) != std::string::npos);
  for (const std::uint32_t number : {1U, 2U, 3U}) {
    CHECK(id_of(*work, number) == id_of(*inbox, number + 3));
  }
  REQUIRE(work->move(list_of({2}), *inbox).ok());
  world.open_store();
  CHECK(id_of(*world.inbox(), 9) == email_id("2.b,S=2,W=3"));
}

TEST_CASE("of a base name that was found twice the message that keeps the name keeps the EMAILID") {
  MaildirWorld world;
  world.write(kHome + "/cur/2.b:2,S", "b\n");
  world.clock.advance(seconds(10));
  const auto inbox = world.inbox();
  const std::string id = id_of(*inbox, 1);
  world.write(kHome + "/new/2.b", "c\n");
  world.clock.advance(seconds(10));
  REQUIRE(inbox->refresh().ok());
  REQUIRE(uids_of(*inbox) == std::vector<std::uint32_t>{1, 2});
  CHECK(text_of(*inbox, 1) == "b\r\n");
  CHECK(id_of(*inbox, 1) == id);
  CHECK(id_of(*inbox, 2) != id);
}

TEST_CASE("a MAILBOXID is Dovecot's mailbox GUID and UIDVALIDITY") {
  MaildirWorld world;
  make_inbox(world, cat("3 V5 N9 P%f G", kGuid));
  const auto inbox = world.inbox();
  const std::string text = world.read(kList);
  CHECK(inbox->mailbox_id() == cat("F", kGuid, "00000005"));
  CHECK(world.read(kList) == text);
  REQUIRE(world.account()->create_folder("Work").ok());
  const auto work = world.open(*world.account(), "Work");
  const std::string header = first_line(world.read(kHome + "/.Work/dovecot-uidlist"));
  CHECK(work->mailbox_id().substr(1, 32) == header.substr(header.find('G') + 1));
}

TEST_CASE("a list without a mailbox GUID gets one when somebody asks, and keeps all else") {
  struct Row {
    std::string before;
    std::string after;
  };
  const Row rows[] = {{"3 V5 N9", "3 V5 N9 G"},
                      {"3 N9 V5 P%f Xy", "3 V5 N9 G? P%f Xy"},
                      {"3 V5 N9 Gshort P%f", "3 V5 N9 G? P%f"},
                      {"3 V5 N9 P%f Gnot0123456789abcdef0123456789abc", "3 V5 N9 G? P%f"}};
  for (const Row& row : rows) {
    INFO(row.before);
    MaildirWorld world;
    make_inbox(world, row.before);
    const std::string expected = cat("F", kDerived, "00000005");
    {
      const auto inbox = world.inbox();
      CHECK(world.read(kList) == row.before + "\n4 :1.a,S=2,W=3\n");  // nobody has asked
      CHECK(inbox->mailbox_id() == expected);
      const std::string text = world.read(kList);
      CHECK(first_line(text).find(" G" + kDerived) != std::string::npos);
      CHECK(first_line(text).size() ==
            first_line(row.after).size() + (row.after.ends_with('G') ? 32 : 31));
      CHECK(text.ends_with("\n4 :1.a,S=2,W=3\n"));
      CHECK(inbox->mailbox_id() == expected);
      CHECK(world.read(kList) == text);
      // What is added later goes behind it.
      const NewMessage messages[] = {{"y\r\n", {kSeen, {}}, {}}};
      REQUIRE(inbox->append(messages).ok());
      CHECK(world.read(kList).starts_with(text + "9 :"));
    }
    REQUIRE(world.account()->create_folder("Other").ok());
    world.open_store();
    CHECK(world.inbox()->mailbox_id() == expected);
    CHECK(uids_of(*world.inbox()) == std::vector<std::uint32_t>{4, 9});
  }
}

TEST_CASE(
    "a list that is written anew gets a mailbox GUID then, also one of version 1 or of Courier") {
  for (const bool is_courier : {false, true}) {
    MaildirWorld world;
    world.write(kHome + "/cur/1.a:2,S", "x\n");
    if (is_courier) {
      world.write(kHome + "/courierimapuiddb", "1 5 9\n4 1.a\n");
    } else {
      world.write(kList, "1 5 9\n4 1.a\n");
    }
    world.clock.advance(seconds(10));
    const auto inbox = world.inbox();
    CHECK(world.read(kList) == cat("3 V5 N9 G", kDerived, "\n4 W3 :1.a\n"));
    CHECK(inbox->mailbox_id() == cat("F", kDerived, "00000005"));
  }
}

TEST_CASE("a GUID that another program gave meanwhile, or dropped, is the folder's") {
  MaildirWorld world;
  make_inbox(world, "3 V5 N9");
  const auto inbox = world.inbox();
  world.write(kList, cat("3 V5 N10 G", kGuid, "\n4 :1.a,S=2,W=3\n9 :gone\n"));
  CHECK(inbox->mailbox_id() == cat("F", kGuid, "00000005"));
  CHECK(first_line(world.read(kList)) == cat("3 V5 N10 G", kGuid));
  world.write(kList, "3 V5 N11\n4 :1.a,S=2,W=3\n");
  world.write(kHome + "/cur/2.b:2,", "y\n");
  world.clock.advance(seconds(10));
  REQUIRE(inbox->refresh().ok());
  CHECK(inbox->mailbox_id() == cat("F", kGuid, "00000005"));
  CHECK(first_line(world.read(kList)) == cat("3 V5 N12 G", kGuid));
}

TEST_CASE("a folder that is numbered anew has another MAILBOXID, under whatever GUID") {
  MaildirWorld world;
  make_inbox(world, cat("3 V5 N4294967296 G", kGuid));
  const auto inbox = world.inbox();
  CHECK(number(inbox->status().uid_validity) != 5);
  CHECK(inbox->mailbox_id() == mailbox_id(kGuid, inbox->status().uid_validity));
}

TEST_CASE("what cannot be written is told all the same, costs the folder nothing, and stays") {
  for (std::uint64_t k = 1;; ++k) {
    INFO("operation " << k);
    TestClock clock;
    TestRandom random;
    ForgetfulFilesystem fs(1, [&clock] { return clock.wall(); });
    const auto write = [&fs](const std::string& path, std::string_view text) {
      const auto file = fs.create(path, 0600);
      REQUIRE(file.ok());
      REQUIRE((*file)->append(text).ok());
    };
    for (const char* name : {"", "/new", "/cur", "/tmp"}) {
      REQUIRE(make_directories(fs, kHome + name, 0700).ok());
    }
    write(kHome + "/cur/1.a,S=2,W=3:2,S", "x\n");
    write(kList, "3 V5 N9\n4 :1.a,S=2,W=3\n");
    clock.advance(seconds(10));
    MaildirOptions options;
    options.root = "/mail";
    options.lock_wait = Duration(0);
    options.boot_id = "1";
    const auto make = [&] { return make_maildir_store(fs, clock, random, nullptr, options); };
    auto store = make();
    const auto open = [&store] {
      auto account = store->account({"ann@example.com", ""});
      REQUIRE(account.ok());
      auto inbox = (*account)->open("INBOX");
      INFO(inbox.status().ToString());
      REQUIRE(inbox.ok());
      return *inbox;
    };
    auto inbox = open();
    fs.fail_at(k, errno_status(ENOSPC, "x"));
    const std::string id = inbox->mailbox_id();
    const bool struck = fs.struck();
    fs.fail_at(0, absl::OkStatus());
    CHECK(id == cat("F", kDerived, "00000005"));
    REQUIRE(inbox->refresh().ok());
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{4});
    CHECK(inbox->mailbox_id() == id);
    inbox.reset();
    store = make();
    CHECK(open()->mailbox_id() == id);
    CHECK(*read_file(fs, kList, 1 << 20) == cat("3 V5 N9 G", kDerived, "\n4 :1.a,S=2,W=3\n"));
    if (!struck) break;
  }
}
