// The two votes. What a token says is found once, in `evidence`, for the score and for its
// explanation alike.
//
// Tested by tests/unit/bayes/score_test.cc.
#include "mail/bayes/score.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mail::bayes {
namespace {

// Robinson's prior and its strength, and how far from even a token must be to be heard:
// bogofilter's figures, but for the strength.
constexpr double kPriorStrength = 0.05;
constexpr double kPrior = 0.52;
constexpr double kLeastDeviation = 0.375;
/// Where Fisher's vote is cut: it saturates with a few dozen tokens.
constexpr double kMostFisher = 12;
/// Keeps the order of saturated scores.
constexpr double kTieBreak = 0.001;
/// Trained messages of each class from which the logistic vote counts.
constexpr double kLogisticFrom = 50;
/// How loud structure is heard in the beginning, and the number of messages of each class at which
/// it is half way to as loud as words.
constexpr double kFaint = 0.15;
constexpr double kHalfLoud = 300;
/// The same log-odds are worth more the more messages of each class they rest upon: a power of
/// them, between these two, and as they are at the third.
constexpr double kConfidencePower = 0.25;
constexpr double kLeastConfident = 20;
constexpr double kMostConfident = 2000;
constexpr double kConfidenceOne = 420;

struct Totals {
  double ham = 0;
  double spam = 0;
  double least = 0;           // trained messages of the rarer class, without factors
  double structure = kFaint;  // how loud it is heard
};

Totals totals_of(std::span<const Source> sources) {
  Totals totals;
  std::array<std::uint64_t, 2> messages{};
  for (const Source& source : sources) {
    const std::uint64_t ham = source.table->messages(Class::kHam);
    const std::uint64_t spam = source.table->messages(Class::kSpam);
    totals.ham += source.factor * static_cast<double>(ham);
    totals.spam += source.factor * static_cast<double>(spam);
    messages[0] += ham;
    messages[1] += spam;
  }
  totals.least = static_cast<double>(std::min(messages[0], messages[1]));
  totals.structure = kFaint + (1 - kFaint) * totals.least / (totals.least + kHalfLoud);
  return totals;
}

/// All parts of a score are multiples of this, so few and so small that a double holds any sum of
/// them exactly: an explanation adds up in every order.
constexpr double kGrain = 1.0 / (1ULL << 32);
double grained(double x) { return std::nearbyint(x / kGrain) * kGrain; }

struct Evidence {
  double ham = 0;
  double spam = 0;
  double weight = 0;
  double f = 0;
  bool is_heard = false;  // by Fisher
};

Evidence evidence(Token token, std::span<const Source> sources, const Totals& totals) {
  Evidence found;
  for (const Source& source : sources) {
    const Bucket bucket = source.table->find(token);
    if (bucket.token == 0) continue;
    found.ham += source.factor * static_cast<double>(bucket.ham);
    found.spam += source.factor * static_cast<double>(bucket.spam);
    found.weight += static_cast<double>(bucket.weight) * Bucket::kWeightUnit;
  }
  const double n = found.ham + found.spam;
  if (n <= 0) return found;
  const double b = found.spam / std::max(totals.spam, 1.0);
  const double g = found.ham / std::max(totals.ham, 1.0);
  found.f = (kPriorStrength * kPrior + n * (b / (b + g))) / (kPriorStrength + n);
  found.is_heard = std::abs(found.f - 0.5) >= kLeastDeviation;
  return found;
}

/// The chi-square distribution's upper tail at 2m with 2n degrees of freedom, n > 0:
/// exp(-m) * sum of m^i / i! for i < n, begun at its largest term so that nothing underflows first.
double chi_square_tail(double m, std::size_t n) {
  if (m <= 0) return 1;
  const double last = static_cast<double>(n - 1);
  const double top = std::min(last, std::floor(m));
  const double largest = std::exp(top * std::log(m) - m - std::lgamma(top + 1));
  double sum = largest;
  double term = largest;
  for (double i = top; i >= 1 && term > sum * 1e-17; --i) sum += term *= i / m;
  term = largest;
  for (double i = top + 1; i <= last && term > sum * 1e-17; ++i) sum += term *= m / i;
  return std::min(sum, 1.0);
}

double fisher_vote(double sum_ln_f, double sum_ln_not, double heard) {
  if (heard == 0) return 0;
  const auto n = static_cast<std::size_t>(std::ceil(heard));
  const double spam_tail = chi_square_tail(-sum_ln_not, n);
  const double ham_tail = chi_square_tail(-sum_ln_f, n);
  const double odds = (1 + ham_tail - spam_tail) / std::max(1 - ham_tail + spam_tail, 1e-300);
  const double vote = std::clamp(std::log(std::max(odds, 1e-300)), -kMostFisher, kMostFisher);
  return vote + kTieBreak * (sum_ln_f - sum_ln_not);
}

Verdict judge(double value, const Totals& totals, const Thresholds& thresholds) {
  const double least = totals.least;
  if (least < static_cast<double>(thresholds.any_verdict)) return Verdict::kUnsure;
  const bool is_early = least < static_cast<double>(thresholds.full_verdict);
  if (value >= (is_early ? thresholds.early_spam : thresholds.spam)) return Verdict::kSpam;
  return value <= thresholds.ham ? Verdict::kHam : Verdict::kUnsure;
}

/// The logarithm of a product, taken once for dozens of factors.
class LogProduct {
 public:
  void multiply(double factor) {
    product_ *= factor;
    if (product_ >= kSmall) return;
    sum_ += std::log(product_);
    product_ = 1;
  }
  double value() const { return sum_ + std::log(product_); }

