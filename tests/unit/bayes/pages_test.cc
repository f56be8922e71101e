#include "bayes/pages.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "mail/base/memory_filesystem.h"
#include "mail/bayes/database.h"

namespace mail::bayes {
namespace {

constexpr crypto::HashKey kKey = {11, 12};
const std::string kPath = "/state/global";

/// Counts the octets that are read.
class CountingFilesystem : public MemoryFilesystem {
 public:
  StatusOr<std::unique_ptr<File>> open(const std::string& path) override {
    MAIL_ASSIGN_OR_RETURN(auto file, MemoryFilesystem::open(path));
    return std::make_unique<Counted>(std::move(file), octets);
  }
  std::uint64_t octets = 0;

 private:
  class Counted final : public File {
   public:
    Counted(std::unique_ptr<File> file, std::uint64_t& octets)
        : file_(std::move(file)), octets_(octets) {}
    StatusOr<FileInfo> info() override { return file_->info(); }
    StatusOr<std::size_t> read_at(std::uint64_t offset, std::span<char> to) override {
      MAIL_ASSIGN_OR_RETURN(const std::size_t got, file_->read_at(offset, to));
      octets_ += got;
      return got;
    }
    Status append(std::span<const std::string_view> pieces) override {
      return file_->append(pieces);
    }
    Status truncate(std::uint64_t size) override { return file_->truncate(size); }
    Status sync() override { return file_->sync(); }
    Status set_modified(WallTime time) override { return file_->set_modified(time); }
    Status set_owner(std::uint32_t owner, std::uint32_t group) override {
      return file_->set_owner(owner, group);
    }
    StatusOr<bool> try_lock() override { return file_->try_lock(); }

   private:
    std::unique_ptr<File> file_;
    std::uint64_t& octets_;
  };
};

std::vector<Bucket> buckets(std::size_t count, std::uint64_t step) {
  std::mt19937_64 random(count);
  std::vector<Bucket> result(count);
  Token token = 0;
  for (Bucket& bucket : result) {
    token += 1 + random() % step;
    bucket.token = token;
    bucket.ham = random() % 1000 + 1;
    bucket.weight = static_cast<std::int64_t>(random() % 1000) - 500;
  }
  return result;
}

void put(Filesystem& files, const std::vector<Bucket>& all) {
  Image image;
  image.key = kKey;
  image.generation = 7;
  image.table = Table::restore(all, {100, 200}, {});
  (void)make_directories(files, "/state", 0700);
  REQUIRE(write_file_atomically(files, kPath, write_image(image), 0600).ok());
}

std::shared_ptr<Pages> open(Filesystem& files, std::uint64_t cached) {
  auto file = files.open(kPath);
  REQUIRE(file.ok());
  auto pages = Pages::open(std::move(*file), cached);
  REQUIRE(pages.ok());
  return std::move(*pages);
}

TEST_CASE("A table over its file finds what stands in it, wherever the tokens lie") {
  for (const std::size_t count : {0u, 1u, 63u, 64u, 65u, 128u, 1000u, 5000u}) {
    // Crowded at the beginning of the range; spread over it.
    for (const std::uint64_t step : {std::uint64_t{3}, (std::uint64_t{1} << 40) / 5001}) {
      MemoryFilesystem files;
      const auto all = buckets(count, step);
      put(files, all);
      const auto pages = open(files, kBlockOctets * 3);
      CAPTURE(count, step);
      CHECK(pages->size() == count);
      CHECK(pages->messages() == std::array<std::uint64_t, 2>{100, 200});
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const Bucket& bucket = all[i * 2654435761 % count];
        wrong += pages->find(bucket.token) == bucket ? 0 : 1;
        const Token next = bucket.token + 1;
        const bool is_known = pages->find(next).token != 0;
        wrong +=
            is_known == (bucket.token != all.back().token && (&bucket)[1].token == next) ? 0 : 1;
      }
      CHECK(wrong == 0);
      CHECK(pages->find((Token{1} << 40) - 1) == Bucket{});
      CHECK(pages->find(0) == Bucket{});
      CHECK(pages->all() == all);
      CHECK(pages->health().ok());
    }
  }
}

TEST_CASE("What is trained over a file is the same as what is trained in memory") {
  MemoryFilesystem files;
  const auto all = buckets(3000, 100);
  put(files, all);
  Table whole = Table::restore(all, {100, 200}, {});
  Table over = Table::over(open(files, kBlockOctets * 3));
  std::mt19937_64 random(5);
  std::vector<std::vector<Token>> messages(60);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    for (int k = 0; k < 40; ++k) messages[i].push_back(random() % 200000 + 1);
    std::sort(messages[i].begin(), messages[i].end());
    messages[i].erase(std::unique(messages[i].begin(), messages[i].end()), messages[i].end());
    for (Table* table : {&whole, &over}) {
      table->train(messages[i], i % 3 == 0 ? Class::kSpam : Class::kHam, 1);
      if (i % 4 == 3)
        table->untrain(messages[i - 2], (i - 2) % 3 == 0 ? Class::kSpam : Class::kHam);
    }
  }
  CHECK(over.size() >= whole.sorted().size());
  CHECK(over.sorted() == whole.sorted());
  CHECK(over.rehearsal() == whole.rehearsal());
  over.expire(100);
  whole.expire(100);
  CHECK(over.sorted() == whole.sorted());
  over.age();
  whole.age();
  CHECK(over.sorted() == whole.sorted());
  CHECK(over.health().ok());
}

