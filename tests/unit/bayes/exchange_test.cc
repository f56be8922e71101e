#include "mail/bayes/exchange.h"

#include <catch2/catch.hpp>

#include "mail/base/memory_filesystem.h"
#include "mail/base/status.h"

using namespace mail;
using namespace mail::bayes;

TEST_CASE("a backup gives back counts, weights and what was trained") {
  MemoryFilesystem files;
  auto database = Database::open(files, "/state/global", {});
  REQUIRE(database.ok());
  for (int i = 0; i < 30; ++i) {
    const bool is_spam = i % 2 == 0;
    const std::string text = is_spam ? "Subject: pills\n\nbuy pills " : "Subject: lunch\n\nsoup ";
    const auto trained =
        (*database)->train(cat(text, i, "\n"), is_spam ? Class::kSpam : Class::kHam, 100);
    REQUIRE(trained.ok());
  }
  const std::string text = write_backup(**database);
  const auto backup = read_backup(text);
  REQUIRE(backup.ok());
  CHECK(backup->key == (*database)->key());

  DatabaseOptions options;
  options.key = backup->key;
  auto other = Database::open(files, "/state/other", options);
  REQUIRE(other.ok());
  auto training = (*other)->begin_training();
  REQUIRE(training.ok());
  REQUIRE(training->merge(backup->table, backup->messages).ok());
  REQUIRE(training->finish().ok());
  CHECK(write_backup(**other) == text);
  CHECK((*other)->trained_as("Subject: pills\n\nbuy pills 0\n") == Class::kSpam);
  CHECK((*other)->classify("Subject: pills\n\n").log_odds ==
        (*database)->classify("Subject: pills\n\n").log_odds);
  // It is in the file, and can be taken back.
  auto again = Database::open(files, "/state/other", {});
  REQUIRE(again.ok());
  CHECK(write_backup(**again) == text);
  CHECK((*again)->untrain("Subject: pills\n\nbuy pills 0\n").value() == Class::kSpam);
}

TEST_CASE("lines that are no backup's are refused with their number") {
  const std::string head = "v\t3\tdb_version # this must be the first line!!!\n";
  const std::string key = "k\t00112233445566778899aabbccddeeff\n";
  CHECK(read_backup(cat(head, key)).ok());
  CHECK(read_backup(cat(head, key, "t\t1\t2\t86400\t00000000ff\t-5\n")).ok());
  const std::string bad[] = {"",
                             "hello",
                             key,
                             head,  // no key
                             cat(head, key, "t\t1\t2\t86400\t00000000ff\n"),
                             cat(head, key, "t\t1\t2\t86400\t0000000000\t0\n"),
                             cat(head, key, "t\t1\t2\t86400\t10000000000\t0\n"),
                             cat(head, key, "t\t16777216\t2\t86400\t00000000ff\t0\n"),
                             cat(head, key, "t\t1\t2\t86400\t00000000ff\t8388608\n"),
                             cat(head, key, "t\t1\t2\t5662310400\t00000000ff\t0\n"),
                             cat(head, key, "v\t16777216\tnum_spam\n"),
                             cat(head, key, "v\t1\tother\n"),
                             cat(head, key, "s\tx\t00112233445566778899aabbccddeeff\n"),
                             cat(head, key, "s\ts\t0011\n"),
                             "v\t2\tdb_version\n"};
  for (const std::string& text : bad) {
    INFO(text);
    CHECK_FALSE(read_backup(text).ok());
  }
  CHECK(message_of(read_backup(cat(head, key, "\n")).status()).find("line 3") !=
        std::string_view::npos);
}

TEST_CASE("a table can be forgotten, but for its key") {
  MemoryFilesystem files;
  auto database = Database::open(files, "/state/global", {});
  REQUIRE(database.ok());
  const crypto::HashKey key = (*database)->key();
  REQUIRE((*database)->train("Subject: x\n\ny", Class::kHam, 1).ok());
  auto training = (*database)->begin_training();
  REQUIRE(training.ok());
  REQUIRE(training->clear().ok());
  REQUIRE(training->finish().ok());
  auto again = Database::open(files, "/state/global", {});
  REQUIRE(again.ok());
  CHECK((*again)->key() == key);
  CHECK((*again)->trained_messages().empty());
  (*again)->read([](const Table& table) { CHECK(table.size() == 0); });
}
