#include <catch2/catch.hpp>

#include "unit/server/script_world.h"

namespace mail::server {
namespace {

using test::ScriptWorld;

directory::Snapshot::Texts config() {
  directory::Snapshot::Texts texts;
  texts.accounts =
      "ann@example.test|{PLAIN}secret\n"
      "bob@example.test|{PLAIN}hidden\n";
  return texts;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kLogin = "a LOGIN ann@example.test secret\r\n";
constexpr std::string_view kMessage =
    "Date: Tue, 14 Nov 2023 22:00:00 +0000\r\n"
    "From: Eve <eve@elsewhere.test>\r\n"
    "To: ann@example.test\r\n"
    "Subject: apples\r\n"
    "\r\n"
    "The body.\r\n";

struct ImapWorld : ScriptWorld {
  ImapWorld() : ScriptWorld(config()) {}

  void deliver(std::string_view bytes = kMessage) {
    store::Target target;
    target.account.address = "ann@example.test";
    const std::string_view pieces[] = {bytes};
    REQUIRE(store->deliver(std::span(&target, 1), pieces, clock.wall()).ok());
  }
  std::string imap(std::string_view commands, std::size_t cut = 4096) {
    const std::string output = talk(Protocol::kImaps, cat(kLogin, commands), cut);
    CHECK(ended);
    return output;
  }
};

TEST_CASE("Login needs TLS, the right password, and one's own name") {
  ImapWorld world;
  CHECK(contains(world.talk(Protocol::kImap, std::string(kLogin)), "LOGINDISABLED"));
  CHECK_FALSE(contains(world.talk(Protocol::kImap, std::string(kLogin)), "a OK"));
  CHECK(contains(world.imap(""), "a OK [CAPABILITY "));
  CHECK(contains(world.talk(Protocol::kImaps, "a LOGIN ann@example.test wrong\r\n"),
                 "a NO [AUTHENTICATIONFAILED] "));
  CHECK(contains(world.talk(Protocol::kImaps, "a LOGIN nobody@example.test secret\r\n"),
                 "a NO [AUTHENTICATIONFAILED] "));
  CHECK(contains(
      world.talk(Protocol::kImaps, "a AUTHENTICATE PLAIN AGFubkBleGFtcGxlLnRlc3QAc2VjcmV0\r\n"),
      "a OK"));
  CHECK(contains(world.talk(Protocol::kImaps,
                            "a AUTHENTICATE PLAIN "
                            "Ym9iQGV4YW1wbGUudGVzdABhbm5AZXhhbXBsZS50ZXN0AHN"
                            "lY3JldA==\r\n"),
                 "a NO [AUTHENTICATIONFAILED] "));
}

TEST_CASE("SELECT tells all that RFC 3501 asks for") {
  ImapWorld world;
  world.deliver();
  world.deliver();
  const std::string output = world.imap("b SELECT INBOX\r\nc LOGOUT\r\n");
  for (const std::string_view part :
       {"* FLAGS (", "* 2 EXISTS\r\n", "* 2 RECENT\r\n", "* OK [UNSEEN 1] ", "* OK [UIDVALIDITY ",
        "* OK [UIDNEXT 3] ", "* OK [MAILBOXID (F", "* OK [PERMANENTFLAGS (",
        "b OK [READ-WRITE] SELECT completed\r\n"}) {
    INFO(output);
    CHECK(contains(output, part));
  }
  const std::string again = world.imap("b EXAMINE INBOX\r\n");
  CHECK(contains(again, "* 0 RECENT\r\n"));
  CHECK(contains(again, "b OK [READ-ONLY] EXAMINE completed\r\n"));
}

TEST_CASE("FETCH answers every kind of attribute, cut anywhere") {
  for (const std::size_t cut : {std::size_t{1}, std::size_t{4096}}) {
    ImapWorld world;
    world.deliver();
    const std::string output = world.imap(
        "b SELECT INBOX\r\n"
        "c FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)\r\n"
        "d FETCH 1 (BODY.PEEK[HEADER.FIELDS (SUBJECT)] BODY.PEEK[TEXT]<4.4>)\r\n"
        "e FETCH 1 BODY[]\r\n",
        cut);
    INFO(output);
    CHECK(contains(output, "UID 1"));
    CHECK(contains(output, "INTERNALDATE \"14-Nov-2023 22:13:20 +0000\""));
    CHECK(contains(output, cat("RFC822.SIZE ", kMessage.size())));
    CHECK(contains(output, "\"apples\" ((\"Eve\" NIL \"eve\" \"elsewhere.test\"))"));
    CHECK(contains(output, "BODYSTRUCTURE (\"text\" \"plain\" "));
    CHECK(contains(output, "{19}\r\nSubject: apples\r\n\r\n"));
    CHECK(contains(output, "BODY[TEXT]<4> {4}\r\nbody)\r\n"));
    CHECK(contains(output, cat("BODY[] {", kMessage.size(), "}\r\n", kMessage)));
    // BODY[] without PEEK sets \Seen and says so.
    CHECK(contains(output.substr(output.find("BODY[] ")), "FLAGS (\\Seen"));
    CHECK(contains(output, "e OK "));
  }
}

TEST_CASE("STORE changes flags, tells them unless silent, and refuses in a read-only mailbox") {
  ImapWorld world;
  world.deliver();
  const std::string output = world.imap(
      "b SELECT INBOX\r\n"
      "c STORE 1 +FLAGS (\\Flagged Work)\r\n"
      "d STORE 1 -FLAGS.SILENT (\\Flagged)\r\n"
      "e UID STORE 1 FLAGS (\\Seen)\r\n"
      "f STORE 2 +FLAGS (\\Seen)\r\n"
      "g EXAMINE INBOX\r\n"
      "h STORE 1 +FLAGS (\\Flagged)\r\n");
  INFO(output);
  CHECK(contains(output, "* 1 FETCH (FLAGS (\\Flagged \\Recent Work))\r\nc OK"));
  const std::string silent =
      output.substr(output.find("c OK"), output.find("d OK") - output.find("c OK"));
  CHECK_FALSE(contains(silent, "FETCH"));
  CHECK(contains(output, "* 1 FETCH (UID 1 FLAGS (\\Seen \\Recent))\r\ne OK"));
  CHECK(contains(output, "f BAD "));
  CHECK(contains(output, "h NO [READ-ONLY] "));
}

TEST_CASE("Object identifiers are told by SELECT, CREATE, STATUS and FETCH, and found by SEARCH") {
  ImapWorld world;
  world.deliver();
  world.deliver();
  const auto id_behind = [](const std::string& output, std::string_view label) {
    const std::size_t at = output.find(label);
    REQUIRE(at != std::string::npos);
    const std::size_t begin = at + label.size();
    return output.substr(begin, output.find(')', begin) - begin);
  };
  const std::string first = world.imap(
      "b CREATE Work\r\n"
      "c SELECT INBOX\r\n"
      "d FETCH 1 (EMAILID THREADID)\r\n"
      "e UID FETCH 2 EMAILID\r\n"
      "f COPY 2 Work\r\n");
  INFO(first);
  const std::string work = id_behind(first, "b OK [MAILBOXID (");
  const std::string inbox = id_behind(first, "* OK [MAILBOXID (");
  const std::string one = id_behind(first, "* 1 FETCH (EMAILID (");
  const std::string two = id_behind(first, "* 2 FETCH (UID 2 EMAILID (");
  CHECK(contains(first, cat("EMAILID (", one, ") THREADID NIL)\r\n")));
  CHECK(inbox != work);
  CHECK(one != two);
  const std::string second =
      world.imap(cat("b RENAME Work Play\r\n"
                     "c STATUS Play (MAILBOXID MESSAGES)\r\n"
                     "d EXAMINE Play\r\n"
                     "e FETCH 1 EMAILID\r\n"
                     "f SEARCH EMAILID ",
                     two,
                     "\r\n"
                     "g EXAMINE INBOX\r\n"
                     "h SEARCH OR EMAILID ",
                     two, " EMAILID ", one, "\r\ni UID SEARCH NOT EMAILID ", one,
                     "\r\nj SEARCH THREADID ", one, "\r\nk SEARCH NOT THREADID ", one, "\r\n"));
  INFO(second);
  CHECK(contains(second, cat("* STATUS Play (MESSAGES 1 MAILBOXID (", work, "))\r\nc OK")));
  CHECK(contains(second, cat("* OK [MAILBOXID (", work, ")]")));
  CHECK(contains(second, cat("* 1 FETCH (EMAILID (", two, "))\r\ne OK")));
  CHECK(contains(second, "* SEARCH 1\r\nf OK"));
  CHECK(contains(second, cat("* OK [MAILBOXID (", inbox, ")]")));
  CHECK(contains(second, "* SEARCH 1 2\r\nh OK"));
  CHECK(contains(second, "* SEARCH 2\r\ni OK"));
  CHECK(contains(second, "* SEARCH\r\nj OK"));
  CHECK(contains(second, "* SEARCH 1 2\r\nk OK"));
}

TEST_CASE("SEARCH answers numbers or UIDs") {
  ImapWorld world;
  world.deliver();
  world.deliver("Subject: pears\r\n\r\nOther.\r\n");
  const std::string output = world.imap(
      "b SELECT INBOX\r\n"
      "c SEARCH SUBJECT PEAR\r\n"
      "d UID SEARCH OR SUBJECT apples BODY other\r\n"
      "e SEARCH DELETED\r\n");
  INFO(output);
  CHECK(contains(output, "* SEARCH 2\r\nc OK"));
  CHECK(contains(output, "* SEARCH 1 2\r\nd OK"));
  CHECK(contains(output, "* SEARCH\r\ne OK"));
}

TEST_CASE("APPEND, COPY, MOVE and EXPUNGE tell UIDs and numbers") {
  ImapWorld world;
  world.deliver();
  const std::string output = world.imap(
      "b SELECT INBOX\r\n"
      "c CREATE Work\r\n"
      "d COPY 1 Work\r\n"
      "e COPY 1 Missing\r\n"
      "f APPEND INBOX (\\Draft) \"01-Jan-2020 00:00:00 +0000\" {5+}\r\nA: b\n\r\n"
      "g MOVE 2 Trash\r\n"
      "h STORE 1 +FLAGS.SILENT (\\Deleted)\r\n"
      "i EXPUNGE\r\n"
      "j STATUS Work (MESSAGES UIDNEXT UNSEEN)\r\n"
      "k STATUS Trash (MESSAGES)\r\n");
  INFO(output);
  CHECK(contains(output, "d OK [COPYUID "));
  CHECK(contains(output, "e NO [TRYCREATE] "));
  CHECK(contains(output, "* 2 EXISTS\r\n"));
  CHECK(contains(output, "f OK [APPENDUID "));
  CHECK(contains(output, "* 2 EXPUNGE\r\n"));
  CHECK(contains(output, "* OK [COPYUID "));
  CHECK(contains(output, "* 1 EXPUNGE\r\ni OK"));
  CHECK(contains(output, "* STATUS Work (MESSAGES 1 UIDNEXT 2 UNSEEN 1)\r\n"));
  CHECK(contains(output, "* STATUS Trash (MESSAGES 1)\r\n"));
}

TEST_CASE("The automatic folders are listed and subscribed before they exist") {
  ImapWorld world;
  const std::string output = world.imap(
      "b LIST \"\" \"*\"\r\n"
      "c LSUB \"\" \"*\"\r\n"
      "d LIST \"\" inbox\r\n"
      "e LIST \"\" \"\"\r\n"
      "f SELECT Junk\r\n"
      "g LIST \"\" %\r\n");
  INFO(output);
  for (const std::string_view name : {"Drafts", "Junk", "Sent", "Trash"}) {
    CHECK(contains(output, cat("* LIST (\\HasNoChildren \\", name, ") \".\" ", name, "\r\n")));
    CHECK(contains(output, cat("* LSUB () \".\" ", name, "\r\n")));
  }
  CHECK(contains(output, "* LIST (\\HasNoChildren) \".\" INBOX\r\nd OK"));
  CHECK(contains(output, "* LIST (\\Noselect) \".\" \"\"\r\ne OK"));
  CHECK(contains(output, "f OK [READ-WRITE]"));
}

TEST_CASE("Folders are created, renamed, subscribed and deleted, and refusals have their codes") {
  ImapWorld world;
  const std::string output = world.imap(
      "b CREATE Work.2024.\r\n"
      "c CREATE Work.2024\r\n"
      "d LIST \"\" Work%\r\n"
      "e RENAME Work.2024 Old\r\n"
      "f SUBSCRIBE Old\r\n"
      "g LSUB \"\" Old\r\n"
      "h DELETE Old\r\n"
      "i DELETE Old\r\n"
      "j DELETE INBOX\r\n"
      "k CREATE ..\r\n"
      "l SELECT Nowhere\r\n"
      "m UNSUBSCRIBE Old\r\n");
  INFO(output);
  CHECK(contains(output, "b OK [MAILBOXID (F"));
  CHECK(contains(output, "c NO [ALREADYEXISTS] "));
  CHECK(contains(output, "* LIST (\\Noselect \\HasChildren) \".\" Work\r\n"));
  CHECK(contains(output, "e OK"));
  CHECK(contains(output, "* LSUB () \".\" Old\r\n"));
  CHECK(contains(output, "h OK"));
  CHECK(contains(output, "i NO [NONEXISTENT] "));
  CHECK(contains(output, "j NO [CANNOT] "));
  CHECK(contains(output, "k NO [CANNOT] "));
  CHECK(contains(output, "l NO [NONEXISTENT] "));
  CHECK(contains(output, "m OK"));
}

TEST_CASE("LIST tells special uses, and can ask for them alone") {
  ImapWorld world;
  const std::string output = world.imap(
      "b CREATE Archive\r\nc CREATE Work.Sent\r\nd LIST \"\" *\r\ne LIST (SPECIAL-USE) \"\" *\r\n"
      "f LIST \"\" % RETURN (SPECIAL-USE)\r\n");
  INFO(output);
  for (const std::string_view name : {"Archive", "Drafts", "Junk", "Sent", "Trash"}) {
    CHECK(contains(output, cat("* LIST (\\HasNoChildren \\", name, ") \".\" ", name, "\r\n")));
  }
  CHECK(contains(output, "* LIST (\\HasNoChildren) \".\" Work.Sent\r\n"));
  const auto only = output.substr(output.find("d OK"), output.find("e OK") - output.find("d OK"));
  CHECK(contains(only, "Trash"));
  CHECK_FALSE(contains(only, "INBOX"));
  CHECK_FALSE(contains(only, "Work"));
}

TEST_CASE("A client with the path prefix INBOX lists, creates, subscribes and uses its folders") {
  ImapWorld world;
  world.deliver();
  const std::string output = world.imap(
      "b NAMESPACE\r\nc CREATE INBOX.Lists\r\nd CREATE inbox.Lists.cpp\r\ne SUBSCRIBE "
      "INBOX.Lists.cpp\r\n"
      "f LIST \"INBOX.\" %\r\ng LIST \"\" INBOX.*\r\nh LSUB \"INBOX.\" *\r\ni LIST \"\" INBOX\r\n"
      "j SELECT INBOX\r\nk COPY 1 INBOX.Lists.cpp\r\nl STATUS INBOX.Lists.cpp (MESSAGES)\r\n"
      "m RENAME INBOX.Lists INBOX.Groups\r\nn STATUS INBOX.Groups.cpp (MESSAGES)\r\n"
      "o DELETE INBOX.Groups.cpp\r\n");
  INFO(output);
  CHECK(contains(output, "* NAMESPACE ((\"\" \".\")) NIL NIL\r\n"));
  for (const std::string_view part :
       {"c OK", "d OK", "e OK", "f OK", "g OK", "h OK", "k OK [COPYUID ", "m OK", "o OK",
        "* LIST (\\HasChildren) \".\" INBOX.Lists\r\nf OK",
        "* LIST (\\HasNoChildren) \".\" INBOX.Lists.cpp\r\ng OK",
        "* LSUB () \".\" INBOX.Lists.cpp\r\nh OK", "* LIST (\\HasChildren) \".\" INBOX\r\ni OK",
        "* STATUS INBOX.Lists.cpp (MESSAGES 1)\r\n",
        "* STATUS INBOX.Groups.cpp (MESSAGES 1)\r\n"}) {
    INFO(part);
    CHECK(contains(output, part));
  }
}

TEST_CASE("Mailbox names that could mean something else are refused by every command") {
  std::string deep = "a";
  for (int i = 0; i < 1000; ++i) deep += ".a";
  const std::vector<std::string> names = {
      "../x", "a/../b", "/etc",  "a//b",  "..",    ".",       ".a", "a..b",
      "a/b",  "&AC8-",  "&AAA-", "&2AA-", "&AGE-", "x&AC4AL", deep, std::string(300, 'x')};
  for (const std::string& name : names) {
    ImapWorld world;
    const std::string output = world.imap(cat("b CREATE \"", name, "\"\r\nc SELECT \"", name,
                                              "\"\r\nd RENAME Work \"", name, "\"\r\ne DELETE \"",
                                              name, "\"\r\nf APPEND \"", name, "\" {1+}\r\nx\r\n"));
    INFO(output);
    for (const std::string_view tag : {"b", "c", "d", "e", "f"}) {
      CHECK_FALSE(contains(output, cat("\r\n", tag, " OK")));
    }
  }
}

TEST_CASE("CLOSE expunges silently, UNSELECT does not expunge at all") {
  ImapWorld world;
  world.deliver();
  const std::string output = world.imap(
      "b SELECT INBOX\r\n"
      "c STORE 1 +FLAGS.SILENT (\\Deleted)\r\n"
      "d UNSELECT\r\n"
      "e SELECT INBOX\r\n"
      "f CLOSE\r\n"
      "g SELECT INBOX\r\n");
  INFO(output);
  CHECK(contains(output.substr(output.find("d OK")), "* 1 EXISTS\r\n"));
  CHECK_FALSE(contains(output, "EXPUNGE\r\n"));
  CHECK(contains(output.substr(output.find("f OK")), "* 0 EXISTS\r\n"));
}

TEST_CASE("IDLE begins, ends with DONE, and tells what happened meanwhile") {
  ImapWorld world;
  const std::string output = world.imap("b SELECT INBOX\r\nc IDLE\r\nDONE\r\nd NOOP\r\n");
  INFO(output);
  CHECK(contains(output, "\r\n+ "));
  CHECK(contains(output, "c OK Idle completed"));
  CHECK(contains(output, "d OK NOOP completed"));
}

TEST_CASE("Sets of an empty mailbox: 1:* names nothing, 1 is an error") {
  ImapWorld world;
  const std::string output = world.imap(
      "b SELECT INBOX\r\nc FETCH 1:* FLAGS\r\nd FETCH 1 FLAGS\r\ne UID FETCH 1:* FLAGS\r\n");
  CHECK(contains(output, "c OK"));
  CHECK(contains(output, "d BAD"));
  CHECK(contains(output, "e OK"));
}

}  // namespace
}  // namespace mail::server
