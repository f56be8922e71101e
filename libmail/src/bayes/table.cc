// Open addressing in the order of the tokens, which are random: the slot is the token's share of
// the capacity, so a table is written in order and read in order, and any capacity will do.
//
// Training takes one logistic step on the message, and one on an older message of the other class:
// a run of one class would otherwise carry the weights of everyday words, and with them every
// score, to its side. A token's step is the shorter the more messages held it (as AdaGrad's is,
// which needs a memory of its own for that): everyday words settle, rare ones still learn.
//
// Tested by tests/unit/bayes/table_test.cc.
#include "mail/bayes/table.h"

#include <algorithm>
#include <cmath>

namespace mail::bayes {
namespace {

constexpr double kRate = 25;
constexpr float kSettled = 15;  // messages with a token that halve the square of its step
constexpr std::uint64_t kMostMessages = (1 << 24) - 1;
constexpr std::int64_t kMostWeight = (1 << 23) - 1;

}  // namespace

std::size_t Table::slot(Token token) const {
  return static_cast<std::size_t>(((token >> 8) * buckets_.size()) >> 32);
}

const Bucket* Table::find(Token token) const {
  std::size_t i = slot(token);
  while (buckets_[i].token != 0) {
    if (buckets_[i].token == token) return &buckets_[i];
    if (++i == buckets_.size()) i = 0;
  }
  return nullptr;
}

Bucket& Table::at(Token token) {
  std::size_t i = slot(token);
  while (buckets_[i].token != 0) {
    if (buckets_[i].token == token) return buckets_[i];
    if (++i == buckets_.size()) i = 0;
  }
  if ((used_ + 1) * 4 > buckets_.size() * 3) {
    grow();
    return at(token);
  }
  ++used_;
  buckets_[i].token = token;
  return buckets_[i];
}

void Table::grow() {
  std::vector<Bucket> old(buckets_.size() * 3 / 2);
  old.swap(buckets_);
  for (const Bucket& bucket : old) {
    if (bucket.token == 0) continue;
    std::size_t i = slot(bucket.token);
    while (buckets_[i].token != 0) {
      if (++i == buckets_.size()) i = 0;
    }
    buckets_[i] = bucket;
  }
}

void Table::step(std::span<const Token> tokens, Class c) {
  if (tokens.empty()) return;
  const double x = 1 / std::sqrt(static_cast<double>(tokens.size()));
  double z = 0;
  for (const Token token : tokens) {
    if (const Bucket* bucket = find(token)) z += static_cast<double>(bucket->weight);
  }
  z *= Bucket::kWeightUnit * x;
  const double y = c == Class::kSpam ? 1 : 0;
  const auto change =
      static_cast<float>(kRate * (y - 1 / (1 + std::exp(-z))) * x / Bucket::kWeightUnit);
  if (std::abs(change) < 0.5F) return;
  for (const Token token : tokens) {
    Bucket& bucket = at(token);
    const auto seen = static_cast<float>(bucket.ham + bucket.spam);
    const auto delta =
        static_cast<std::int64_t>(std::lround(change / std::sqrt(1 + seen / kSettled)));
    bucket.weight = std::clamp<std::int64_t>(bucket.weight + delta, -kMostWeight, kMostWeight);
  }
}

void Table::train(std::span<const Token> tokens, Class c, std::uint16_t day) {
  if (messages(Class::kHam) + messages(Class::kSpam) >= kMostMessages) age();
  ++messages_[static_cast<std::size_t>(c)];
  for (const Token token : tokens) {
    Bucket& bucket = at(token);
    c == Class::kHam ? ++bucket.ham : ++bucket.spam;
    bucket.day = day;
  }
  step(tokens, c);

  auto& same = rehearsal_[static_cast<std::size_t>(c)];
  const auto& others = rehearsal_[static_cast<std::size_t>(other(c))];
  const std::uint64_t turn = messages_[0] + messages_[1];
  if (!others.empty()) step(others[turn % others.size()], other(c));
  const auto kept = tokens.first(std::min(tokens.size(), kRehearsedTokens));
  same.emplace_back(kept.begin(), kept.end());
  if (same.size() > kRehearsed) same.pop_front();
}

void Table::untrain(std::span<const Token> tokens, Class c) {
  auto& trained = messages_[static_cast<std::size_t>(c)];
  if (trained > 0) --trained;
  step(tokens, other(c));
  for (const Token token : tokens) {
    Bucket& bucket = at(token);
    if (c == Class::kHam && bucket.ham > 0) --bucket.ham;
    if (c == Class::kSpam && bucket.spam > 0) --bucket.spam;
  }
  auto& kept = rehearsal_[static_cast<std::size_t>(c)];
  const auto start = tokens.first(std::min(tokens.size(), kRehearsedTokens));
  const auto same = [&](const std::vector<Token>& candidate) {
    return std::equal(candidate.begin(), candidate.end(), start.begin(), start.end());
  };
  const auto found = std::find_if(kept.begin(), kept.end(), same);
  if (found != kept.end()) kept.erase(found);
}

void Table::merge(const Table& learned) {
  const auto add = [](std::uint64_t a, std::uint64_t b) {
    return std::min<std::uint64_t>(a + b, kMostMessages);
  };
  for (const Bucket& other : learned.buckets_) {
    if (other.token == 0) continue;
    Bucket& bucket = at(other.token);
    bucket.ham = add(bucket.ham, other.ham);
    bucket.spam = add(bucket.spam, other.spam);
    bucket.weight =
        std::clamp<std::int64_t>(bucket.weight + other.weight, -kMostWeight, kMostWeight);
    bucket.day = std::max<std::uint64_t>(bucket.day, other.day);
  }
  for (std::size_t c = 0; c < 2; ++c) {
    messages_[c] = add(messages_[c], learned.messages_[c]);
    auto& kept = rehearsal_[c];
    kept.insert(kept.end(), learned.rehearsal_[c].begin(), learned.rehearsal_[c].end());
    while (kept.size() > kRehearsed) kept.pop_front();
  }
}

void Table::age() {
  for (Bucket& bucket : buckets_) {
    bucket.ham = bucket.ham / 2;
    bucket.spam = bucket.spam / 2;
  }
  for (std::uint64_t& count : messages_) count /= 2;
  *this = restore(sorted(), messages_, std::move(rehearsal_));
}

std::vector<Bucket> Table::sorted() const {
  std::vector<Bucket> result;
  result.reserve(used_);
  for (const Bucket& bucket : buckets_) {
    if (bucket.token != 0 && bucket.ham + bucket.spam > 0) result.push_back(bucket);
  }
  std::sort(result.begin(), result.end(),
            [](const Bucket& a, const Bucket& b) { return a.token < b.token; });
  return result;
}

Table Table::restore(std::span<const Bucket> buckets, std::array<std::uint64_t, 2> messages,
                     Rehearsal rehearsal) {
  Table table;
  table.buckets_.assign(std::max(kFirstCapacity, buckets.size() * 3 / 2), {});
  for (const Bucket& bucket : buckets) {
    if (bucket.token != 0) table.at(bucket.token) = bucket;
  }
  table.messages_ = messages;
  table.rehearsal_ = std::move(rehearsal);
  return table;
}

}  // namespace mail::bayes
