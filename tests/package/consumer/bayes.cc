#include "mail/bayes/table.h"

#include "mail/bayes/score.h"

int main() {
  mail::bayes::Tokenizer tokenizer({1, 2});
  mail::bayes::Table table;
  table.train(tokenizer.tokenize("Subject: hello\n\nworld\n").tokens(), mail::bayes::Class::kHam,
              1);
  const mail::bayes::Source source{&table, 1};
  const auto score = mail::bayes::score(tokenizer.tokenize("\nworld\n").tokens(), {&source, 1});
  return score.log_odds < 0 && score.verdict == mail::bayes::Verdict::kUnsure ? 0 : 1;
}