TEST_CASE("Opening a table reads a fiftieth of it, a message a block a token at most") {
  CountingFilesystem files;
  // Over nearly all 40 bits, as hashes are: half a step on the average.
  put(files, buckets(400000, (std::uint64_t{1} << 41) / 404000));
  const std::uint64_t size = files.info(kPath)->size;
  auto database = Database::open(files, kPath, {});
  REQUIRE(database.ok());
  CHECK(size > 6'400'000);
  CHECK(files.octets < size / 50);
  files.octets = 0;
  const std::string text = "From: ann@example.com\nSubject: lunch\n\nshall we have some soup?\n";
  (void)(*database)->classify(text);
  Tokenizer tokenizer(kKey);
  CHECK(files.octets <= tokenizer.tokenize(text).size() * kBlockOctets);
  CHECK(files.octets > 0);
  files.octets = 0;
  (void)(*database)->classify(text);  // again: from memory
  CHECK(files.octets == 0);
}

TEST_CASE("Blocks are kept up to the limit, the oldest go first") {
  CountingFilesystem files;
  const auto all = buckets(640, 1000);  // ten blocks
  put(files, all);
  for (const std::size_t limit : {0u, 1u, 3u, 10u, 11u}) {
    const auto pages = open(files, limit * kBlockOctets);
    files.octets = 0;
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i < 10; ++i) (void)pages->find(all[i * 64].token);
    }
    CHECK(files.octets == (limit >= 10 ? 10 : 20) * kBlockOctets);
    CHECK(pages->find(all[0].token) == all[0]);
  }
}

std::string message(int number, Class c) {
  const std::string_view words =
      c == Class::kSpam ? "cheap pills casino" : "meeting notes tomorrow";
  return cat("From: a", number, "@x.example\nSubject: ", words, "\n\nbody ", number, " ", words,
             "\n");
}

/// A folder of the real file system.
struct Folder {
  Folder() {
    char name[] = "/tmp/bayes.XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    for (const char* name : {"/t", "/t.journal", "/t.lock", "/t.damaged"}) {
      unlink((path + name).c_str());
    }
    rmdir(path.c_str());
  }
  std::string path;
};

/// A table of 60 + 60 messages at `path`, with nothing in its journal.
std::string table_at(const std::string& path) {
  DatabaseOptions options;
  options.journal_octets = 1;
  auto database = Database::open(real_filesystem(), path, options);
  REQUIRE(database.ok());
  auto training = (*database)->begin_training();
  for (int i = 0; i < 60; ++i) {
    REQUIRE(training->train(message(i, Class::kSpam), Class::kSpam, 1).ok());
    REQUIRE(training->train(message(i, Class::kHam), Class::kHam, 1).ok());
  }
  REQUIRE(training->finish().ok());
  return read_file(real_filesystem(), path, 1 << 24).value();
}

TEST_CASE("A table that is cut short while it is open answers unsure, never ends the process") {
  const Folder folder;
  const std::string path = folder.path + "/t";
  const std::string table = table_at(path);
  const Verdict sound[] = {Verdict::kSpam, Verdict::kHam};
  for (std::size_t size = 0; size <= table.size(); size += table.size() / 23) {
    REQUIRE(write_file_atomically(real_filesystem(), path, table, 0600).ok());
    unlink((path + ".journal").c_str());
    unlink((path + ".damaged").c_str());
    auto opened = Database::open(real_filesystem(), path, {});
    REQUIRE(opened.ok());
    Database& database = **opened;
    if (size % 2 == 0) (void)database.classify(message(99, Class::kSpam));  // some of it is known
    REQUIRE(truncate(path.c_str(), static_cast<off_t>(size)) == 0);
    for (const Class c : {Class::kSpam, Class::kHam}) {
      const Verdict verdict = database.classify(message(98, c)).verdict;
      CHECK((verdict == Verdict::kUnsure || verdict == sound[c == Class::kSpam ? 0 : 1]));
    }
    CHECK(database.explain(message(97, Class::kHam)).score.verdict != Verdict::kSpam);
    REQUIRE(database.refresh().ok());
    CHECK(database.classify(message(98, Class::kSpam)).verdict == Verdict::kUnsure);
    CHECK_FALSE(database.damage().empty());
    CHECK(read_file(real_filesystem(), path + ".damaged", 1 << 24).value() ==
          table.substr(0, size));
    CHECK(database.train(message(1, Class::kHam), Class::kHam, 1).value() == Trained::kNew);
  }
}

