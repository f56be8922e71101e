// Open addressing in the order of the tokens, which are random: the slot is the token's share of
// the capacity, so a table is written in order and read in order, and any capacity will do.
//
// Training takes one logistic step on the message, and one on an older message of the other class:
// a run of one class would otherwise carry the weights of everyday words, and with them every
// score, to its side. A token's step is the shorter the more messages held it (as AdaGrad's is,
// which needs a memory of its own for that): everyday words settle, rare ones still learn.
//
// Over a file, `buckets_` holds those that were changed; the others are found there.
//
// Tested by tests/unit/bayes/table_test.cc.
#include "mail/bayes/table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "bayes/pages.h"

namespace mail::bayes {
namespace {

constexpr double kRate = 25;
constexpr float kSettled = 15;     // messages with a token that halve the square of its step
constexpr std::size_t kAhead = 8;  // tokens whose buckets are fetched before they are needed
constexpr std::uint64_t kMostMessages = (1 << 24) - 1;
constexpr std::int64_t kMostWeight = (1 << 23) - 1;

}  // namespace

Bucket Table::find(Token token) const {
  std::size_t i = slot(token);
  while (buckets_[i].token != 0) {
    if (buckets_[i].token == token) return buckets_[i];
    if (++i == buckets_.size()) i = 0;
  }
  return pages_ == nullptr ? Bucket{} : pages_->find(token);
}

std::size_t Table::size() const {
  return pages_ == nullptr ? used_ : static_cast<std::size_t>(pages_->size()) + added_;
}

Status Table::health() const { return pages_ == nullptr ? absl::OkStatus() : pages_->health(); }

/// Where it is, or will be.
std::size_t Table::index(Token token) {
  std::size_t i = slot(token);
  while (buckets_[i].token != 0) {
    if (buckets_[i].token == token) return i;
    if (++i == buckets_.size()) i = 0;
  }
  if ((used_ + 1) * 4 > buckets_.size() * 3) {
    reserve(1);
    return index(token);
  }
  ++used_;
  if (pages_ != nullptr) buckets_[i] = pages_->find(token);
  if (pages_ != nullptr && buckets_[i].token == 0) ++added_;
  buckets_[i].token = token;
  return i;
}

/// Room for so many more tokens: three of four buckets are used at most.
void Table::reserve(std::size_t more) {
  std::size_t capacity = buckets_.size();
  while ((used_ + more) * 4 > capacity * 3) capacity = capacity * 3 / 2;
  if (capacity != buckets_.size()) grow(capacity);
}

void Table::grow(std::size_t capacity) {
  std::vector<Bucket> old(capacity);
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

/// Where the tokens are, to `places_`: each is looked for once.
void Table::seek(std::span<const Token> tokens) {
  reserve(tokens.size());
  places_.resize(tokens.size());
  for (const Token token : tokens.first(std::min(tokens.size(), kAhead))) prefetch(token);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i + kAhead < tokens.size()) prefetch(tokens[i + kAhead]);
    places_[i] = static_cast<std::uint32_t>(index(tokens[i]));
  }
}

/// On the tokens at `places_`.
void Table::step(Class c) {
  if (places_.empty()) return;
  const double x = 1 / std::sqrt(static_cast<double>(places_.size()));
  std::int64_t sum = 0;
  for (const std::uint32_t place : places_) sum += buckets_[place].weight;
  const double z = static_cast<double>(sum) * Bucket::kWeightUnit * x;
  const double y = c == Class::kSpam ? 1 : 0;
  const auto change =
      static_cast<float>(kRate * (y - 1 / (1 + std::exp(-z))) * x / Bucket::kWeightUnit);
  if (std::abs(change) < 0.5F) return;
  for (const std::uint32_t place : places_) {
    Bucket& bucket = buckets_[place];
    const auto seen = static_cast<float>(bucket.ham + bucket.spam);
    const auto delta = static_cast<std::int64_t>(change / std::sqrt(1 + seen / kSettled));
    bucket.weight = std::clamp<std::int64_t>(bucket.weight + delta, -kMostWeight, kMostWeight);
  }
}

