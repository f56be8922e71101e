// spam replay: the benchmark's task, "OP label path" lines in, "path label score verdict" lines
// out.
//
// Tested by tests/cases/mailctl/replay.py.
#include <cstdio>
#include <iostream>

#include "mail/bayes/score.h"
#include "spam_tables.h"

namespace mailctl {

using namespace mail;

namespace {

std::string exact(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

}  // namespace

/// The benchmark's lines, "OP label path" (T: train, C: classify, O: classify, then train), against
/// a table of its own. The label is not looked at before the score is out.
int spam_replay(const Context& context) {
  bayes::Tokenizer tokenizer({1, 2});
  bayes::Table table;
  std::string line;
  std::size_t count = 0;
  Json json = Json::array();
  while (std::getline(std::cin, line)) {
    ++count;
    const std::size_t first = line.find(' ');
    const std::size_t second = first == line.npos ? line.npos : line.find(' ', first + 1);
    if (first != 1 || second == line.npos || std::string_view("TCO").find(line[0]) == line.npos) {
      return refuse(context, "line " + std::to_string(count) +
                                 ": 'OP label path' expected, OP T, C or O, not " + named(line));
    }
    const std::string path = line.substr(second + 1);
    const auto message = read_message(path);
    if (!message.ok()) return refuse(context, message.status());
    const bayes::TokenSet& tokens = tokenizer.tokenize(*message);
    const bayes::Source source{&table, 1};
    bayes::Score score;
    if (line[0] != 'T') score = bayes::score(tokens.tokens(), {&source, 1});
    const std::string_view label = std::string_view(line).substr(2, second - 2);
    if (line[0] != 'T' && context.json) {
      json.push_back({{"path", path},
                      {"label", label},
                      {"log_odds", score.log_odds},
                      {"verdict", to_string(score.verdict)}});
    } else if (line[0] != 'T') {
      std::cout << path << " " << label << " " << exact(score.log_odds) << " "
                << to_string(score.verdict) << "\n";
    }
    if (line[0] == 'C') continue;
    if (label != "ham" && label != "spam") {
      return refuse(context, "line " + std::to_string(count) + ": the label is ham or spam, not '" +
                                 std::string(label) + "'");
    }
    table.train(tokens.tokens(), label == "spam" ? bayes::Class::kSpam : bayes::Class::kHam, 0);
  }
  if (context.json) std::cout << text_of(json);
  return kDone;
}

}  // namespace mailctl