TEST_CASE("A table that is written over while it is open is found out block by block") {
  const Folder folder;
  const std::string path = folder.path + "/t";
  const std::string table = table_at(path);
  auto opened = Database::open(real_filesystem(), path, {});
  REQUIRE(opened.ok());
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  const std::string zeros(table.size() - 2000, '\0');
  CHECK(pwrite(descriptor, zeros.data(), zeros.size(), 2000) == static_cast<ssize_t>(zeros.size()));
  close(descriptor);
  CHECK((*opened)->classify(message(98, Class::kSpam)).verdict == Verdict::kUnsure);
  CHECK((*opened)->damage().find("changed") != std::string::npos);
  CHECK(real_filesystem().info(path + ".damaged").ok());
}

TEST_CASE("A table that another one replaces is read to its end, and the new one from then on") {
  const Folder folder;
  const std::string path = folder.path + "/t";
  (void)table_at(path);
  auto reader = Database::open(real_filesystem(), path, {});
  auto writer = Database::open(real_filesystem(), path, {});
  auto training = (*writer)->begin_training();
  REQUIRE(training->clear().ok());
  REQUIRE(training->finish().ok());
  CHECK((*reader)->classify(message(98, Class::kSpam)).verdict == Verdict::kSpam);
  REQUIRE((*reader)->refresh().ok());
  CHECK((*reader)->classify(message(98, Class::kSpam)).verdict == Verdict::kUnsure);
  CHECK((*reader)->damage().empty());
}

void teach(Database& database, Class c, const std::string& word, int count) {
  auto training = database.begin_training();
  for (int i = 0; i < count; ++i) {
    REQUIRE(training->train(cat("Subject: ", word, "\n\n", word, " ", word, i), c, 1).ok());
  }
  REQUIRE(training->finish().ok());
}

TEST_CASE("Two tables are asked together, and of neither more is read than the message needs") {
  CountingFilesystem files;
  put(files, buckets(400000, (std::uint64_t{1} << 41) / 404000));
  DatabaseOptions options;
  options.key = kKey;
  options.journal_octets = 1;
  auto own = Database::open(files, "/state/ann", options);
  auto global = Database::open(files, kPath, options);
  teach(**own, Class::kSpam, "newsletter", 20);
  teach(**own, Class::kHam, "minutes", 20);
  teach(**global, Class::kHam, "newsletter", 60);
  teach(**global, Class::kSpam, "casino", 60);
  own = Database::open(files, "/state/ann", options);
  global = Database::open(files, kPath, options);

  const std::uint64_t size = files.info(kPath)->size;
  files.octets = 0;
  const Asked asked[] = {{own->get(), kUserFactor}, {global->get(), 1}};
  const std::string news = "Subject: newsletter\n\nnewsletter";
  const Score both = Database::classify(asked, news);
  CHECK(files.octets < size / 100);
  // The user's 20 count as 80, the server's 60 as 60; each alone says the contrary.
  const Explanation why = Database::explain(asked, news);
  CHECK(why.score == both);
  CHECK(why.sum() == both.log_odds);
  REQUIRE_FALSE(why.reasons.empty());
  CHECK(why.reasons[0].spam == 80);
  CHECK(why.reasons[0].ham == 60);
  CHECK((*own)->classify(news).log_odds > 0);
  CHECK((*global)->classify(news).log_odds < 0);
  CHECK(both.log_odds > (*global)->classify(news).log_odds);

  // Asked in the other order, or twice, it is the same table.
  const Asked turned[] = {{global->get(), 1}, {own->get(), kUserFactor}};
  CHECK(Database::classify(turned, news) == both);
  const Asked twice[] = {{own->get(), 1}, {own->get(), 1}};
  CHECK(Database::explain(twice, news).reasons[0].spam == 40);
  CHECK(Database::classify(std::span<const Asked>(), news).verdict == Verdict::kUnsure);

  // Tokens under another key mean nothing here.
  options.key = crypto::HashKey{1, 1};
  auto foreign = Database::open(files, "/state/bob", options);
  const Asked strange[] = {{own->get(), 1}, {foreign->get(), 1}};
  CHECK(Database::classify(strange, news) == (*own)->classify(news));
}

TEST_CASE("A table that is damaged is left out of what two say together, and kept aside") {
  const Folder folder;
  const std::string path = folder.path + "/t";
  (void)table_at(path);
  auto global = Database::open(real_filesystem(), path, {});
  MemoryFilesystem files;
  DatabaseOptions options;
  options.key = (*global)->key();
  auto own = Database::open(files, "/state/ann", options);
  teach(**own, Class::kSpam, "newsletter", 60);
  teach(**own, Class::kHam, "minutes", 60);
  REQUIRE(truncate(path.c_str(), 2000) == 0);
  const Asked asked[] = {{own->get(), 1}, {global->get(), 1}};
  const std::string news = "Subject: newsletter\n\nnewsletter meeting notes casino";
  CHECK(Database::classify(asked, news) == (*own)->classify(news));
  CHECK_FALSE((*global)->damage().empty());
  CHECK((*own)->damage().empty());
  CHECK(real_filesystem().info(path + ".damaged").ok());
}

}  // namespace
}  // namespace mail::bayes