void Table::train(std::span<const Token> tokens, Class c, std::uint16_t day) {
  if (messages(Class::kHam) + messages(Class::kSpam) >= kMostMessages) age();
  ++messages_[static_cast<std::size_t>(c)];
  take_rehearsal();
  seek(tokens);
  for (const std::uint32_t place : places_) {
    Bucket& bucket = buckets_[place];
    c == Class::kHam ? ++bucket.ham : ++bucket.spam;
    bucket.day = day;
  }
  step(c);

  auto& same = rehearsal_[static_cast<std::size_t>(c)];
  const auto& others = rehearsal_[static_cast<std::size_t>(other(c))];
  const std::uint64_t turn = messages_[0] + messages_[1];
  if (!others.empty()) {
    seek(others[turn % others.size()]);
    step(other(c));
  }
  const auto kept = tokens.first(std::min(tokens.size(), kRehearsedTokens));
  std::vector<Token> place;
  if (same.size() >= kRehearsed) {
    place = std::move(same.front());
    same.pop_front();
  }
  place.assign(kept.begin(), kept.end());
  same.push_back(std::move(place));
}

void Table::untrain(std::span<const Token> tokens, Class c) {
  auto& trained = messages_[static_cast<std::size_t>(c)];
  if (trained > 0) --trained;
  take_rehearsal();
  seek(tokens);
  step(other(c));
  for (const std::uint32_t place : places_) {
    Bucket& bucket = buckets_[place];
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
  take_rehearsal();
  for (const Bucket& other : learned.sorted()) {
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

void Table::expire(std::uint16_t day) {
  take_whole();
  for (Bucket& bucket : buckets_) {
    if (bucket.ham + bucket.spam == 1 && bucket.day + kRareDays < day) bucket.ham = bucket.spam = 0;
  }
  *this = restore(sorted(), messages_, std::move(rehearsal_));
}

void Table::age() {
  take_whole();
  for (Bucket& bucket : buckets_) {
    bucket.ham = bucket.ham / 2;
    bucket.spam = bucket.spam / 2;
  }
  for (std::uint64_t& count : messages_) count /= 2;
  *this = restore(sorted(), messages_, std::move(rehearsal_));
}

std::vector<Bucket> Table::sorted() const {
  if (pages_ != nullptr) {
    Table whole = restore(pages_->all(), {}, {});
    for (const Bucket& bucket : buckets_) {
      if (bucket.token != 0) whole.at(bucket.token) = bucket;
    }
    return whole.sorted();
  }
  std::vector<Bucket> result;
  result.reserve(used_);
  const auto add = [&](const Bucket& bucket) {
    if (bucket.token != 0 && bucket.ham + bucket.spam > 0) result.push_back(bucket);
  };
  // What found no room at the end stands at the beginning.
  std::size_t begin = 0;
  while (buckets_[begin].token != 0 && slot(buckets_[begin].token) > begin) ++begin;
  for (std::size_t i = begin; i < buckets_.size(); ++i) add(buckets_[i]);
  for (std::size_t i = 0; i < begin; ++i) add(buckets_[i]);
  // Only neighbours that share a few slots are in disorder.
  for (std::size_t i = 1; i < result.size(); ++i) {
    const Bucket bucket = result[i];
    std::size_t to = i;
    for (; to > 0 && result[to - 1].token > bucket.token; --to) result[to] = result[to - 1];
    result[to] = bucket;
  }
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

Table Table::over(std::shared_ptr<Pages> pages) {
  Table table;
  table.messages_ = pages->messages();
  table.pages_ = std::move(pages);
  table.has_rehearsal_ = false;
  return table;
}

/// Before training; who only asks does not need it.
void Table::take_rehearsal() {
  if (!has_rehearsal_) rehearsal_ = pages_->rehearsal();
  has_rehearsal_ = true;
}

void Table::take_whole() {
  if (pages_ == nullptr) return;
  take_rehearsal();
  const auto pages = pages_;
  *this = restore(sorted(), messages_, std::move(rehearsal_));
  if (!pages->health().ok()) pages_ = pages;  // and `health` tells
}

}  // namespace mail::bayes
