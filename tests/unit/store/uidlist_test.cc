#include <catch2/catch.hpp>

#include "store/uidlist.h"

using namespace mail;
using namespace mail::store;

namespace {

std::vector<std::uint32_t> uids(const UidList& list) {
  std::vector<std::uint32_t> result;
  for (const UidRecord& record : list.records) result.push_back(number(record.uid));
  return result;
}

}  // namespace

TEST_CASE("a version 3 list is read as Dovecot wrote it, and written the same") {
  const std::string text =
      "3 V1275660208 N25022 G3085f01b7f11094c501100008c4a11c1\n"
      "25006 :1276528487.M364837P9451.kurkku,S=1355,W=1394\n"
      "25017 W2481 :1276533073.M242911P3632.kurkku\n";
  const UidList list = parse_uidlist(text);
  CHECK_FALSE(list.must_be_rewritten);
  CHECK(number(list.header.validity) == 1275660208);
  CHECK(list.header.next == 25022);
  CHECK(list.header.others == "G3085f01b7f11094c501100008c4a11c1");
  REQUIRE(list.records.size() == 2);
  CHECK(list.records[0] ==
        UidRecord{Uid{25006}, "", "1276528487.M364837P9451.kurkku,S=1355,W=1394"});
  CHECK(list.records[1] == UidRecord{Uid{25017}, "W2481", "1276533073.M242911P3632.kurkku"});
  CHECK(record_key(list.records[1].keys, 'W') == "2481");
  CHECK(record_key(list.records[1].keys, 'S').empty());
  CHECK(format_uidlist(list.header, list.records) == text);
}

TEST_CASE("unknown header words and record keys are kept, header words stand in any order") {
  const UidList list = parse_uidlist("3 Xwhat N7 P%08Xu%08Xv V9\n3 P0001 O4 Zz9 :a\n");
  CHECK_FALSE(list.must_be_rewritten);
  CHECK(format_uidlist(list.header, list.records) ==
        "3 V9 N7 Xwhat P%08Xu%08Xv\n3 P0001 O4 Zz9 :a\n");
}

TEST_CASE("a name with two colons is read the same again") {
  const UidList list = parse_uidlist("1 7 5\n1 1.x:2=y:2,S\n");
  const std::string text = format_uidlist(list.header, list.records);
  CHECK(text == "3 V7 N5\n1 :1.x\n");
  CHECK(parse_uidlist(text).records == list.records);
}

TEST_CASE("a version 1 list keeps its UIDs, and is to be rewritten") {
  const UidList list = parse_uidlist("1 1136393721 5\n1 1136393722.x:2,S\n3 1136393723.y\n");
  CHECK(list.must_be_rewritten);
  CHECK(number(list.header.validity) == 1136393721);
  CHECK(list.header.next == 5);
  CHECK(list.records ==
        std::vector<UidRecord>{{Uid{1}, "", "1136393722.x"}, {Uid{3}, "", "1136393723.y"}});
}

TEST_CASE("the next UID is the header's or one behind the last record, whichever is more") {
  CHECK(parse_uidlist("3 V1 N3\n9 :a\n").header.next == 10);
  CHECK(parse_uidlist("3 V1 N30\n9 :a\n").header.next == 30);
  CHECK(parse_uidlist("3 V1 N1\n4294967295 :a\n").header.next == kMaxUid + 1);
}

TEST_CASE("a file name in a record ends at the info separator") {
  const UidList list = parse_uidlist("3 V1 N9\n1 :a,S=3:2,FS\n2 :b:2,\n");
  CHECK(list.records[0].name == "a,S=3");
  CHECK(list.records[1].name == "b");
}

TEST_CASE("a damaged line loses only itself") {
  struct Row {
    const char* what;
    std::string text;
    std::vector<std::uint32_t> uids;
  };
  const std::string head = "3 V1 N9\n";
  const Row table[] = {
      {"no digit", head + "1 :a\nx :b\n3 :c\n", {1, 3}},
      {"UID 0", head + "0 :a\n3 :c\n", {3}},
      {"UID too large", head + "4294967296 :a\n3 :c\n", {3}},
      {"no blank", head + "1:a\n3 :c\n", {3}},
      {"no colon", head + "1 a\n3 :c\n", {3}},
      {"no name", head + "1 :\n3 :c\n", {3}},
      {"slash in the name", head + "1 :../a\n3 :c\n", {3}},
      {"key in lower case", head + "1 w3 :a\n3 :c\n", {3}},
      {"empty key", head + "1 W :a\n3 :c\n", {3}},
      {"NUL octets", head + "1 :a\n" + std::string(9, '\0') + "\n3 :c\n", {1, 3}},
      {"empty line", head + "1 :a\n\n3 :c\n", {1, 3}},
      {"wild high number", head + "1 :a\n900 :b\n3 :c\n4 :d\n", {1, 3, 4}},
      {"repeated number", head + "1 :a\n2 :b\n2 :c\n4 :d\n", {1, 2, 4}},
      {"falling number", head + "5 :a\n6 :b\n2 :c\n7 :d\n", {5, 6, 7}},
      {"repeated name", head + "1 :a\n2 :b\n3 :a\n", {2, 3}},
      {"torn end", head + "1 :a\n3 :c", {1}},
  };
  for (const Row& row : table) {
    INFO(row.what);
    const UidList list = parse_uidlist(row.text);
    CHECK(uids(list) == row.uids);
    CHECK(list.must_be_rewritten);
    CHECK(number(list.header.validity) == 1);
  }
}

TEST_CASE("the keys of a record may have so many octets") {
  for (const std::size_t octets : {kMaxRecordKeys - 1, kMaxRecordKeys, kMaxRecordKeys + 1}) {
    const std::string keys = "P" + std::string(octets - 1, 'x');
    const std::string text = "3 V1 N9\n1 " + keys + " :a\n2 :b\n";
    const UidList list = parse_uidlist(text);
    CHECK(list.must_be_rewritten == (octets > kMaxRecordKeys));
    CHECK(list.records.size() == (octets > kMaxRecordKeys ? 1 : 2));
  }
}

TEST_CASE("a number on a torn last line is not given out again") {
  CHECK(parse_uidlist("3 V1 N9\n20 :half-a-na").header.next == 21);
}

TEST_CASE("without a beginning a list has no UIDVALIDITY, and is to be rewritten") {
  for (const char* text : {"", "3", "3 V1 N2", "3 N2\n", "3 V0 N2\n", "2 V1 N2\n", "3 Vx N2\n",
                           "3 V1 Nx\n", "garbage\n", "1\n", "3 V4294967296 N1\n"}) {
    INFO(text);
    CHECK(parse_uidlist(text).must_be_rewritten);
  }
  const UidList list = parse_uidlist("garbage\n4 :a\n");
  CHECK(number(list.header.validity) == 0);
  CHECK(uids(list) == std::vector<std::uint32_t>{4});
}
