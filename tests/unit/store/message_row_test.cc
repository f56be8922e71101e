#include "store/message_row.h"

#include <catch2/catch.hpp>
#include <random>

using namespace mail;
using namespace mail::store;

namespace {

PlacedMessage message(std::uint32_t uid) {
  PlacedMessage message;
  message.info.uid = Uid{uid};
  message.info.flags = {kSeen | kDraft, 1ULL << 25 | 1};
  message.info.internal_date = WallTime(Duration(-5));
  message.info.size = 1000 + uid;
  message.is_recent = true;
  message.place = {"name of " + std::to_string(uid),
                   true,
                   "W5 G7",
                   900 + uid,
                   WallTime(seconds(77)),
                   {1ULL << 37, 99}};
  return message;
}

}  // namespace

TEST_CASE("a row gives back the message that was packed into it") {
  MaildirTable table(ModSeq{5});
  table.next_modseq();
  table.insert(message(3));
  PlacedMessage expected = message(3);
  expected.info.modseq = ModSeq{6};
  const MessageRow& row = table.rows()[0];
  CHECK(PlacedMessage{row.info(), row.is_recent(), table.place(row)} == expected);
  CHECK(sizeof(MessageRow) == 56);
}

TEST_CASE("what a row has no room for is said to be as large as it can say") {
  PlacedMessage large = message(1);
  large.info.size = (1ULL << 40) - 1;
  CHECK(MessageRow(large).size() == (1ULL << 40) - 1);
  large.info.size = 1ULL << 40;
  large.place.stored_size = UINT64_MAX;
  large.place.summary = {1ULL << 38, 5};
  large.place.save_date = WallTime(seconds(1LL << 32));
  const MessageRow row(large);
  CHECK(row.size() == (1ULL << 40) - 1);
  CHECK(row.stored_size() == (1ULL << 40) - 1);
  CHECK(row.summary() == SummaryPlace());
  CHECK(row.save_date() == WallTime(seconds(UINT32_MAX)));
}

TEST_CASE(
    "names stay right while rows come, go and are renamed, and nobody's octets are given back") {
  MaildirTable table(ModSeq{5});
  std::vector<std::pair<Uid, std::string>> names;
  std::mt19937 random(1);
  std::uint32_t next = 1;
  for (int step = 0; step < 20'000; ++step) {
    const auto at = names.empty() ? 0 : random() % names.size();
    switch (random() % 4) {
      case 0:
        names.emplace_back(Uid{next}, message(next).place.name);
        table.insert(message(next++));
        break;
      case 1: {
        if (names.size() < 200) break;
        const Uid gone[] = {names[at].first};
        table.remove(gone);
        names.erase(names.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      }
      default:
        if (names.empty()) break;
        names[at].second = std::string(1 + random() % 100, static_cast<char>('a' + random() % 26));
        table.rename(*table.find(names[at].first), names[at].second, false);
    }
  }
  REQUIRE(table.rows().size() == names.size());
  std::size_t octets = 0;
  for (const auto& [uid, name] : names) {
    const MessageRow& row = *table.find(uid);
    REQUIRE(table.name(row) == name);
    REQUIRE(table.keys(row) == "W5 G7");
    octets += row.text_size();
  }
  CHECK(table.texts().size() < 2 * octets + 8192);
}
