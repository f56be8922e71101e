// dovecot-keywords, subscriptions, names of folders, line ends.
#include <catch2/catch.hpp>

#include "store/courier_files.h"
#include "store/folder_name.h"
#include "store/keyword_letters.h"
#include "store/keywords_file.h"
#include "store/line_ends.h"
#include "store/subscriptions_file.h"

using namespace mail::store;

TEST_CASE("dovecot-keywords is read and written as Dovecot does") {
  const std::string text = "0 $Junk\n1 NonJunk\n2 $Forwarded\n";
  const KeywordFile names = parse_keywords(text);
  CHECK(names[0] == "$Junk");
  CHECK(names[2] == "$Forwarded");
  CHECK(names[3].empty());
  CHECK(format_keywords(names) == text);
}

TEST_CASE("lines of dovecot-keywords that make no sense are passed over") {
  const KeywordFile names =
      parse_keywords("x a\n26 b\n3\n4 \n5 five\n5 again\n6 FIVE\n-1 c\n7 two words\n25 last");
  CHECK(format_keywords(names) == "5 five\n25 last\n");
}

TEST_CASE("Courier's UIDs and unique-ids become records of a list") {
  const UidList list = adopt_courier("1 1234567890 9\n3 1.a\n5 2.b\n8 4.d:2,S\n",
                                     "/3 7 1200000000\n2.b 20 4:1200000000:1\n1.a:2,S 10 3\n"
                                     "3 .c 5\n3.c+d 30 0:0:0\nnonsense\n5.e 1 x\n6.f 7 9:\n");
  CHECK(number(list.header.validity) == 1234567890);
  CHECK(list.header.next == 11);
  CHECK(list.must_be_rewritten);
  CHECK(format_uidlist(list.header, list.records) ==
        "3 V1234567890 N11\n3 O2 PUID3 :1.a\n5 O1 PUID4-1200000000 :2.b\n8 :4.d\n"
        "9 O3 P3.c+2Bd :3.c+d\n10 O4 PUID9 :6.f\n");
  CHECK(adopt_courier("1 7 2\n1 a\n", "a 10\n").records[0].keys == "O1 Pa");
  CHECK(number(adopt_courier("rubbish", "/2 1 1\n").header.validity) == 0);
  CHECK(adopt_courier("1 7 4294967296\n", "a 1 1\n").records.empty());
}

TEST_CASE("Courier's subscriptions lose the INBOX before them") {
  CHECK(parse_courier_subscriptions("INBOX\nINBOX.Sent\nINBOX.Work.2024\nInboxes\n") ==
        std::vector<std::string>{"INBOX", "Sent", "Work.2024", "Inboxes"});
}

TEST_CASE("a letter without a name is an unknown keyword, and its letter is not given away") {
  KeywordLetters letters;
  letters.load(parse_keywords("2 two\n0 zero\n"));
  CHECK(letters.names() == std::vector<std::string>{"zero", "two"});
  const Flags flags = letters.flags_of({0, 0b110});
  CHECK(letters.names() == std::vector<std::string>{"zero", "two", "unknown-1"});
  CHECK(flags.keywords == 0b110);
  CHECK(letters.letters_of(flags).keyword_letters == 0b110);
  const std::vector<std::string> wanted = {"new", "ZERO"};
  CHECK(letters.intern(wanted) == 0b1001U);
  CHECK(format_keywords(letters.file()) == "0 zero\n2 two\n3 new\n");

  // Another program wrote the name down after it had used the letter.
  CHECK_FALSE(letters.knows(0b10));
  letters.load(parse_keywords("0 zero\n1 one\n2 two\n3 new\n"));
  CHECK(letters.names() == std::vector<std::string>{"zero", "two", "one", "new"});
  CHECK(letters.knows(0b1111));
  CHECK(letters.letters_of(flags).keyword_letters == 0b110);
}

TEST_CASE("subscriptions of version 2 have tabs between levels") {
  const std::string text = "V\t2\n\nINBOX\nWork\t2024\nEntw&APw-rfe\n";
  const auto names = parse_subscriptions(text);
  CHECK(names == std::vector<std::string>{"INBOX", "Work.2024", "Entwürfe"});
  CHECK(format_subscriptions(names) == text);
}

TEST_CASE("subscriptions of version 1 are read too") {
  CHECK(parse_subscriptions("inbox\nWork.2024\r\nWork.2024\n\nlast") ==
        std::vector<std::string>{"INBOX", "Work.2024", "last"});
  CHECK(parse_subscriptions("").empty());
  CHECK(format_subscriptions({}) == "V\t2\n\n");
}

TEST_CASE("escapes of tab-escaped levels are undone") {
  CHECK(parse_subscriptions("V\t2\n\na\001tb\001\061c\n") == std::vector<std::string>{"a\tb\001c"});
}

TEST_CASE("directories of folders are modified UTF-7, and UTF-8 ones of others are found") {
  const FolderNameLimits limits;
  CHECK(folder_directory("Entwürfe") == ".Entw&APw-rfe");
  CHECK(folder_directory("A & B.x") == ".A &- B.x");
  CHECK(folder_of_directory(".Entw&APw-rfe", limits) == "Entwürfe");
  CHECK(folder_of_directory(".Entwürfe", limits) == "Entwürfe");
  for (const char* name : {"cur", ".", "..", "..x", ".INBOX", ".inbox", ".a..b", ".a.", ".\xff"}) {
    INFO(name);
    CHECK_FALSE(folder_of_directory(name, limits));
  }
}

TEST_CASE("INBOX has one spelling, its children are as they are") {
  CHECK(*canonical_folder_name("iNbOx", {}) == "INBOX");
  CHECK(*canonical_folder_name("inbox.x", {}) == "inbox.x");
}

TEST_CASE("stored octets have LF ends, however the pieces are cut") {
  const std::string wire = "a\r\nbc\r\n\r\nd\re\r\n";
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    const std::string_view pieces[] = {std::string_view(wire).substr(0, cut),
                                       std::string_view(wire).substr(cut)};
    CHECK(to_stored(pieces) == "a\nbc\n\nd\re\n");
  }
  CHECK(wire_size("a\nbc\n\nd\re\n") == wire.size());
  CHECK(to_content("a\nbc\n\nd\re\n")->bytes() == wire);
}

TEST_CASE("a file whose first line ends with CRLF is served as it is, any other with CRLF") {
  CHECK(to_content("a\r\nb\r\n")->bytes() == "a\r\nb\r\n");
  CHECK(to_content("a\nb\r\n")->bytes() == "a\r\nb\r\n");
  CHECK(wire_size("a\nb\r\n") == 6);
  CHECK(to_content("a\r\nb\n")->bytes() == "a\r\nb\n");
  CHECK(wire_size("a\r\nb\n") == 5);
  CHECK(to_content("")->bytes().empty());
}
