// What was learned: for each token the ham and spam messages that held it, and a weight. In memory,
// or over a file of which only what is asked for is read; mail/bayes/database.h keeps one in a
// file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "mail/base/status.h"
#include "mail/bayes/tokens.h"

namespace mail::bayes {

enum class Class : std::uint8_t { kHam, kSpam };
constexpr Class other(Class c) { return c == Class::kHam ? Class::kSpam : Class::kHam; }

/// A value: 16 octets a token, in memory and on disk.
struct Bucket {
  std::uint64_t token : 40 = 0;  // 0: free
  std::uint64_t ham : 24 = 0;
  std::uint64_t spam : 24 = 0;
  std::int64_t weight : 24 = 0;  // of the logistic vote, in units of kWeightUnit
  std::uint64_t day : 16 = 0;    // of the last training, since 1970

  static constexpr double kWeightUnit = 1.0 / 65536;
  bool operator==(const Bucket&) const = default;
};
static_assert(sizeof(Bucket) == 16);

class Pages;

/// A value; not safe for several threads when one of them changes it, or when it lies over a file.
class Table {
 public:
  /// `day`s since 1970 mark when a token was last trained.
  void train(std::span<const Token> tokens, Class c, std::uint16_t day);
  /// Exactly takes back the counts of `train`; the weights go one step the other way.
  void untrain(std::span<const Token> tokens, Class c);
  /// Adds the counts, weights and messages of a table with the same key.
  void merge(const Table& learned);
  /// Tokens of a single message that were last trained more than kRareDays before `day` go. Taking
  /// back that message is exact all the same: they are gone already.
  void expire(std::uint16_t day);
  /// Halves all counts; tokens that are left with none go. The past weighs half from now on.
  void age();

  /// Without a token when it is unknown.
  Bucket find(Token token) const;
  /// Fetches what `find` will look at: a table is larger than the caches near the processor.
  void prefetch(Token token) const { __builtin_prefetch(&buckets_[slot(token)]); }
  /// Messages trained.
  std::uint64_t messages(Class c) const { return messages_[static_cast<std::size_t>(c)]; }
  /// Tokens known.
  std::size_t size() const;

  /// In ascending order of tokens. Those without counts are left out.
  std::vector<Bucket> sorted() const;
  /// The messages of each class that training goes back to, oldest first.
  using Rehearsal = std::array<std::deque<std::vector<Token>>, 2>;
  const Rehearsal& rehearsal() const { return rehearsal_; }
  /// What `sorted`, `messages` and `rehearsal` gave.
  static Table restore(std::span<const Bucket> buckets, std::array<std::uint64_t, 2> messages,
                       Rehearsal rehearsal);
  /// What lies in the file, of which `find` and `train` read what they need. What is changed, is
  /// changed here alone.
  static Table over(std::shared_ptr<Pages> pages);
  /// Not OK: some of the file could not be read; all that was found since is of no use.
  Status health() const;

  /// Messages of each class that are kept for rehearsal, and tokens of one.
  static constexpr std::size_t kRehearsed = 64;
  static constexpr std::size_t kRehearsedTokens = 2000;
  static constexpr std::uint64_t kRareDays = 30;

 private:
  std::size_t index(Token token);
  Bucket& at(Token token) { return buckets_[index(token)]; }
  std::size_t slot(Token token) const {
    return static_cast<std::size_t>(((token >> 8) * buckets_.size()) >> 32);
  }
  void reserve(std::size_t more);
  void grow(std::size_t capacity);
  void seek(std::span<const Token> tokens);
  void step(Class c);
  void take_rehearsal();
  void take_whole();

  std::shared_ptr<Pages> pages_;  // what `buckets_` has not yet; none: it has all
  std::size_t added_ = 0;         // in `buckets_`, but not in `pages_`
  bool has_rehearsal_ = true;
  std::vector<Bucket> buckets_ = std::vector<Bucket>(kFirstCapacity);
  std::size_t used_ = 0;
  std::array<std::uint64_t, 2> messages_{};
  Rehearsal rehearsal_;
  std::vector<std::uint32_t> places_;  // of the tokens that are trained just now

  static constexpr std::size_t kFirstCapacity = 4096;
};

}  // namespace mail::bayes
