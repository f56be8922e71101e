// From tokens and what was learned to a score, a verdict, and the reasons.
//
// Two votes: Robinson's token probabilities combined by Fisher's method (exact counts, order-free),
// and a logistic regression on the same tokens. The score is the mean of their log-odds.
// docs/bayes.md has the formulae.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/bayes/table.h"
#include "mail/bayes/tokens.h"

namespace mail::bayes {

enum class Verdict : std::uint8_t { kHam, kUnsure, kSpam };
/// "ham", "unsure", "spam".
std::string_view to_string(Verdict verdict);

/// A value.
struct Thresholds {
  double spam = 0.9;                // at least: spam
  double ham = 0.2;                 // at most: ham
  std::uint64_t any_verdict = 10;   // trained messages of each class below which all is unsure
  std::uint64_t full_verdict = 50;  // and below which spam needs `early_spam`
  double early_spam = 0.99;
};

/// A value.
struct Score {
  double log_odds = 0;  // of spam; (fisher + logistic) / 2, or fisher alone in the beginning
  double fisher = 0;
  double logistic = 0;
  Verdict verdict = Verdict::kUnsure;

  /// The probability of spam, 0 to 1.
  double value() const;
  bool operator==(const Score&) const = default;
};

/// One source of evidence: the whole server's table, a user's.
struct Source {
  const Table* table = nullptr;
  double factor = 1;  // how many messages of it one message counts for
};

/// Tokens that no source knows count for nothing. All tables have the same key.
Score score(std::span<const Token> tokens, std::span<const Source> sources,
            const Thresholds& thresholds = {});

/// What one token said.
struct Reason {
  Token token = 0;
  double ham = 0;  // messages that held it, by the sources' factors
  double spam = 0;
  double fisher = 0;  // its parts of `Score::log_odds`; negative: it spoke for ham
  double logistic = 0;
  double total() const { return fisher + logistic; }
};

struct Explanation {
  Score score;
  std::vector<Reason> reasons;  // strongest first
  /// What Fisher's method adds to or takes from the sum of its tokens: they do not simply add up.
  double combination = 0;
  /// What would change the verdict: without these tokens of the message, the strongest that speak
  /// for it, it would be `otherwise`. Empty: no lack of tokens changes it.
  std::vector<Token> decisive;
  Verdict otherwise = Verdict::kUnsure;
  /// reasons and combination, exactly `score.log_odds`: they add up in any order without rounding.
  double sum() const;
};

Explanation explain(std::span<const Token> tokens, std::span<const Source> sources,
                    const Thresholds& thresholds = {});

}  // namespace mail::bayes
