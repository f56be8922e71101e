// Folders that other servers made, written here by the rules of their formats: what they hold is
// kept. With Debian's own Dovecot: tests/live/takeover_live.py.
#include <set>

#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

namespace {

const std::string kHome = "/mail/example.com/ann";

}  // namespace

TEST_CASE("a Maildir of Courier keeps UIDs, UIDVALIDITY, flags, unique-ids and subscriptions") {
  MaildirWorld world;
  world.write(kHome + "/cur/1.a:2,FS", "a\n");
  world.write(kHome + "/cur/2.b:2,", "b\n");
  world.write(kHome + "/new/3.c", "c\n");
  world.write(kHome + "/.Sent/cur/4.d:2,S", "d\n");
  world.write(kHome + "/courierimapuiddb", "1 1234567890 9\n3 1.a\n8 2.b\n");
  world.write(kHome + "/courierpop3dsizelist", "/3 7 1200000000\n2.b 3 4:12:0\n1.a 3 3:12:0\n");
  world.write(kHome + "/.Sent/courierimapuiddb", "1 99 2\n1 4.d\n");
  world.write(kHome + "/courierimapsubscribed", "INBOX.Sent\n");
  for (int opening = 0; opening < 2; ++opening) {
    const auto inbox = world.inbox();
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{3, 8, 9});
    CHECK(number(inbox->status().uid_validity) == 1234567890);
    CHECK(inbox->find(list_of({3}))[0]->flags == Flags{kFlagged | kSeen, 0});
    const auto pop3 = inbox->pop3_messages();
    REQUIRE(pop3.size() == 3);
    CHECK(pop3[0].unique_id == "UID4-12");
    CHECK(pop3[1].unique_id == "UID3-12");
    const auto sent = world.open(*world.account(), "Sent");
    CHECK(number(sent->status().uid_validity) == 99);
    CHECK(world.account()->subscriptions().value() == std::vector<std::string>{"Sent"});
    REQUIRE(world.account()->subscribe("INBOX").ok());
    CHECK(world.account()->subscriptions().value() == std::vector<std::string>{"INBOX", "Sent"});
    REQUIRE(world.account()->unsubscribe("INBOX").ok());
    world.open_store();
  }
}

TEST_CASE("a Maildir of Courier keeps its keywords") {
  MaildirWorld world;
  const std::string keywords = kHome + "/courierimapkeywords/";
  world.write(kHome + "/cur/1.a:2,FS", "a\n");
  world.write(kHome + "/cur/2.b:2,", "b\n");
  world.write(kHome + "/new/3.c", "c\n");
  world.write(kHome + "/cur/4.d:2,S", "d\n");
  world.write(kHome + "/courierimapuiddb", "1 1234567890 9\n3 1.a\n4 2.b\n5 3.c\n6 4.d\n");
  world.write(keywords + ":list", "$Label1\nWork\n\n1.a:0 1\n2.b:1\n4.d:0\ngone:1\n");
  world.write(keywords + ".5.2.b", "Old\n");
  world.write(keywords + ".12.2.b", "$label1\nNew\n");
  world.write(keywords + "4.d", "");
  world.write(keywords + ".7.4.d", "Old\n");
  world.write(keywords + "3.c", "Work\n");
  for (int opening = 0; opening < 2; ++opening) {
    const auto inbox = world.inbox();
    const auto names_of = [&](std::uint32_t uid) {
      std::set<std::string> names;
      const auto all = inbox->keywords();
      for (std::size_t bit = 0; bit < all.size(); ++bit) {
        if ((inbox->find(list_of({uid}))[0]->flags.keywords >> bit & 1) != 0)
          names.insert(all[bit]);
      }
      return names;
    };
    CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{3, 4, 5, 6});
    CHECK(names_of(3) == std::set<std::string>{"$Label1", "Work"});
    CHECK(inbox->find(list_of({3}))[0]->flags.system == (kFlagged | kSeen));
    CHECK(names_of(4) == std::set<std::string>{"$Label1", "New"});
    CHECK(names_of(5) == std::set<std::string>{"Work"});
    CHECK(names_of(6).empty());
    world.open_store();
  }
  CHECK(world.read(kHome + "/dovecot-keywords").starts_with("0 $Label1\n1 Work\n"));
}

TEST_CASE("a Maildir of Dovecot 2.4 is that of 2.3") {
  // No change of the formats is documented: version 3 of the list with V, N and G, records with W,
  // S, P, O and G, dovecot-keywords as before, and version 2 of subscriptions.
  MaildirWorld world;
  world.write(kHome + "/cur/1.a,S=3,W=4:2,Sab", "a\n\n");
  world.write(kHome + "/cur/2.b:2,", "b\n");
  world.write(kHome + "/dovecot-uidlist",
              "3 V1735689600 N12 G3085f01b7f11094c501100008c4a11c1\n"
              "7 :1.a,S=3,W=4\n9 W3 S2 G0123456789abcdef Pold O1 :2.b\n");
  world.write(kHome + "/dovecot-keywords", "0 $Forwarded\n1 NonJunk\n");
  world.write(kHome + "/subscriptions", "V\t2\n\nSent\nWork\t2025\n");
  const auto inbox = world.inbox();
  CHECK(number(inbox->status().uid_validity) == 1735689600);
  CHECK(number(inbox->status().uid_next) == 12);
  CHECK(uids_of(*inbox) == std::vector<std::uint32_t>{7, 9});
  CHECK(inbox->find(list_of({7}))[0]->flags == Flags{kSeen, 3});
  CHECK(inbox->keywords() == std::vector<std::string>{"$Forwarded", "NonJunk"});
  CHECK(inbox->find(list_of({9}))[0]->size == 3);
  CHECK(inbox->pop3_messages()[0].unique_id == "old");
  CHECK(world.account()->subscriptions().value() == std::vector<std::string>{"Sent", "Work.2025"});
}
