#include "mail/bayes/table.h"

#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "mail/bayes/score.h"

namespace mail::bayes {
namespace {

using Message = std::pair<std::vector<Token>, Class>;

std::vector<Message> messages(std::size_t count, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Message> result;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<Token> tokens;
    for (int k = 0; k < 60; ++k)
      tokens.push_back((random() % 3000 + 1) * 0x9E3779B9 % (Token{1} << 40));
    std::sort(tokens.begin(), tokens.end());
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    result.emplace_back(std::move(tokens), random() % 3 == 0 ? Class::kSpam : Class::kHam);
  }
  return result;
}

struct Count {
  Token token;
  std::uint64_t ham, spam;
  bool operator==(const Count&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Count& c) {
  return out << c.token << ":" << c.ham << "/" << c.spam;
}

std::vector<Count> counts(const Table& table) {
  std::vector<Count> result;
  for (const Bucket& b : table.sorted()) result.push_back({b.token, b.ham, b.spam});
  return result;
}

void train(Table& table, const std::vector<Message>& all) {
  for (const auto& [tokens, c] : all) table.train(tokens, c, 1);
}

TEST_CASE("Untraining B after A and B gives the counts of A alone") {
  const auto a = messages(300, 1), b = messages(200, 2);
  Table alone, both;
  train(alone, a);
  train(both, a);
  train(both, b);
  CHECK(counts(alone) != counts(both));
  for (const auto& [tokens, c] : b) both.untrain(tokens, c);
  CHECK(counts(alone) == counts(both));
  CHECK(alone.messages(Class::kHam) == both.messages(Class::kHam));
  CHECK(alone.messages(Class::kSpam) == both.messages(Class::kSpam));
}

TEST_CASE("Counts do not depend on the order of training") {
  auto all = messages(300, 3);
  Table one, two;
  train(one, all);
  std::shuffle(all.begin(), all.end(), std::mt19937(7));
  train(two, all);
  CHECK(counts(one) == counts(two));
}

TEST_CASE("A table that is restored is the same") {
  Table table;
  train(table, messages(300, 4));
  const Table again =
      Table::restore(table.sorted(), {table.messages(Class::kHam), table.messages(Class::kSpam)},
                     table.rehearsal());
  CHECK(again.sorted() == table.sorted());
  for (const Bucket& bucket : table.sorted()) {
    REQUIRE(again.find(bucket.token) == bucket);
  }
  CHECK(again.find(12345) == Bucket{});
}

TEST_CASE("Aging halves the past and forgets what was seen once") {
  Table table;
  const std::vector<Token> often = {10, 20}, once = {30};
  for (int i = 0; i < 4; ++i) table.train(often, Class::kSpam, 1);
  table.train(once, Class::kHam, 1);
  table.age();
  CHECK(counts(table) == std::vector<Count>{{10, 0, 2}, {20, 0, 2}});
  CHECK(table.messages(Class::kSpam) == 2);
  CHECK(table.find(30) == Bucket{});
}

TEST_CASE("What one message held and nobody for a month goes, and nothing else") {
  Table table;
  const std::vector<Token> old = {10, 20}, late = {20, 30}, later = {40};
  table.train(old, Class::kSpam, 100);
  table.train(late, Class::kSpam, 120);
  table.train(later, Class::kHam, 131);
  table.expire(100 + Table::kRareDays);
  CHECK(table.size() == 4);
  table.expire(101 + Table::kRareDays);
  CHECK(counts(table) == std::vector<Count>{{20, 0, 2}, {30, 0, 1}, {40, 1, 0}});
  // Taking back is exact.
  table.untrain(old, Class::kSpam);
  CHECK(counts(table) == std::vector<Count>{{20, 0, 1}, {30, 0, 1}, {40, 1, 0}});
  CHECK(table.messages(Class::kSpam) == 1);
}

TEST_CASE("A run of one class does not move the thresholds") {
  // Words that both classes use, and a few of each alone.
  std::mt19937 random(5);
  const auto message = [&](Class c) {
    std::vector<Token> tokens;
    for (Token t = 1; t <= 40; ++t) tokens.push_back(t << 20);
    for (int i = 0; i < 8; ++i)
      tokens.push_back((Token{random() % 50} + (c == Class::kSpam ? 1000 : 2000)) << 20);
    std::sort(tokens.begin(), tokens.end());
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    return tokens;
  };
  for (const Class run : {Class::kHam, Class::kSpam}) {
    Table table;
    for (int i = 0; i < 100; ++i) {
      table.train(message(Class::kHam), Class::kHam, 1);
      table.train(message(Class::kSpam), Class::kSpam, 1);
    }
    for (int i = 0; i < 300; ++i) table.train(message(run), run, 1);
    const Source source{&table, 1};
    int wrong = 0;
    for (int i = 0; i < 100; ++i) {
      wrong += score(message(Class::kHam), std::span(&source, 1)).verdict != Verdict::kHam;
      wrong += score(message(Class::kSpam), std::span(&source, 1)).verdict != Verdict::kSpam;
    }
    CHECK(wrong == 0);
  }
}

}  // namespace
}  // namespace mail::bayes
