// spam: what the classifier learned, what it says, and why.
//
// Tested by tests/cases/mailctl/10-spam.txt, tests/cases/mailctl/replay.py.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>

#include "commands.h"
#include "mail/bayes/exchange.h"
#include "mail/bayes/score.h"
#include "spam_tables.h"
#include "teach.h"

namespace mailctl {
namespace {

using namespace mail;
using bayes::Class;

constexpr std::size_t kReasonsShown = 15;

std::string number(double value, const char* format = "%.17g") {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

Json json_of(const bayes::Score& score) {
  return {{"verdict", to_string(score.verdict)},
          {"score", score.value()},
          {"log_odds", score.log_odds},
          {"fisher", score.fisher},
          {"logistic", score.logistic}};
}

/// kDone when all paths are there: nothing is taught by half for a typing error.
int require_paths(const Context& context) {
  for (const std::string& path : context.arguments) {
    const auto target = real_filesystem().resolve_links(path);
    const auto info = target.ok() ? real_filesystem().info(*target) : target.status();
    if (!info.ok()) {
      return refuse(context, named(path) + " cannot be read: " +
                                 std::string(message_of(info.status())) + "; correct the path");
    }
  }
  return kDone;
}

int say_taught(const Context& context, const StatusOr<Taught>& taught, std::string_view did) {
  if (!taught.ok()) return refuse(context, taught.status());
  if (context.json) {
    std::cout << text_of({{"changed", taught->changed > 0},
                          {"messages", taught->changed},
                          {"examined", taught->examined}});
    return taught->unread == 0 ? kDone : kRefused;
  }
  std::cout << did << " tokens from " << taught->changed << " message(s) (" << taught->examined
            << " message(s) examined)\n";
  return taught->unread == 0 ? kDone : kRefused;
}

}  // namespace

int spam_learn(const Context& context) {
  if (context.spam == context.ham) {
    return wrong_usage(context, "say what " + named(context.arguments[0]) +
                                    " is: write --spam or --ham, one of them");
  }
  if (const int code = require_paths(context); code != kDone) return code;
  SpamTables tables(context);
  std::vector<Lesson> lessons;
  for (const std::string& path : context.arguments) {
    lessons.push_back({path, context.account, context.spam ? Class::kSpam : Class::kHam});
  }
  return say_taught(context, teach(tables, lessons), "Learned");
}

int spam_forget(const Context& context) {
  if (const int code = require_paths(context); code != kDone) return code;
  SpamTables tables(context);
  std::vector<Lesson> lessons;
  for (const std::string& path : context.arguments) {
    lessons.push_back({path, context.account, std::nullopt});
  }
  return say_taught(context, teach(tables, lessons), "Forgot");
}

int spam_classify(const Context& context) {
  if (const int code = require_paths(context); code != kDone) return code;
  SpamTables tables(context);
  const auto pair = tables.open_pair(context.account);
  if (!pair.ok()) return refuse(context, pair.status());
  Json json = Json::array();
  bool all_read = true;
  for (const std::string& path : context.arguments) {
    const Status read = for_each_message(path, all_read, [&](std::string_view message) {
      const bayes::Score score = bayes::Database::classify(pair->asked, message);
      if (context.json) {
        json.push_back(json_of(score));
        json.back()["path"] = path;
      } else {
        std::cout << to_string(score.verdict) << " " << number(score.value(), "%.4f") << " " << path
                  << "\n";
      }
      return absl::OkStatus();
    });
    if (!read.ok()) {
      warn("'" + path + "': " + std::string(message_of(read)));
      all_read = false;
    }
  }
  if (context.json) std::cout << text_of(json);
  return all_read ? kDone : kRefused;
}

int spam_explain(const Context& context) {
  SpamTables tables(context);
  const auto pair = tables.open_pair(context.account);
  if (!pair.ok()) return refuse(context, pair.status());
  const auto message = read_message(context.arguments[0]);
  if (!message.ok()) return refuse(context, message.status());
  const bayes::Explanation why = bayes::Database::explain(pair->asked, *message);
  std::map<bayes::Token, std::string> texts;
  bayes::Tokenizer tokenizer(pair->global->key());
  tokenizer.tokenize(*message,
                     [&](bayes::Token token, std::string_view text) { texts[token] = text; });
  if (context.json) {
    auto json = json_of(why.score);
    for (const bayes::Reason& reason : why.reasons) {
      json["reasons"].push_back({{"token", texts[reason.token]},
                                 {"ham", reason.ham},
                                 {"spam", reason.spam},
                                 {"log_odds", reason.total()}});
    }
    json["combination"] = why.combination;
    json["otherwise"] = nullptr;
    if (!why.decisive.empty()) json["otherwise"] = to_string(why.otherwise);
    json["decisive"] = Json::array();
    for (const bayes::Token token : why.decisive) json["decisive"].push_back(texts[token]);
    std::cout << text_of(json);
    return kDone;
  }
  std::cout << to_string(why.score.verdict) << ", score " << number(why.score.value(), "%.4f")
            << "; log-odds " << number(why.score.log_odds, "%+.3f") << " are the sum of\n";
  double rest = why.combination;
  for (std::size_t i = 0; i < why.reasons.size(); ++i) {
    const bayes::Reason& reason = why.reasons[i];
    if (i >= kReasonsShown) {
      rest += reason.total();
      continue;
    }
    std::cout << "  " << number(reason.total(), "%+8.3f") << "  " << shown(texts[reason.token])
              << "  (" << number(reason.spam, "%.0f") << " spam, " << number(reason.ham, "%.0f")
              << " ham)\n";
  }
  std::cout << "  " << number(rest, "%+8.3f") << "  all others and their combination\n";
  if (why.decisive.empty()) {
    std::cout << "No lack of words would change the verdict.\n";
    return kDone;
  }
  std::cout << "It would be " << to_string(why.otherwise) << " without";
  for (std::size_t i = 0; i < std::min(why.decisive.size(), kReasonsShown); ++i) {
    std::cout << (i == 0 ? " " : ", ") << shown(texts[why.decisive[i]]);
  }
  if (why.decisive.size() > kReasonsShown) {
    std::cout << ", and " << why.decisive.size() - kReasonsShown << " more";
  }
  std::cout << "\n";
  return kDone;
}

int spam_stats(const Context& asked) {
  Context context = asked;
  if (!asked.arguments.empty()) {
    context.account = asked.arguments[0];
    const std::string fault(fault_of_account(context.account));
    if (!fault.empty()) return refuse(context, named(context.account) + " is " + fault);
  }
  SpamTables tables(context);
  auto database = tables.open(context.account);
  if (!database.ok()) return refuse(context, database.status());
  std::uint64_t ham = 0;
  std::uint64_t spam = 0;
  std::size_t tokens = 0;
  (*database)->read([&](const bayes::Table& table) {
    ham = table.messages(Class::kHam);
    spam = table.messages(Class::kSpam);
    tokens = table.size();
  });
  if (context.json) {
    std::cout << text_of({{"ham", ham}, {"spam", spam}, {"tokens", tokens}});
  } else {
    std::cout << "trained: " << ham << " ham, " << spam << " spam; " << tokens << " tokens\n";
  }
  return kDone;
}

int spam_import(const Context& context) {
  const auto text = read_message(context.arguments[0]);
  if (!text.ok()) return refuse(context, text.status());
  if (text->starts_with("v\t")) {
    return refuse(
        context,
        "SpamAssassin's backup holds a part of the SHA-1 of each word, from which no word can be "
        "found: learn from the messages instead, by spam bootstrap or sa-learn (for a backup of "
        "ours: sa-learn --restore)");
  }
  SpamTables tables(context);
  auto database = tables.open(context.account);
  if (!database.ok()) return refuse(context, database.status());
  auto training = begin_training(**database);
  if (!training.ok()) return refuse(context, training.status());
  const auto import = bayes::read_bogofilter(*text, (*database)->key());
  if (!import.ok()) return refuse(context, import.status());
  const Status merged = training->merge(import->table, {});
  if (!merged.ok()) return refuse(context, merged);
  if (context.json) {
    std::cout << text_of(
        {{"changed", true}, {"imported", import->mapped}, {"unmapped", import->unmapped}});
    return kDone;
  }
  std::cout << "Imported " << import->mapped << " words; " << import->unmapped
            << " have no counterpart\n";
  return kDone;
}

}  // namespace mailctl
