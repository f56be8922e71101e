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

TEST_CASE("bogofilter's words become tokens, as far as there are such") {
  const crypto::HashKey key{3, 4};
  const std::string dump =
      ".ENCODING 2 0 20241121\n.MSG_COUNT 60 80 20241121\n.WORDLIST_VERSION 20040500 0\n"
      "pills 50 1 20241121\nPills 20 0 20241121\nsubj:Cheap 40 0 20241121\nhead:X-Odd 3 0 "
      "20241121\n"
      "lunch 0 70 20241121\nurl:shop.example 9 0 20241121\na 5 5 20241121\nre:fw 1 1 20241121\n";
  const auto import = read_bogofilter(dump, key);
  REQUIRE(import.ok());
  CHECK(import->mapped == 6);
  CHECK(import->unmapped == 2);
  CHECK(import->table.messages(Class::kSpam) == 60);
  CHECK(import->table.messages(Class::kHam) == 80);
  Tokenizer tokenizer(key);
  std::size_t known = 0;
  tokenizer.tokenize("Subject: cheap\n\nPILLS lunch http://shop.example/\n",
                     [&](Token token, std::string_view text) {
                       const Bucket bucket = import->table.find(token);
                       if (bucket.token == 0) return;
                       ++known;
                       if (text == "pills") CHECK(bucket.spam == 60);  // 50 + 20, but of 60
                       if (text == "lunch") CHECK(bucket.ham == 70);
                       if (text == "subject:cheap") CHECK(bucket.spam == 40);
                     });
  CHECK(known == 4);
  for (const char* bad : {"", "pills 1 2 3\n", ".MSG_COUNT 1 2\npills\n", "pills x 2 3\n",
                          ".MSG_COUNT 1 2\npills 1 2 3 4 5\n", ".MSG_COUNT 1 2\n\n"}) {
    INFO(bad);
    CHECK_FALSE(read_bogofilter(bad, key).ok());
  }
}