 private:
  static constexpr double kSmall = 1e-280;  // no factor is below 1e-12: the counts have 24 bits

  double sum_ = 0;
  double product_ = 1;
};

/// What the tokens say together.
struct Sums {
  double ln_f = 0;
  double ln_not = 0;
  double weight = 0;
  double heard = 0;
};

/// Fisher's part of one token.
Sums part_of(const Evidence& found, Token token, const Totals& totals) {
  if (!found.is_heard) return {0, 0, found.weight, 0};
  const double loudness = is_structure(token) ? totals.structure : 1;
  return {loudness * std::log(found.f), loudness * std::log1p(-found.f), found.weight, loudness};
}

/// Adds tokens up; those of structure apart, for they are heard less.
class Adder {
 public:
  void add(const Evidence& found, Token token) {
    weight_ += found.weight;
    if (!found.is_heard) return;
    Side& side = sides_[is_structure(token) ? 1 : 0];
    side.ln_f.multiply(found.f);
    side.ln_not.multiply(1 - found.f);
    ++side.heard;
  }
  Sums sums(const Totals& totals) const {
    const auto& [words, structure] = sides_;
    return {words.ln_f.value() + totals.structure * structure.ln_f.value(),
            words.ln_not.value() + totals.structure * structure.ln_not.value(), weight_,
            words.heard + totals.structure * structure.heard};
  }

