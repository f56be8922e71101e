#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "mail/base/absl.h"
#include "mail/base/memory_filesystem.h"
#include "mail/bayes/database.h"

namespace mail::bayes {
namespace {

using Training = Database::Training;

constexpr std::string_view kPath = "/state/bayes/global";

std::string message(std::size_t i) {
  std::string text = cat("Subject: number ", i, "\n\n", i % 2 == 0 ? "pills" : "meeting");
  for (std::size_t k = 0; k < 20; ++k) text += cat(" w", (i * 31 + k * 7) % 97, "x");
  return text + "\n";
}

Class class_of(std::size_t i) { return i % 2 == 0 ? Class::kSpam : Class::kHam; }

std::unique_ptr<Database> open(Filesystem& files) {
  DatabaseOptions options;
  options.key = crypto::HashKey{1, 2};
  return std::move(Database::open(files, std::string(kPath), options).value());
}

std::string image(MemoryFilesystem& files) {
  auto database = open(files);
  std::string all;
  database->read([&](const Table& table) {
    for (const Bucket& b : table.sorted()) {
      all += cat(b.token, " ", b.ham, " ", b.spam, " ", std::int64_t{b.weight}, "\n");
    }
  });
  for (const TrainedMessage& m : database->trained_messages()) all += cat(m.digest[0], "\n");
  return all;
}

StatusOr<Exercise> load(std::size_t i, std::string& storage) {
  storage = message(i);
  return Exercise{storage, class_of(i)};
}

TEST_CASE("What many threads learn is what one learns, in order") {
  constexpr std::size_t kCount = 700;
  MemoryFilesystem one_by_one;
  {
    auto database = open(one_by_one);
    auto training = database->begin_training();
    for (std::size_t i = 0; i < kCount; ++i)
      CHECK(training->train(message(i), class_of(i), 5).ok());
    CHECK(training->finish().ok());
  }
  for (const std::size_t threads : {1, 2, 4, 9}) {
    MemoryFilesystem files;
    auto database = open(files);
    auto training = database->begin_training();
    std::size_t next = 0;
    const auto told = [&](std::size_t i, const StatusOr<Outcome>& outcome) -> Status {
      CHECK(i == next++);
      CHECK(outcome->trained == Trained::kNew);
      return absl::OkStatus();
    };
    CHECK(training->train_many(kCount, 5, load, told, threads).ok());
    CHECK(next == kCount);
    CHECK(training->finish().ok());
    CHECK(image(files) == image(one_by_one));
  }
}

TEST_CASE("Of many, one that cannot be loaded stops nobody, and who says so stops all") {
  MemoryFilesystem files;
  auto database = open(files);
  auto training = database->begin_training();
  const auto half = [](std::size_t i, std::string& storage) -> StatusOr<Exercise> {
    if (i % 10 == 3) return not_found("gone");
    return load(i, storage);
  };
  std::size_t missing = 0;
  std::size_t learned = 0;
  const auto count = [&](std::size_t, const StatusOr<Outcome>& outcome) -> Status {
    ++(outcome.ok() ? learned : missing);
    return absl::OkStatus();
  };
  CHECK(training->train_many(100, 5, half, count, 3).ok());
  CHECK(missing == 10);
  CHECK(learned == 90);

  std::size_t heard = 0;
  const auto stop = [&](std::size_t i, const StatusOr<Outcome>& outcome) -> Status {
    ++heard;
    CHECK(outcome.ok());
    return i == 49 ? invalid("enough") : absl::OkStatus();
  };
  const auto more = [](std::size_t i, std::string& storage) { return load(i + 1000, storage); };
  CHECK_FALSE(training->train_many(1000, 5, more, stop, 3).ok());
  CHECK(heard == 50);
  CHECK(training->train_many(0, 5, load, stop, 3).ok());

  // And back again: nothing is left.
  const auto back = [](std::size_t i, std::string& storage) -> StatusOr<Exercise> {
    storage = message(i < 100 ? i : i + 900);
    return Exercise{storage, std::nullopt};
  };
  std::size_t forgotten = 0;
  const auto forget = [&](std::size_t, const StatusOr<Outcome>& outcome) -> Status {
    if (outcome->untrained) ++forgotten;
    return absl::OkStatus();
  };
  CHECK(training->train_many(150, 5, back, forget, 2).ok());
  CHECK(forgotten == 140);
  CHECK(training->finish().ok());
  database->read([](const Table& table) {
    CHECK(table.messages(Class::kHam) == 0);
    CHECK(table.sorted().empty());
  });
}

TEST_CASE("Waiting for another that trains ends when it is told to") {
  MemoryFilesystem files;
  auto first = open(files);
  auto held = first->begin_training();
  REQUIRE(held.ok());
  int asked = 0;
  const auto goes_on = [&] { return ++asked < 3; };
  CHECK(absl::IsUnavailable(first->begin_training(goes_on).status()));
  CHECK(asked == 3);
  const auto let_go = [&] {
    CHECK(held->finish().ok());
    return true;
  };
  CHECK(first->begin_training(let_go).ok());
}

}  // namespace
}  // namespace mail::bayes
