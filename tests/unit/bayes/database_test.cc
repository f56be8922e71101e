#include "mail/bayes/database.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "bayes/format.h"
#include "mail/base/forgetful.h"
#include "mail/base/memory_filesystem.h"

namespace mail::bayes {
namespace {

constexpr crypto::HashKey kKey = {11, 12};
const std::string kPath = "/state/bayes/global";

DatabaseOptions options() {
  DatabaseOptions result;
  result.key = kKey;
  return result;
}

std::unique_ptr<Database> open(Filesystem& files, const DatabaseOptions& chosen = options()) {
  auto database = Database::open(files, kPath, chosen);
  REQUIRE(database.ok());
  return std::move(*database);
}

std::string message(int number, Class c) {
  const std::string_view words =
      c == Class::kSpam ? "cheap pills casino" : "meeting notes tomorrow";
  return cat("From: a", number, "@x.example\nSubject: ", words, "\n\nbody ", number, " ", words,
             "\n");
}

struct Counts {
  std::uint64_t ham = 0;
  std::uint64_t spam = 0;
  std::vector<std::array<std::uint64_t, 3>> tokens;
  bool operator==(const Counts&) const = default;
};

Counts counts(Database& database) {
  Counts result;
  database.read([&](const Table& table) {
    result.ham = table.messages(Class::kHam);
    result.spam = table.messages(Class::kSpam);
    for (const Bucket& b : table.sorted()) result.tokens.push_back({b.token, b.ham, b.spam});
  });
  return result;
}

TEST_CASE("What was trained is there when the database is opened again") {
  MemoryFilesystem files;
  Counts before;
  {
    auto database = open(files);
    CHECK(database->classify(message(1, Class::kSpam)).verdict == Verdict::kUnsure);
    for (int i = 0; i < 60; ++i) {
      CHECK(database->train(message(i, Class::kSpam), Class::kSpam, 1).value() == Trained::kNew);
      CHECK(database->train(message(i, Class::kHam), Class::kHam, 1).value() == Trained::kNew);
    }
    before = counts(*database);
    CHECK(database->classify(message(99, Class::kSpam)).verdict == Verdict::kSpam);
  }
  auto again = open(files, {});  // the key is the file's
  CHECK(again->key() == kKey);
  CHECK(counts(*again) == before);
  CHECK(again->classify(message(99, Class::kSpam)).verdict == Verdict::kSpam);
  CHECK(again->classify(message(99, Class::kHam)).verdict == Verdict::kHam);
}

TEST_CASE("A message counts once, can change its class, and can be taken back") {
  MemoryFilesystem files;
  auto database = open(files);
  const std::string text = message(1, Class::kSpam);
  std::string crlf;
  for (const char c : text) crlf += c == '\n' ? "\r\n" : std::string(1, c);

  CHECK(database->train(text, Class::kSpam, 1).value() == Trained::kNew);
  const Counts once = counts(*database);
  CHECK(database->train(crlf, Class::kSpam, 1).value() == Trained::kUnchanged);
  CHECK(counts(*database) == once);
  CHECK(database->trained_as(text) == Class::kSpam);
  CHECK(database->train(text, Class::kHam, 1).value() == Trained::kMoved);
  CHECK(counts(*database).spam == 0);
  CHECK(counts(*database).ham == 1);
  CHECK(database->untrain(message(2, Class::kHam)).value() == std::nullopt);
  CHECK(database->untrain(text).value() == Class::kHam);
  CHECK(database->trained_as(text) == std::nullopt);
  CHECK(counts(*database) == Counts{});
}

TEST_CASE("A new table is written when the journal has grown, and says the same") {
  MemoryFilesystem files;
  DatabaseOptions small = options();
  small.journal_octets = 2000;
  auto database = open(files, small);
  for (int i = 0; i < 100; ++i) {
    REQUIRE(database->train(message(i, Class::kSpam), Class::kSpam, 1).ok());
    auto other = open(files);
    REQUIRE(counts(*other) == counts(*database));
  }
  CHECK(files.info(kPath)->size > 2000);
}

TEST_CASE("Two readers and a writer in other processes agree") {
  MemoryFilesystem files;
  auto writer = open(files), reader = open(files), other_writer = open(files);
  REQUIRE(writer->train(message(1, Class::kSpam), Class::kSpam, 1).ok());
  REQUIRE(reader->refresh().ok());
  CHECK(counts(*reader).spam == 1);
  // Another process trains: the first one's next training builds on it.
  REQUIRE(other_writer->train(message(2, Class::kSpam), Class::kSpam, 1).ok());
  REQUIRE(writer->train(message(3, Class::kHam), Class::kHam, 1).ok());
  REQUIRE(reader->refresh().ok());
  CHECK(counts(*reader).spam == 2);
  CHECK(counts(*reader).ham == 1);
  CHECK(counts(*writer) == counts(*reader));
  CHECK(reader->refresh().ok());

  auto training = writer->begin_training();
  REQUIRE(training.ok());
  CHECK(absl::IsUnavailable(other_writer->begin_training().status()));
  CHECK(absl::IsUnavailable(writer->begin_training().status()));
  CHECK(reader->classify(message(4, Class::kHam)).verdict == Verdict::kUnsure);
  REQUIRE(training->finish().ok());
  CHECK(other_writer->begin_training().ok());
}

/// The two files after some training, and the counts after each message.
struct Trail {
  std::string table, journal;
  std::vector<Counts> after;
};

Trail trail() {
  MemoryFilesystem files;
  auto database = open(files);
  Trail result;
  result.after.push_back(counts(*database));
  for (int i = 0; i < 6; ++i) {
    const Class c = i % 2 == 0 ? Class::kSpam : Class::kHam;
    REQUIRE(database->train(message(i, c), c, 1).ok());
    result.after.push_back(counts(*database));
  }
  result.table = read_file(files, kPath, 1 << 20).value();
  result.journal = read_file(files, kPath + ".journal", 1 << 20).value();
  return result;
}

void put(Filesystem& files, const std::string& path, std::string_view bytes) {
  REQUIRE(make_directories(files, parent_path(path), 0700).ok());
  REQUIRE(write_file_atomically(files, path, bytes, 0600).ok());
}

TEST_CASE("A journal that ends anywhere holds whole messages, and can be trained on") {
  const Trail t = trail();
  for (std::size_t size = 0; size <= t.journal.size(); ++size) {
    MemoryFilesystem files;
    put(files, kPath, t.table);
    put(files, kPath + ".journal", t.journal.substr(0, size));
    auto database = open(files);
    CHECK(database->damage().empty());
    const Counts found = counts(*database);
    REQUIRE(std::find(t.after.begin(), t.after.end(), found) != t.after.end());
    if (size % 7 != 0) continue;
    REQUIRE(database->train(message(50, Class::kHam), Class::kHam, 1).ok());
    auto again = open(files);
    REQUIRE(counts(*again) == counts(*database));
    REQUIRE(counts(*again).ham == found.ham + 1);
  }
}

TEST_CASE("A journal that was changed anywhere is believed up to there") {
  const Trail t = trail();
  for (std::size_t at = 0; at < t.journal.size(); ++at) {
    MemoryFilesystem files;
    put(files, kPath, t.table);
    std::string bad = t.journal;
    bad[at] = static_cast<char>(bad[at] ^ 0x41);
    put(files, kPath + ".journal", bad);
    auto database = open(files);
    REQUIRE(std::find(t.after.begin(), t.after.end(), counts(*database)) != t.after.end());
  }
}

TEST_CASE("A table that is damaged anywhere is kept aside and answers unsure") {
  Trail t;
  {
    MemoryFilesystem files;
    DatabaseOptions small = options();
    small.journal_octets = 1;
    auto database = open(files, small);
    // Short ones: every octet of the table is changed below.
    for (int i = 0; i < 3; ++i) {
      REQUIRE(database->train(cat("\npills", i, " casino"), Class::kSpam, 1).ok());
    }
    t.table = read_file(files, kPath, 1 << 20).value();
  }
  const auto check = [&](const std::string& bad) {
    MemoryFilesystem files;
    put(files, kPath, bad);
    auto database = open(files);
    CHECK(database->classify(message(1, Class::kSpam)).verdict == Verdict::kUnsure);
    if (bad.size() < t.table.size()) CHECK_FALSE(database->damage().empty());
    CHECK(counts(*database) == Counts{});  // reads all of it
    CHECK_FALSE(database->damage().empty());
    CHECK(read_file(files, kPath + ".damaged", 1 << 20).value() == bad);
    REQUIRE(database->train(message(1, Class::kSpam), Class::kSpam, 1).ok());
    CHECK(counts(*open(files)).spam == 1);
  };
  for (std::size_t size = 0; size < t.table.size(); ++size) check(t.table.substr(0, size));
  for (std::size_t at = 0; at < t.table.size(); ++at) {
    std::string bad = t.table;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    check(bad);
  }
  check("");
  check("not a table at all");
}

TEST_CASE("A table of another version is kept aside, and says so") {
  Trail t = trail();
  t.table[8] = 3;
  MemoryFilesystem files;
  put(files, kPath, t.table);
  CHECK(open(files)->damage().find("of version 3.4, this program reads 2.4") != std::string::npos);
}

TEST_CASE("Failures and power cuts at every step leave a whole number of messages") {
  for (const bool is_cut : {false, true}) {
    for (std::uint64_t k = 1;; ++k) {
      ForgetfulFilesystem files(k);
      DatabaseOptions small = options();
      small.journal_octets = 600;  // new tables are written on the way
      REQUIRE(make_directories(files, parent_path(kPath), 0700).ok());
      std::vector<Counts> after;
      int acknowledged = 0;
      {
        auto database = open(files, small);
        after.push_back(counts(*database));
        files.sync_all();
        is_cut ? files.cut_power_at(k) : files.fail_at(k, exhausted("no space left"));
        for (int i = 0; i < 6; ++i) {
          const auto trained = database->train(message(i, Class::kSpam), Class::kSpam, 1);
          if (trained.ok()) acknowledged = i + 1;
        }
      }
      const bool was_struck = files.struck();
      files.power_cut();
      auto database = open(files);
      const std::uint64_t found = counts(*database).spam;
      CAPTURE(k, is_cut, acknowledged, found);
      CHECK(database->damage().empty());
      CHECK(found <= 6);
      // What was acknowledged was flushed.
      if (is_cut) CHECK(found >= static_cast<std::uint64_t>(acknowledged));
      std::uint64_t known = 0;
      for (int i = 0; i < 6; ++i)
        known += database->trained_as(message(i, Class::kSpam)).has_value();
      CHECK(known == found);
      REQUIRE(database->train(message(40, Class::kHam), Class::kHam, 1).ok());
      CHECK(counts(*open(files)).ham == 1);
      if (!was_struck) break;
    }
  }
}

TEST_CASE("Beyond its limit of tokens the past is halved, and can be taken back no more") {
  MemoryFilesystem files;
  DatabaseOptions small = options();
  small.tokens = 40;
  auto database = open(files, small);
  int aged = 0;
  for (int i = 0; i < 30; ++i) {
    REQUIRE(database->train(message(i, Class::kSpam), Class::kSpam, 1).ok());
    if (database->trained_as(message(0, Class::kSpam)) == std::nullopt) ++aged;
  }
  CHECK(aged > 0);
  CHECK(counts(*database).spam < 30);
  CHECK(counts(*open(files)) == counts(*database));
}

TEST_CASE("Beyond its limit of tokens what is rare and old goes first, and all can be taken back") {
  MemoryFilesystem files;
  DatabaseOptions options;
  options.key = crypto::HashKey{1, 2};
  options.tokens = 2000;
  const auto database = Database::open(files, std::string(kPath), options);
  const auto padded = [](int number) {
    std::string text = message(number, Class::kSpam);
    for (int i = 0; i < 40; ++i) text += cat(" unique", number, "x", i);
    return text;
  };
  for (int i = 0; i < 100; ++i) {
    const auto day = static_cast<std::uint16_t>(100 + 2 * i);
    REQUIRE((*database)->train(padded(i), Class::kSpam, day).ok());
    (*database)->read([&](const Table& table) { CHECK(table.size() <= 2100); });
  }
  // Nothing was halved: every message is known, and counted.
  (*database)->read([](const Table& table) { CHECK(table.messages(Class::kSpam) == 100); });
  CHECK((*database)->trained_messages().size() == 100);
  // Who reads the journal sees the same.
  const auto reader = Database::open(files, std::string(kPath), options);
  std::vector<Bucket> of_reader, of_writer;
  (*reader)->read([&](const Table& table) { of_reader = table.sorted(); });
  (*database)->read([&](const Table& table) { of_writer = table.sorted(); });
  CHECK(of_reader == of_writer);
  for (int i = 0; i < 100; ++i) {
    CHECK((*database)->untrain(padded(i)).value() == Class::kSpam);
  }
  (*database)->read([](const Table& table) { CHECK(table.sorted().empty()); });
}

// 43 new words a message is what the 9,300 messages of a corpus gave: 400,000 tokens.
TEST_CASE(
    "After 9,300 messages the files are below 8 MB, and a million tokens take 16 octets each") {
  Image image;
  image.key = {1, 2};
  std::mt19937_64 random(9);
  std::vector<Token> tokens(343);
  for (int i = 0; i < 9300; ++i) {
    for (std::size_t k = 0; k < tokens.size(); ++k) {
      const Token drawn = k < 43 ? random() : (random() % 20000 + 1) * 0x9E3779B97F4A7C15;
      tokens[k] = (drawn >> 24) | 2;
    }
    image.table.train(tokens, i % 2 == 0 ? Class::kHam : Class::kSpam, 1);
    image.trained[{random(), random()}] = Class::kHam;
  }
  CHECK(image.table.size() > 400'000);
  const std::string bytes = write_image(image);
  CHECK(bytes.size() + DatabaseOptions{}.journal_octets < 8'000'000);
  CHECK(bytes.size() < 7'400'000);

  Table million;
  for (int i = 0; i < 2500; ++i) {
    for (Token& token : tokens) token = (random() >> 24) | 2;
    for (std::size_t k = 0; k < 60; ++k) tokens.push_back((random() >> 24) | 2);
    million.train(tokens, Class::kSpam, 1);
    tokens.resize(343);
  }
  CHECK(million.size() > 1'000'000);
  Image large;
  large.table = std::move(million);
  CHECK(write_image(large).size() < 17 * large.table.size());
}

}  // namespace
}  // namespace mail::bayes
