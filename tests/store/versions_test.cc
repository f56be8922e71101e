// Stores that each version of the index wrote, in tests/cases/store: each opens, and says what it
// said then. Their dates show that the index was read: the files' own are those of the checkout.
#include "mail/base/filesystem.h"
#include "store/index_format.h"
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

namespace {

const std::string kHome = "/mail/example.com/ann";

void copy(MaildirWorld& world, const std::string& from, const std::string& to) {
  const auto entries = real_filesystem().list(from);
  REQUIRE(entries.ok());
  for (const DirectoryEntry& entry : *entries) {
    const std::string source = cat(from, "/", entry.name);
    const std::string target = cat(to, "/", entry.name);
    if (entry.type == FileType::kDirectory) {
      REQUIRE(make_directories(world.fs, target, 0700).ok());
      copy(world, source, target);
    } else {
      world.write(target, *read_file(real_filesystem(), source, 1 << 20));
    }
  }
}

}  // namespace

TEST_CASE("a store of each version of the index opens with its UIDs, flags, sizes and dates") {
  const int version = GENERATE(1, 2, 3);
  INFO("version " << version);
  MaildirWorld world;
  REQUIRE(make_directories(world.fs, kHome + "/tmp", 0700).ok());
  copy(world, cat(MAIL_SOURCE_DIR, "/tests/cases/store/v", version), kHome);
  REQUIRE(world.read(kHome + "/libmail.index")[8] == version);
  const auto inbox = world.inbox();
  CHECK(number(inbox->status().uid_validity) == 1'795'000'000);
  CHECK(number(inbox->status().uid_next) == 7);
  CHECK(inbox->keywords() == std::vector<std::string>{"Work", "Play"});
  struct Row {
    std::uint32_t uid;
    Flags flags;
    std::int64_t date;
  };
  const std::vector<Row> rows = {{1, {kSeen, 0}, 1'580'086'400},
                                 {2, {}, 1'580'172'800},
                                 {4, {kFlagged | kAnswered, 1}, 1'580'345'600},
                                 {5, {kDraft, 2}, 1'580'432'000},
                                 {6, {}, 1'590'000'000}};
  const auto messages = inbox->snapshot().messages;
  REQUIRE(messages.size() == rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CHECK(number(messages[i].uid) == rows[i].uid);
    CHECK(messages[i].flags == rows[i].flags);
    CHECK(messages[i].internal_date == WallTime(seconds(rows[i].date)));
    CHECK(messages[i].size == 52);
  }
  CHECK(inbox->summaries(list_of({4}))[0]->envelope.find("number 4") != std::string::npos);
  CHECK(world.read(kHome + "/libmail.index")[8] == static_cast<char>(kIndexVersion));
}
