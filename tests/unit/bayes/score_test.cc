#include "mail/bayes/score.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <catch2/catch.hpp>

namespace mail::bayes {
namespace {

std::vector<Token> message(std::mt19937& random, Class c) {
  std::vector<Token> tokens;
  for (Token t = 0; t < 400; ++t) {
    const unsigned of_spam = c == Class::kSpam ? 60 : 8;
    const bool is_spammy = t % 2 == 0;
    if (random() % 1000 < (is_spammy ? of_spam : 68 - of_spam)) tokens.push_back((t + 1) << 21);
  }
  return tokens;
}

Table trained(std::size_t ham, std::size_t spam, std::uint32_t seed = 1) {
  std::mt19937 random(seed);
  Table table;
  for (std::size_t i = 0; i < std::max(ham, spam); ++i) {
    if (i < ham) table.train(message(random, Class::kHam), Class::kHam, 1);
    if (i < spam) table.train(message(random, Class::kSpam), Class::kSpam, 1);
  }
  return table;
}

TEST_CASE("Nothing learned is unsure, and even") {
  const Table table;
  const Source source{&table, 1};
  const std::vector<Token> tokens = {1 << 20, 2 << 20};
  const Score s = score(tokens, std::span(&source, 1));
  CHECK(s.log_odds == 0);
  CHECK(s.value() == 0.5);
  CHECK(s.verdict == Verdict::kUnsure);
  CHECK(score({}, std::span(&source, 1)).verdict == Verdict::kUnsure);
  CHECK(score(tokens, {}).verdict == Verdict::kUnsure);
}

TEST_CASE("Verdicts come with enough training of both classes") {
  struct Case {
    std::size_t ham, spam;
    bool may_judge;
  };
  for (const Case& c :
       {Case{9, 9, false}, Case{9, 1000, false}, Case{1000, 9, false}, Case{60, 60, true}}) {
    const Table table = trained(c.ham, c.spam);
    const Source source{&table, 1};
    std::mt19937 random(9);
    const Score spam = score(message(random, Class::kSpam), std::span(&source, 1));
    CHECK(spam.verdict == (c.may_judge ? Verdict::kSpam : Verdict::kUnsure));
    const Score ham = score(message(random, Class::kHam), std::span(&source, 1));
    CHECK(ham.verdict == (c.may_judge ? Verdict::kHam : Verdict::kUnsure));
  }
}

TEST_CASE("In the beginning spam needs a score of 0.99") {
  for (const std::size_t n : {10u, 49u, 50u}) {
    const Table table = trained(n, n);
    const Source source{&table, 1};
    std::mt19937 random(11);
    for (int i = 0; i < 200; ++i) {
      const Score s =
          score(message(random, i % 2 == 0 ? Class::kSpam : Class::kHam), std::span(&source, 1));
      const double needed = n < 50 ? 0.99 : 0.9;
      CHECK((s.verdict == Verdict::kSpam) == (s.value() >= needed));
    }
  }
}

const std::vector<Token> kOfSpam = {2, 4, 6, 8, 10}, kOfHam = {12, 14, 16, 18, 20};

Table clear(std::size_t ham, std::size_t spam) {
  Table table;
  for (std::size_t i = 0; i < std::max(ham, spam); ++i) {
    if (i < ham) table.train(kOfHam, Class::kHam, 1);
    if (i < spam) table.train(kOfSpam, Class::kSpam, 1);
  }
  return table;
}

TEST_CASE("A weak verdict comes from ten messages of each class, spam below fifty from 0.99") {
  struct Case {
    std::size_t ham, spam;
    Verdict of_ham, of_spam;
  };
  constexpr auto kHam = Verdict::kHam, kUnsure = Verdict::kUnsure, kSpam = Verdict::kSpam;
  for (const Case& c :
       {Case{9, 10, kUnsure, kUnsure}, Case{10, 9, kUnsure, kUnsure},
        Case{9, 500, kUnsure, kUnsure}, Case{500, 9, kUnsure, kUnsure}, Case{10, 10, kHam, kSpam},
        Case{11, 10, kHam, kSpam}, Case{49, 500, kHam, kSpam}, Case{50, 50, kHam, kSpam}}) {
    CAPTURE(c.ham, c.spam);
    const Table table = clear(c.ham, c.spam);
    const Source source{&table, 1};
    CHECK(score(kOfHam, {&source, 1}).verdict == c.of_ham);
    CHECK(score(kOfSpam, {&source, 1}).verdict == c.of_spam);
  }
  // A score between 0.9 and 0.99, below, at and above fifty of each: the thresholds are moved to
  // the score instead, so that nothing else differs.
  struct Edge {
    std::size_t ham, spam;
    bool is_early;
  };
  for (const Edge& e : {Edge{49, 49, true}, Edge{50, 49, true}, Edge{49, 50, true},
                        Edge{50, 50, false}, Edge{51, 50, false}, Edge{10, 10, true}}) {
    const Table table = trained(e.ham, e.spam);
    const Source source{&table, 1};
    std::mt19937 random(5);
    const auto tokens = message(random, Class::kSpam);
    Thresholds thresholds;
    const double value = score(tokens, {&source, 1}).value();
    CAPTURE(e.ham, e.spam, value);
    const auto verdict = [&](double spam, double early) {
      thresholds.spam = spam;
      thresholds.early_spam = early;
      return score(tokens, {&source, 1}, thresholds).verdict;
    };
    const double above = std::nextafter(value, 2);
    CHECK(verdict(0, above) == (e.is_early ? kUnsure : kSpam));
    CHECK(verdict(0, value) == kSpam);
    CHECK(verdict(above, value) == (e.is_early ? kSpam : kUnsure));
    CHECK(verdict(value, 2) == (e.is_early ? kUnsure : kSpam));
  }
}

TEST_CASE("What a user's messages weigh more does not bring a verdict sooner") {
  const Table few = clear(9, 9), none, one = clear(1, 1);
  const Source sources[] = {{&few, 4}, {&none, 1}};
  CHECK(score(kOfSpam, sources).verdict == Verdict::kUnsure);
  const Source enough[] = {{&few, 4}, {&one, 1}};
  CHECK(score(kOfSpam, enough).verdict == Verdict::kSpam);
}

TEST_CASE("An explanation adds up to the score exactly") {
  for (const std::size_t n : {5u, 30u, 200u}) {
    const Table table = trained(n, n), user = trained(n, n, 2);
    const Source sources[] = {{&table, 1}, {&user, 4}};
    std::mt19937 random(3);
    for (int i = 0; i < 100; ++i) {
      const auto tokens = message(random, i % 2 == 0 ? Class::kSpam : Class::kHam);
      const Explanation why = explain(tokens, sources);
      CHECK(why.score == score(tokens, sources));
      CHECK(why.sum() == why.score.log_odds);
      double backwards = why.combination;  // a sum of doubles, and yet in any order
      for (auto r = why.reasons.rbegin(); r != why.reasons.rend(); ++r) backwards += r->logistic;
      for (const Reason& reason : why.reasons) backwards += reason.fisher;
      CHECK(backwards == why.score.log_odds);
      for (std::size_t k = 1; k < why.reasons.size(); ++k) {
        CHECK(std::abs(why.reasons[k - 1].total()) >= std::abs(why.reasons[k].total()));
      }
    }
  }
}

TEST_CASE("A user's messages weigh by their factor") {
  Table all, user;
  const std::vector<Token> tokens = {5 << 20};
  for (int i = 0; i < 100; ++i) {
    all.train(tokens, Class::kSpam, 1);
    all.train(std::vector<Token>{7 << 20}, Class::kHam, 1);
    user.train(tokens, Class::kHam, 1);
    user.train(std::vector<Token>{7 << 20}, Class::kSpam, 1);
  }
  const Source only[] = {{&all, 1}};
  const Source both[] = {{&all, 1}, {&user, 20}};
  CHECK(score(tokens, only).log_odds > 0);
  const Explanation why = explain(tokens, both);
  REQUIRE(why.reasons.size() == 1);
  CHECK(why.reasons[0].ham == 2000);
  CHECK(why.reasons[0].spam == 100);
}

TEST_CASE("Wrong labels of two in a hundred cost little") {
  std::mt19937 random(21);
  Table table;
  for (int i = 0; i < 1000; ++i) {
    const Class c = i % 2 == 0 ? Class::kSpam : Class::kHam;
    table.train(message(random, c), i % 50 == 0 ? other(c) : c, 1);
  }
  const Source source{&table, 1};
  int wrong = 0;
  for (int i = 0; i < 400; ++i) {
    const Class c = i % 2 == 0 ? Class::kSpam : Class::kHam;
    const Verdict v = score(message(random, c), std::span(&source, 1)).verdict;
    wrong += v == (c == Class::kSpam ? Verdict::kHam : Verdict::kSpam);
  }
  CHECK(wrong == 0);
}

TEST_CASE("The tail of the chi-square distribution holds for many tokens without underflow") {
  // All for spam: saturated, but more evidence still scores higher.
  Table table;
  std::vector<Token> tokens;
  for (Token t = 1; t <= 20000; ++t)
    tokens.push_back(t * 0x9E3779B97F % (Token{1} << 40) & ~kStructureBit);
  for (int i = 0; i < 12; ++i) table.train(tokens, Class::kSpam, 1);
  for (int i = 0; i < 12; ++i) table.train(std::vector<Token>{3}, Class::kHam, 1);
  const Source source{&table, 1};
  const double half = score(std::span(tokens).first(10000), std::span(&source, 1)).log_odds;
  const double full = score(tokens, std::span(&source, 1)).log_odds;
  CHECK(std::isfinite(full));
  CHECK(half > 12);
  CHECK(full > half);
}

TEST_CASE("an explanation names the tokens without which the verdict would be another") {
  Table table;
  for (int i = 0; i < 60; ++i) {
    const Token filler = 100000 + static_cast<Token>(i) * 2;
    table.train(std::vector<Token>{2, 4, 6, 8, 10, filler}, Class::kSpam, 1);
    table.train(std::vector<Token>{12, 14, 16, 18, 20, filler + 200}, Class::kHam, 1);
  }
  const Source source{&table, 1};
  const std::span<const Source> sources(&source, 1);
  const std::vector<Token> messages[] = {
      {2, 4, 6, 8, 10}, {12, 14, 16, 18, 20}, {2, 4, 6, 12, 14}, {2, 4, 12, 14}};
  for (const auto& message : messages) {
    const Explanation why = explain(message, sources);
    REQUIRE_FALSE(why.decisive.empty());
    std::vector<Token> rest = message;
    std::erase_if(rest, [&](Token token) {
      return std::find(why.decisive.begin(), why.decisive.end(), token) != why.decisive.end();
    });
    CHECK(rest.size() + why.decisive.size() == message.size());
    CHECK(why.otherwise != why.score.verdict);
    CHECK(score(rest, sources).verdict == why.otherwise);
    // One fewer is not enough.
    rest.push_back(why.decisive.back());
    CHECK(score(rest, sources).verdict == why.score.verdict);
  }
  Table young;
  young.train(messages[0], Class::kSpam, 1);
  const Source few{&young, 1};
  CHECK(explain(messages[0], {&few, 1}).decisive.empty());
}

}  // namespace
}  // namespace mail::bayes
