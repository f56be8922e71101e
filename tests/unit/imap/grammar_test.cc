#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "imap/print_command.h"
#include "mail/base/status.h"
#include "unit/imap/framed.h"

using namespace mail;
using namespace mail::imap;

TEST_CASE("The example of every command parses, prints and prints the same again") {
  for (const CommandRow& row : kCommandTable) {
    INFO(row.verb);
    // Of APPEND the part before the message.
    const auto literal = row.example.find("{5+}");
    const auto parsed = parse(row.example.substr(0, literal));
    REQUIRE(parsed.command);
    const std::string printed = print(*parsed.command);
    const auto again = parse(printed);
    REQUIRE(again.command);
    CHECK(print(*again.command) == printed);
    CHECK(again.command->index() == parsed.command->index());
  }
}

TEST_CASE("Commands print in one form however they were written") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"login {3+}\r\nann \"p w\"", "LOGIN ann \"p w\""},
      {"SELECT \"iNbOx\"", "SELECT INBOX"},
      {"STATUS a (UNSEEN MESSAGES)", "STATUS a (MESSAGES UNSEEN)"},
      {"status a (mailboxid deleted-storage)", "STATUS a (DELETED-STORAGE MAILBOXID)"},
      {"FETCH 1 (threadid emailid)", "FETCH 1 (THREADID EMAILID)"},
      {"search not emailid aB_-9 threadid NIL", "SEARCH NOT EMAILID aB_-9 THREADID NIL"},
      {"LIST a. b%", "LIST \"\" \"a.b%\""},
      {"LIST x \"\"", "LIST \"\" \"\""},
      {"FETCH 3:1,* (BODY.PEEK[1.HEADER.FIELDS (A {2+}\r\nB\")]<1.2> UID)",
       "FETCH 3:1,* (BODY.PEEK[1.HEADER.FIELDS (A \"B\\\"\")]<1.2> UID)"},
      {"FETCH 1 fast", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)"},
      {"UID STORE 1:* flags \\seen a", "UID STORE 1:* FLAGS (\\Seen a)"},
      {"SEARCH UNSEEN (OR NOT NEW TEXT a)", "SEARCH NOT SEEN (OR NOT NEW TEXT \"a\")"},
      {"APPEND a \"17-Jul-1996 02:44:25 -0700\" ", "APPEND a () \"17-Jul-1996 09:44:25 +0000\" "},
      {"ID (\"a\" \"b\" \"c\" nil)", "ID (\"a\" \"b\" \"c\" NIL)"},
      {"ID ({2+}\r\n\xc3( \"x\" \"y\" {2+}\r\n\xc3()",
       "ID ({2+}\r\n\xc3( \"x\" \"y\" {2+}\r\n\xc3()"},
      {"SEARCH HEADER {2+}\r\n\n( {2+}\r\n\n( (TO {2+}\r\n\n( NEW)",
       "SEARCH HEADER {2+}\r\n\n( {2+}\r\n\n( (TO {2+}\r\n\n( NEW)"},
      {"enable condstore", "ENABLE CONDSTORE"},
      {"uid move 1 nil", "UID MOVE 1 \"nil\""},
      {"authenticate plain =", "AUTHENTICATE PLAIN ="},
  };
  for (const auto& [written, printed] : rows) {
    INFO(written);
    const auto parsed = parse(written);
    INFO(parsed.refusal.text);
    REQUIRE(parsed.command);
    CHECK(print(*parsed.command) == printed);
  }
}

TEST_CASE("FETCH items carry the label of their answer") {
  const auto parsed = parse("FETCH 1 (BODY.PEEK[1.TEXT]<7.9> RFC822.HEADER BODY)");
  REQUIRE(parsed.command);
  const auto& attributes = std::get<Fetch>(*parsed.command).attributes;
  REQUIRE(attributes.size() == 3);
  CHECK(attributes[0].label == "BODY[1.TEXT]<7>");
  CHECK(attributes[0].is_peek);
  CHECK(attributes[0].partial == FetchAttribute::Partial{7, 9});
  CHECK(attributes[0].section.part == std::vector<std::uint32_t>{1});
  CHECK(attributes[1].label == "RFC822.HEADER");
  CHECK(attributes[1].is_peek);
  CHECK(attributes[1].section.kind == message::Section::Kind::kHeader);
  CHECK(attributes[2].kind == FetchAttribute::Kind::kBody);
}

TEST_CASE("An object identifier has 255 characters at most") {
  CHECK(parse("SEARCH EMAILID " + std::string(254, 'x')).command);
  CHECK(parse("SEARCH EMAILID " + std::string(255, 'x')).command);
  CHECK_FALSE(parse("SEARCH EMAILID " + std::string(256, 'x')).command);
  CHECK_FALSE(parse("SEARCH EMAILID ").command);
}

TEST_CASE("A SEARCH is an arena whose children come after their parent") {
  const auto parsed = parse("SEARCH OR (SEEN NEW) NOT UNSEEN ALL");
  REQUIRE(parsed.command);
  const auto& nodes = std::get<Search>(*parsed.command).nodes;
  REQUIRE(nodes.size() == 9);
  std::vector<int> parents(nodes.size(), 0);
  for (std::uint32_t i = 0; i < nodes.size(); ++i) {
    for (const std::uint32_t child : nodes[i].children) {
      CHECK(child > i);
      ++parents[child];
    }
  }
  CHECK(parents == std::vector<int>{0, 1, 1, 1, 1, 1, 1, 1, 1});
  CHECK(nodes[0].kind == SearchNode::Kind::kAnd);
  CHECK(nodes[1].kind == SearchNode::Kind::kOr);
}

TEST_CASE("Deep and wide input costs no stack and little time") {
  const std::string deep(60000, '(');
  CHECK(parse("SEARCH " + deep).refusal.code == "LIMIT");
  CHECK(parse("FETCH 1 " + deep).refusal.text == "Unknown FETCH item \"\"");
  std::string nots;
  for (int i = 0; i < 15000; ++i) nots += "NOT ";
  CHECK(parse("SEARCH " + nots + "ALL").refusal.code == "LIMIT");
  std::string set = "1";
  for (int i = 0; i < 50000; ++i) set += ",4294967295:1";
  const auto parsed = parse(cat("FETCH ", set, " UID"));
  REQUIRE(parsed.command);
  CHECK(std::get<Fetch>(*parsed.command).set.resolved(7) ==
        std::vector<SequenceSet::Range>{{1, 4294967295u}});
}
