#include "store/message_name.h"

#include <catch2/catch.hpp>

#include "mail/store/types.h"

using namespace mail::store;

TEST_CASE("a message's file name tells base, sizes and flags") {
  const std::string text = "1276528487.M364837P9451.kurkku,S=1355,W=1394:2,FSab";
  const MessageName name = parse_message_name(text);
  CHECK(name.base == "1276528487.M364837P9451.kurkku,S=1355,W=1394");
  CHECK(name.size() == 1355U);
  CHECK(name.wire_size() == 1394U);
  CHECK(flags_of(name) == NameFlags{kFlagged | kSeen, 3});
}

TEST_CASE("every letter means its flag, others mean nothing") {
  struct Row {
    const char* name;
    NameFlags flags;
  };
  const Row table[] = {
      {"a", {}},
      {"a:2,", {}},
      {"a:2,D", {kDraft, 0}},
      {"a:2,F", {kFlagged, 0}},
      {"a:2,R", {kAnswered, 0}},
      {"a:2,S", {kSeen, 0}},
      {"a:2,T", {kDeleted, 0}},
      {"a:2,z", {0, 1U << 25}},
      {"a:2,PX9", {}},
      {"a:1,S", {}},
      {"a:2,S,FT", {kSeen, 0}},
      {"a:b:2,S", {kSeen, 0}},
  };
  for (const Row& row : table) {
    INFO(row.name);
    CHECK(flags_of(parse_message_name(row.name)) == row.flags);
  }
}

TEST_CASE("a base has no colon, so that a record of it is read as it was written") {
  const MessageName name = parse_message_name("1.x:2=y:2,S");
  CHECK(name.base == "1.x");
  CHECK(name.letters == "S");
  CHECK(with_flags(name, {kFlagged, 0}) == "1.x:2,F");
}

TEST_CASE("new flags are written in ASCII order, letters and data of others stay") {
  struct Row {
    const char* before;
    NameFlags flags;
    const char* after;
  };
  const Row table[] = {
      {"a", {kSeen | kFlagged, 0}, "a:2,FS"},
      {"a", {}, "a:2,"},
      {"a:2,FS", {kSeen, 1}, "a:2,Sa"},
      {"a:2,PSb", {kDeleted, 0}, "a:2,PT"},
      {"a:2,S,foreign,x", {kFlagged, 0}, "a:2,F,foreign,x"},
      {"a:1,S", {kSeen, 0}, "a:2,S"},
      {"a:2,SS", {kSeen, 0}, "a:2,S"},
  };
  for (const Row& row : table) {
    INFO(row.before);
    CHECK(with_flags(parse_message_name(row.before), row.flags) == row.after);
  }
}

TEST_CASE("sizes that are no numbers count as absent") {
  CHECK_FALSE(parse_message_name("a").size());
  CHECK_FALSE(parse_message_name("a,S=").size());
  CHECK_FALSE(parse_message_name("a,S=1x").size());
  CHECK_FALSE(parse_message_name("a:2,S=3").size());
  CHECK(parse_message_name("a,W=7,S=5").size() == 5U);
}

TEST_CASE("arrival is by seconds, then microseconds, then by name") {
  CHECK(arrival_of("9.x") < arrival_of("10.x"));
  CHECK(arrival_of("10.M5P1.h") < arrival_of("10.M40P1.h"));
  CHECK(arrival_of("10.M5P1.a") < arrival_of("10.M5P1.b"));
  CHECK_FALSE(arrival_of("10.M5P1.a") < arrival_of("10.M5P1.a"));
}

TEST_CASE("a host name is escaped where it would end the path or the name") {
  CHECK(escape_hostname("a/b:c.example") == "a\\057b\\072c.example");
}
