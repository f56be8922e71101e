// What an account holds, whoever put it there, and additions that would lead beyond its limit.
#include <atomic>
#include <limits>
#include <thread>

#include "mail/base/forgetful.h"
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

namespace {

const std::string kHome = "/mail/example.com/ann";
const AccountPlace kAnn = {"ann@example.com", ""};
const std::string kTen = "a: 1\r\n\r\nx\r\n";  // 11 octets; 8 with LF ends
constexpr std::uint64_t kOctets = 11;

template <class Test>
void on_every_store(Test test) {
  for (const auto& make : all_worlds()) {
    const auto world = make();
    INFO(world->name());
    test(*world);
  }
}

Usage usage(World& world, const AccountPlace& place = kAnn) {
  world.clock.advance(milliseconds(1));
  const auto usage = world.store->usage(place);
  INFO(usage.status().ToString());
  REQUIRE(usage.ok());
  return *usage;
}

NewMessage new_message(std::uint8_t flags = 0) {
  return {kTen, {flags, {}}, WallTime(seconds(1'000'000'000))};
}

Status deliver(World& world, const UsageLimit& limit, const std::string& bytes = kTen,
               const std::string& folder = "INBOX") {
  const Target targets[] = {{kAnn, folder, "", limit}};
  const std::string_view pieces[] = {bytes};
  return world.store->deliver(targets, pieces, world.clock.wall());
}

}  // namespace

TEST_CASE("an addition is too much beyond the limit, but for one that begins below it") {
  struct Row {
    UsageLimit limit;
    Usage used, added;
    bool is_too_much;
  };
  const std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
  const Row rows[] = {
      {{}, {huge, 9}, {huge, 1}, false},       {{100, 0, 0}, {90, 1}, {9, 1}, false},
      {{100, 0, 0}, {90, 1}, {10, 1}, false},  {{100, 0, 0}, {90, 1}, {11, 1}, true},
      {{100, 0, 0}, {100, 1}, {1, 1}, true},   {{100, 10, 0}, {99, 1}, {10, 1}, false},
      {{100, 10, 0}, {99, 1}, {11, 1}, false}, {{100, 10, 0}, {99, 1}, {12, 1}, true},
      {{100, 10, 0}, {100, 1}, {1, 1}, true},  {{100, 10, 0}, {105, 1}, {1, 1}, true},
      {{100, 10, 0}, {0, 0}, {huge, 1}, true}, {{0, 0, 3}, {huge, 1}, {huge, 1}, false},
      {{0, 0, 3}, {0, 2}, {0, 1}, false},      {{0, 0, 3}, {0, 3}, {0, 1}, true},
      {{0, 0, 3}, {0, 2}, {0, 2}, true},       {{100, 0, 3}, {0, 3}, {1, 1}, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.limit.octets, row.limit.messages, row.used.octets, row.added.octets);
    CHECK(exceeds(row.limit, row.used, row.added) == row.is_too_much);
  }
}

TEST_CASE("a full mailbox is told from a full disk") {
  CHECK(is_over_quota(over_quota("ann")));
  CHECK(absl::IsResourceExhausted(over_quota("ann")));
  CHECK_FALSE(is_over_quota(exhausted("no space")));
  CHECK_FALSE(is_over_quota(absl::OkStatus()));
}

TEST_CASE("the usage of an account is that of all its folders after whatever happened to them") {
  on_every_store([](World& world) {
    CHECK(usage(world) == Usage{});
    REQUIRE(deliver(world, {}).ok());
    CHECK(usage(world) == Usage{kOctets, 1});
    const auto account = world.account();
    REQUIRE(account->create_folder("Work").ok());
    const auto work = world.open(*account, "Work");
    const NewMessage two[] = {new_message(), new_message(kDeleted)};
    REQUIRE(work->append(two).ok());
    CHECK(usage(world) == Usage{3 * kOctets, 3});
    const auto inbox = world.inbox();
    REQUIRE(inbox->refresh().ok());
    REQUIRE(inbox->copy(list_of({1}), *work).ok());
    CHECK(usage(world) == Usage{4 * kOctets, 4});
    REQUIRE(inbox->move(list_of({1}), *work).ok());
    CHECK(usage(world) == Usage{4 * kOctets, 4});
    CHECK(work->status().deleted == 1);
    CHECK(work->status().deleted_size == kOctets);
    REQUIRE(work->expunge(work->expunge(list_of({9})).value()).ok());
    REQUIRE(work->expunge(list_of({1, 2, 3, 4})).ok());
    CHECK(usage(world) == Usage{3 * kOctets, 3});
    CHECK(work->status().deleted == 0);
    REQUIRE(account->rename_folder("Work", "Play").ok());
    CHECK(usage(world) == Usage{3 * kOctets, 3});
    REQUIRE(account->delete_folder("Play").ok());
    CHECK(usage(world) == Usage{});
    CHECK(usage(world, {"bob@example.com", ""}) == Usage{});
    CHECK_FALSE(world.store->usage({"..", ""}).ok());
  });
}

TEST_CASE("a delivery is refused one octet and one message beyond the limit") {
  struct Row {
    UsageLimit limit;
    std::uint64_t delivered;  // of five
  };
  const Row rows[] = {
      {{3 * kOctets, 0, 0}, 3},     {{3 * kOctets - 1, 0, 0}, 2},
      {{3 * kOctets + 1, 0, 0}, 3}, {{3 * kOctets - 1, 1, 0}, 3},
      {{3 * kOctets, 9, 0}, 3},     {{0, 0, 2}, 2},
      {{3 * kOctets, 0, 2}, 2},     {{}, 5},
  };
  on_every_store([&](World& world) {
    int n = 0;
    for (const Row& row : rows) {
      CAPTURE(row.limit.octets, row.limit.grace_octets, row.limit.messages);
      const AccountPlace who{cat("user", ++n, "@example.com"), ""};
      if (n % 2 == 0) REQUIRE(world.store->account(who).ok());
      for (std::uint64_t i = 0; i < 5; ++i) {
        const Target targets[] = {{who, "INBOX", "", row.limit}};
        const std::string_view pieces[] = {kTen};
        REQUIRE(world.store->account(who).ok());
        const Status status = world.store->deliver(targets, pieces, world.clock.wall());
        CHECK(status.ok() == (i < row.delivered));
        CHECK(is_over_quota(status) == (i >= row.delivered));
      }
      CHECK(usage(world, who) == Usage{row.delivered * kOctets, row.delivered});
    }
  });
}

TEST_CASE("a delivery to several is stored for all or for none, and counts each of its copies") {
  on_every_store([](World& world) {
    world.account("ann@example.com");
    world.account("bob@example.com");
    const std::string_view pieces[] = {kTen};
    const AccountPlace bob{"bob@example.com", ""};
    const Target mixed[] = {{bob, "INBOX", "", {}}, {kAnn, "INBOX", "", {kOctets - 1, 0, 0}}};
    CHECK(is_over_quota(world.store->deliver(mixed, pieces, world.clock.wall())));
    CHECK(usage(world) == Usage{});
    CHECK(usage(world, bob) == Usage{});
    const UsageLimit one{kOctets, 0, 0};
    const Target twice[] = {{kAnn, "INBOX", "", one}, {kAnn, "INBOX", "", one}};
    CHECK(is_over_quota(world.store->deliver(twice, pieces, world.clock.wall())));
    CHECK(usage(world) == Usage{});
    // What was reserved for those is free again.
    CHECK(deliver(world, one).ok());
  });
}

TEST_CASE("append and copy are refused beyond the limit, a move never") {
  on_every_store([](World& world) {
    const auto account = world.account();
    REQUIRE(account->create_folder("Work").ok());
    const auto work = world.open(*account, "Work");
    const auto inbox = world.inbox();
    const UsageLimit limit{3 * kOctets, 0, 0};
    const NewMessage two[] = {new_message(), new_message()};
    REQUIRE(inbox->append(two, limit).ok());
    CHECK(is_over_quota(inbox->append(two, limit).status()));
    CHECK(is_over_quota(inbox->copy(list_of({1, 2}), *work, limit).status()));
    CHECK(usage(world) == Usage{2 * kOctets, 2});
    CHECK(inbox->status().messages == 2);
    CHECK(work->status().messages == 0);
    REQUIRE(inbox->copy(list_of({1}), *work, limit).ok());
    CHECK(is_over_quota(inbox->copy(list_of({1}), *work, limit).status()));
    CHECK(inbox->copy(list_of({77}), *work, limit).ok());
    REQUIRE(inbox->move(list_of({1, 2}), *work).ok());
    CHECK(usage(world) == Usage{3 * kOctets, 3});
    CHECK(is_over_quota(inbox->append(std::span(two, 1), limit).status()));
    CHECK(is_over_quota(inbox->append(std::span(two, 1), {0, 0, 3}).status()));
    CHECK(inbox->append(std::span(two, 1), {0, 0, 4}).ok());
  });
}

TEST_CASE("fifty parallel additions leave at most what the limit allows (G6)") {
  struct Row {
    UsageLimit limit;
    std::uint64_t fit;
  };
  const Row rows[] = {{{10 * kOctets, 0, 0}, 10},
                      {{10 * kOctets - 1, kOctets, 0}, 10},
                      {{10 * kOctets, 10 * kOctets, 0}, 10},
                      {{0, 0, 10}, 10}};
  for (const Row& row : rows) {
    on_every_store([&row](World& world) {
      const auto account = world.account();
      REQUIRE(account->create_folder("Work").ok());
      const auto work = world.open(*account, "Work");
      std::atomic<std::uint64_t> stored = 0;
      std::atomic<std::uint64_t> refused = 0;
      std::vector<std::thread> threads;
      for (int i = 0; i < 50; ++i) {
        threads.emplace_back([&, i] {
          Status status;
          if (i % 3 == 0) {
            const NewMessage one[] = {new_message()};
            status = work->append(one, row.limit).status();
          } else {
            status = deliver(world, row.limit);
          }
          ++(status.ok() ? stored : refused);
          if (!status.ok() && !is_over_quota(status)) refused += 1000;
        });
      }
      for (std::thread& thread : threads) thread.join();
      // Room that was there was used, too: nobody was refused for what only might come.
      CHECK(stored == row.fit);
      CHECK(refused == 50 - row.fit);
      CHECK(usage(world) == Usage{row.fit * kOctets, row.fit});
    });
  }
}

TEST_CASE("what other programs do to a Maildir is counted") {
  MaildirWorld world;
  REQUIRE(deliver(world, {}).ok());
  CHECK(usage(world) == Usage{kOctets, 1});
  const auto drop = [&](const std::string& below, std::string_view bytes) {
    world.clock.advance(seconds(5));
    world.write(cat(kHome, "/", below), bytes);
  };
  drop("new/1.M1P2.other,S=8,W=1000", "a\n");  // W is believed
  CHECK(usage(world) == Usage{kOctets + 1000, 2});
  drop("cur/2.M1P2.other,S=500:2,S", "a\n");  // S stands for it
  CHECK(usage(world) == Usage{kOctets + 1500, 3});
  drop("cur/3.M1P2.other:2,", "ab\n");  // the file itself
  CHECK(usage(world) == Usage{kOctets + 1503, 4});
  drop("cur/.hidden", "ab\n");
  drop("tmp/4.M1P2.other", "ab\n");
  CHECK(usage(world) == Usage{kOctets + 1503, 4});
  world.clock.advance(seconds(5));
  REQUIRE(world.fs
              .rename(kHome + "/new/1.M1P2.other,S=8,W=1000",
                      kHome + "/cur/1.M1P2.other,S=8,W=1000:2,RS")
              .ok());
  CHECK(usage(world) == Usage{kOctets + 1503, 4});
  world.clock.advance(seconds(5));
  CHECK(usage(world) == Usage{kOctets + 1503, 4});
  REQUIRE(world.fs.unlink(kHome + "/cur/1.M1P2.other,S=8,W=1000:2,RS").ok());
  CHECK(usage(world) == Usage{kOctets + 503, 3});
  REQUIRE(make_directories(world.fs, kHome + "/.Other/cur", 0700).ok());
  drop(".Other/cur/5.M1P2.other,W=7:2,", "ab\n");
  REQUIRE(make_directories(world.fs, kHome + "/..libmail-x/cur", 0700).ok());
  drop("..libmail-x/cur/5.M1P2.other,W=7:2,", "ab\n");
  CHECK(usage(world) == Usage{kOctets + 510, 4});
}

TEST_CASE("a size that was measured when the folder was opened counts from then on") {
  MaildirWorld world;
  world.account();
  world.write(kHome + "/cur/3.M1P2.other:2,", "a\nb\n");
  world.clock.advance(seconds(5));
  CHECK(usage(world) == Usage{4, 1});
  CHECK(world.inbox()->status().size == 6);
  CHECK(usage(world) == Usage{6, 1});
  world.open_store();
  CHECK(usage(world) == Usage{6, 1});
  CHECK(maildir_usage(world.fs, "/mail", kAnn).value() == Usage{6, 1});
  CHECK(maildir_usage(world.fs, "/mail", {"x@y", kHome}).value() == Usage{6, 1});
}

TEST_CASE("names that tell nonsense do not make an account look empty") {
  MaildirWorld world;
  world.account();
  world.write(kHome + "/cur/1.a,W=18446744073709551615:2,", "a\n");
  world.write(kHome + "/cur/2.b,W=5:2,", "a\n");
  world.clock.advance(seconds(5));
  CHECK(usage(world) == Usage{std::numeric_limits<std::uint64_t>::max(), 2});
}

TEST_CASE("a usage that was forgotten is counted again") {
  MaildirWorld world;
  MaildirOptions options;
  options.root = "/mail";
  options.usage_accounts = 2;
  world.store = make_maildir_store(world.fs, world.clock, world.random, &world.bus, options);
  for (int round = 0; round < 3; ++round) {
    for (const char* who : {"a@x.test", "b@x.test", "c@x.test", "d@x.test"}) {
      CAPTURE(who, round);
      REQUIRE(world.deliver(kTen, who).ok());
      const auto messages = static_cast<std::uint64_t>(round + 1);
      CHECK(usage(world, {who, ""}) == Usage{messages * kOctets, messages});
    }
  }
}

TEST_CASE("an addition that fails gives its room back, whatever file operation failed") {
  TestClock clock;
  TestRandom random;
  const UsageLimit limit{2 * kOctets, 0, 0};
  bool has_struck = true;
  for (std::uint64_t k = 1; has_struck; ++k) {
    CAPTURE(k);
    REQUIRE(k < 200);
    ForgetfulFilesystem fs(k, [&clock] { return clock.wall(); });
    REQUIRE(fs.make_directory("/mail", 0700).ok());
    MaildirOptions options;
    options.root = "/mail";
    const auto store = make_maildir_store(fs, clock, random, nullptr, options);
    const auto inbox = (*store->account(kAnn))->open("INBOX");
    REQUIRE(inbox.ok());
    const Target targets[] = {{kAnn, "INBOX", "", limit}};
    const std::string_view pieces[] = {kTen};
    const NewMessage one[] = {new_message()};
    fs.fail_at(k, exhausted("no space"));
    const bool is_delivered = store->deliver(targets, pieces, clock.wall()).ok();
    const bool is_appended = (*inbox)->append(one, limit).ok();
    has_struck = fs.struck();
    if (!has_struck) break;
    // A first try that failed left nothing and kept nothing.
    if (!is_delivered) REQUIRE(store->deliver(targets, pieces, clock.wall()).ok());
    if (!is_appended) REQUIRE((*inbox)->append(one, limit).ok());
    CHECK(store->usage(kAnn).value() == Usage{2 * kOctets, 2});
    CHECK(is_over_quota(store->deliver(targets, pieces, clock.wall())));
  }
}