 private:
  struct Side {
    LogProduct ln_f;
    LogProduct ln_not;
    double heard = 0;
  };
  std::array<Side, 2> sides_;
  double weight_ = 0;
};

void take_away(Sums& sums, const Sums& part) {
  sums.ln_f -= part.ln_f;
  sums.ln_not -= part.ln_not;
  sums.weight -= part.weight;
  sums.heard -= part.heard;
  if (sums.heard < kFaint / 2) sums.ln_f = sums.ln_not = sums.heard = 0;  // what rounding left
}

/// How much of each vote is in the score.
struct Shares {
  double fisher = 1;
  double logistic = 0;
};

Shares shares_of(const Totals& totals) {
  const double confidence = std::pow(
      std::clamp(totals.least, kLeastConfident, kMostConfident) / kConfidenceOne, kConfidencePower);
  if (totals.least < kLogisticFrom) return {confidence, 0};
  return {confidence / 2, confidence / 2};
}

Score combine(const Sums& sums, std::size_t tokens, const Totals& totals,
              const Thresholds& thresholds) {
  Score result;
  const Shares shares = shares_of(totals);
  result.fisher = fisher_vote(sums.ln_f, sums.ln_not, sums.heard);
  if (tokens != 0) result.logistic = sums.weight / std::sqrt(static_cast<double>(tokens));
  result.log_odds = grained(shares.fisher * result.fisher + shares.logistic * result.logistic);
  result.verdict = judge(result.value(), totals, thresholds);
  return result;
}

struct Heard {
  Reason reason;
  Sums part;
};

/// Fisher's vote is shared out by the log-odds of the tokens, as far as they point its way. Then
/// the strongest come first.
void share_out(std::vector<Heard>& heard, const Sums& sums, const Score& score,
               const Shares& shares) {
  const double difference = sums.ln_f - sums.ln_not;
  const double scale = difference == 0 ? 0 : std::clamp(score.fisher / difference, 0.0, 1.0);
  const double x = 1 / std::sqrt(std::max(static_cast<double>(heard.size()), 1.0));
  for (Heard& one : heard) {
    one.reason.fisher = grained(shares.fisher * scale * (one.part.ln_f - one.part.ln_not));
    one.reason.logistic = grained(shares.logistic * one.part.weight * x);
  }
  std::sort(heard.begin(), heard.end(), [](const Heard& a, const Heard& b) {
    const double of_a = std::abs(a.reason.total());
    const double of_b = std::abs(b.reason.total());
    return of_a != of_b ? of_a > of_b : a.reason.token < b.reason.token;
  });
}

/// Takes away the strongest tokens of one side until the verdict is another; for "unsure" the side
/// that needs fewer.
void find_decisive(const std::vector<Heard>& heard, const Sums& all, std::size_t tokens,
                   const Totals& totals, const Thresholds& thresholds, Explanation& result) {
  for (const double side : {1.0, -1.0}) {
    if (result.score.verdict == (side > 0 ? Verdict::kHam : Verdict::kSpam)) continue;
    Sums sums = all;
    std::vector<Token> taken;
    for (const Heard& one : heard) {
      if (one.reason.total() * side <= 0) continue;
      if (!result.decisive.empty() && taken.size() + 1 >= result.decisive.size()) break;
      take_away(sums, one.part);
      taken.push_back(one.reason.token);
      const Verdict verdict = combine(sums, tokens - taken.size(), totals, thresholds).verdict;
      if (verdict == result.score.verdict) continue;
      result.decisive = std::move(taken);
      result.otherwise = verdict;
      break;
    }
  }
}

/// With the buckets of the next tokens on their way meanwhile.
template <class Look>
void for_each(std::span<const Token> tokens, std::span<const Source> sources, const Look& look) {
  constexpr std::size_t kAhead = 8;
  for (std::size_t i = 0; i < tokens.size() + kAhead; ++i) {
    if (i < tokens.size()) {
      for (const Source& source : sources) source.table->prefetch(tokens[i]);
    }
    if (i >= kAhead) look(tokens[i - kAhead]);
  }
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHam: return "ham";
    case Verdict::kUnsure: return "unsure";
    case Verdict::kSpam: return "spam";
  }
  return "unsure";
}

double Score::value() const { return 1 / (1 + std::exp(-log_odds)); }

Score score(std::span<const Token> tokens, std::span<const Source> sources,
            const Thresholds& thresholds) {
  const Totals totals = totals_of(sources);
  Adder adder;
  for_each(tokens, sources,
           [&](Token token) { adder.add(evidence(token, sources, totals), token); });
  return combine(adder.sums(totals), tokens.size(), totals, thresholds);
}

double Explanation::sum() const {
  double sum = 0;
  for (const Reason& reason : reasons) sum += reason.total();
  return sum + combination;
}

Explanation explain(std::span<const Token> tokens, std::span<const Source> sources,
                    const Thresholds& thresholds) {
  const Totals totals = totals_of(sources);
  std::vector<Heard> heard;
  heard.reserve(tokens.size());
  Adder adder;
  for_each(tokens, sources, [&](Token token) {
    const Evidence found = evidence(token, sources, totals);
    adder.add(found, token);
    heard.push_back({{token, found.ham, found.spam}, part_of(found, token, totals)});
  });
  const Sums sums = adder.sums(totals);
  Explanation result;
  result.score = combine(sums, tokens.size(), totals, thresholds);
  share_out(heard, sums, result.score, shares_of(totals));
  for (const Heard& one : heard) {
    if (one.reason.total() != 0) result.reasons.push_back(one.reason);
  }
  result.combination = result.score.log_odds - result.sum();
  find_decisive(heard, sums, tokens.size(), totals, thresholds, result);
  return result;
}

}  // namespace mail::bayes
