// Any octets give a bounded set of tokens, the same each time, whatever line ends they have; the
// explanation of any message adds up to its score.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz.h"
#include "mail/bayes/score.h"

using namespace mail::bayes;
using mail::fuzz::require;
using mail::fuzz::text_of;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message = text_of(data, size);
  Tokenizer tokenizer({1, 2});
  const std::vector<Token> tokens = tokenizer.tokenize(message).tokens();
  require(tokens.size() <= TokenLimits{}.tokens);
  std::size_t told = 0;
  tokenizer.tokenize(message,
                     [&](Token token, std::string_view) { require(token == tokens[told++]); });
  require(told == tokens.size());

  Table table;
  for (int i = 0; i < 12; ++i) {
    table.train(tokens, Class::kSpam, 1);
    table.train(tokenizer.tokenize("Subject: ham\n\nwords").tokens(), Class::kHam, 1);
  }
  const Source source{&table, 1};
  const Explanation why = explain(tokens, {&source, 1});
  require(std::isfinite(why.score.log_odds));
  require(std::abs(why.sum() - why.score.log_odds) < 1e-9);
  return 0;
}
