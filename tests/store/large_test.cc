// A folder of 100,000 messages: whatever is known of it beforehand, opening it touches no message
// file, and costs as many file operations as that of a small one. The messages are names in a
// listing and nothing else: whoever touched one would find no file.
#include "world.h"

using namespace mail;
using namespace mail::store;
using namespace mail::store::test;

namespace {

constexpr std::size_t kMessages = 100'000;
const std::string kHome = "/mail/example.com/ann";

/// Counts what a store asks of it, and lists messages in cur/ that are not there.
class CountingFilesystem final : public MemoryFilesystem {
 public:
  using MemoryFilesystem::MemoryFilesystem;

  StatusOr<std::unique_ptr<File>> open(const std::string& path) override {
    count(path);
    return MemoryFilesystem::open(path);
  }
  StatusOr<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override {
    count(path);
    return MemoryFilesystem::create(path, mode);
  }
  StatusOr<std::unique_ptr<File>> open_append(const std::string& path,
                                              std::uint32_t mode) override {
    count(path);
    return MemoryFilesystem::open_append(path, mode);
  }
  StatusOr<FileInfo> info(const std::string& path) override {
    count(path);
    return MemoryFilesystem::info(path);
  }
  StatusOr<std::vector<DirectoryEntry>> list(const std::string& path) override {
    count(path);
    if (path == kHome + "/new" || path == kHome + "/cur") ++listings;
    auto entries = MemoryFilesystem::list(path);
    if (!entries.ok() || path != kHome + "/cur") return entries;
    entries->reserve(entries->size() + kMessages);
    for (std::size_t i = 0; i < kMessages; ++i) {
      entries->push_back(
          {cat(1'700'010'000 + i / 10, ".M", i % 10, "P7.host,S=6,W=8:2,", i % 2 == 0 ? "S" : "")});
    }
    return entries;
  }
  Status make_directory(const std::string& path, std::uint32_t mode) override {
    count(path);
    return MemoryFilesystem::make_directory(path, mode);
  }
  Status rename(const std::string& from, const std::string& to) override {
    count(from);
    return MemoryFilesystem::rename(from, to);
  }
  Status link(const std::string& from, const std::string& to) override {
    count(from);
    return MemoryFilesystem::link(from, to);
  }
  Status unlink(const std::string& path) override {
    count(path);
    return MemoryFilesystem::unlink(path);
  }
  Status sync_directory(const std::string& path) override {
    count(path);
    return MemoryFilesystem::sync_directory(path);
  }
  void reset() { operations = of_messages = listings = 0; }

  std::uint64_t operations = 0;
  std::uint64_t of_messages = 0;  // those whose path is a message's
  std::uint64_t listings = 0;     // of new/ and cur/

 private:
  void count(const std::string& path) {
    ++operations;
    if (path.starts_with(kHome + "/cur/") || path.starts_with(kHome + "/new/")) ++of_messages;
  }
};

struct Large {
  Large() : fs([this] { return clock.wall(); }) {
    REQUIRE(make_directories(fs, kHome + "/cur", 0700).ok());
    clock.advance(seconds(10));
  }
  /// As after a restart of the process, or of the system.
  void restart(std::string_view boot) {
    store.reset();
    store = make_maildir_store(fs, clock, random, nullptr, test_options(boot));
  }
  /// What SELECT asks for.
  void select(std::uint64_t messages) {
    fs.reset();
    const auto account = store->account({"ann@example.com", ""});
    REQUIRE(account.ok());
    const auto inbox = (*account)->open("INBOX");
    REQUIRE(inbox.ok());
    const FolderStatus status = (*inbox)->status();
    CHECK(status.messages == messages);
    CHECK(status.unseen == kMessages / 2 + messages - kMessages);
    CHECK(number(status.uid_next) == messages + 1);
    CHECK((*inbox)->uids().uids->size() == messages);
    CHECK(fs.of_messages == 0);
  }

  TestClock clock;
  TestRandom random;
  CountingFilesystem fs;
  std::unique_ptr<Store> store;
};

}  // namespace

TEST_CASE("opening a folder of 100,000 messages touches no message, and few files") {
  Large large;
  large.restart("1");
  large.select(kMessages);
  INFO("never seen: " << large.fs.operations);
  CHECK(large.fs.operations <= 50);  // makes directories, a uidlist, an index
  CHECK(large.fs.listings == 2);

  large.clock.advance(seconds(10));
  large.select(kMessages);
  CHECK(large.fs.listings == 1);  // new/ was made a moment before it was listed
  large.select(kMessages);
  INFO("kept open: " << large.fs.operations);
  CHECK(large.fs.operations <= 8);
  CHECK(large.fs.listings == 0);

  large.restart("1");
  large.select(kMessages);
  INFO("with its index: " << large.fs.operations);
  CHECK(large.fs.operations <= 14);
  CHECK(large.fs.listings == 0);

  large.restart("2");
  large.select(kMessages);
  INFO("after a start of the system: " << large.fs.operations);
  CHECK(large.fs.operations <= 30);

  for (const char* file : {"/libmail.index", "/libmail.cache"}) {
    (void)large.fs.unlink(kHome + file);
  }
  large.restart("2");
  large.select(kMessages);
  INFO("without an index: " << large.fs.operations);
  CHECK(large.fs.operations <= 30);

  const Target targets[] = {{{"ann@example.com", ""}, "INBOX", ""}};
  const std::string_view pieces[] = {"A: b\r\n\r\n"};
  REQUIRE(large.store->deliver(targets, pieces, large.clock.wall()).ok());
  large.restart("2");
  large.select(kMessages + 1);
  INFO("after a delivery: " << large.fs.operations);
  CHECK(large.fs.operations <= 30);
}
