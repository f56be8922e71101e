// spam: what the classifier learned, what it says, and why.
//
// Tested by tests/cases/mailctl/10-spam.txt, tests/cases/mailctl/replay.py.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "context.h"
#include "mail/base/filesystem.h"
#include "mail/bayes/database.h"

namespace mailctl {
namespace {

using namespace mail;
using bayes::Class;

constexpr std::uint64_t kMessageOctets = 256 << 20;
constexpr std::size_t kReasonsShown = 15;
constexpr std::chrono::seconds kLockWait{10};

std::string_view name_of(Class c) { return c == Class::kSpam ? "spam" : "ham"; }

std::uint16_t today() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint16_t>(std::chrono::floor<std::chrono::days>(now).count());
}

/// <state>/bayes/global, or <state>/bayes/<domain>/<user>.
StatusOr<std::string> database_path(const Context& context) {
  const std::string folder = context.state + "/bayes/";
  if (context.account.empty()) return folder + "global";
  const std::size_t at = context.account.rfind('@');
  const bool is_plain = context.account.find('/') == std::string::npos &&
                        context.account.find("..") == std::string::npos;
  if (at == std::string::npos || at == 0 || at + 1 == context.account.size() || !is_plain) {
    return invalid("'", context.account, "' is no account");
  }
  return folder + context.account.substr(at + 1) + "/" + context.account.substr(0, at);
}

StatusOr<std::unique_ptr<bayes::Database>> open_database(const Context& context) {
  MAIL_ASSIGN_OR_RETURN(const std::string path, database_path(context));
  bayes::DatabaseOptions options;
  if (!context.account.empty()) {
    // One key for all, so that an account's table can be read together with the server's.
    const std::string global_path = context.state + "/bayes/global";
    MAIL_ASSIGN_OR_RETURN(const auto global,
                          bayes::Database::open(real_filesystem(), global_path, {}));
    if (!real_filesystem().info(global_path).ok()) {
      MAIL_ASSIGN_OR_RETURN(auto training, global->begin_training());  // writes the key
      MAIL_RETURN_IF_ERROR(training.finish());
    }
    options.key = global->key();
  }
  MAIL_ASSIGN_OR_RETURN(auto database, bayes::Database::open(real_filesystem(), path, options));
  if (!database->damage().empty()) warn(database->damage());
  return database;
}

/// Waits while another process trains.
StatusOr<bayes::Database::Training> begin_training(bayes::Database& database) {
  const auto give_up = std::chrono::steady_clock::now() + kLockWait;
  for (;;) {
    auto training = database.begin_training();
    if (!absl::IsUnavailable(training.status())) return training;
    if (std::chrono::steady_clock::now() > give_up) return training;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

/// The messages of an mbox (lines "From " begin one), or the whole file.
std::vector<std::string_view> messages_in(std::string_view bytes) {
  if (!bytes.starts_with("From ")) return {bytes};
  std::vector<std::string_view> found;
  while (!bytes.empty()) {
    const std::size_t header = bytes.find('\n');
    if (header == bytes.npos) break;
    bytes.remove_prefix(header + 1);
    const std::size_t next = bytes.find("\nFrom ");
    found.push_back(bytes.substr(0, next == bytes.npos ? next : next + 1));
    bytes.remove_prefix(next == bytes.npos ? bytes.size() : next + 1);
  }
  return found;
}

/// The files of a folder: of a Maildir those of cur/ and new/, in the order of their names.
StatusOr<std::vector<std::string>> files_at(const std::string& path) {
  Filesystem& files = real_filesystem();
  MAIL_ASSIGN_OR_RETURN(const std::string real, files.resolve_links(path));
  MAIL_ASSIGN_OR_RETURN(const FileInfo info, files.info(real));
  if (info.type == FileType::kRegular) return std::vector<std::string>{real};
  MAIL_ASSIGN_OR_RETURN(auto entries, files.list(real));
  std::vector<std::string> found;
  for (const DirectoryEntry& entry : entries) {
    const std::string below = real + "/" + entry.name;
    if (entry.type == FileType::kRegular) found.push_back(below);
    if (entry.type != FileType::kDirectory || (entry.name != "cur" && entry.name != "new"))
      continue;
    MAIL_ASSIGN_OR_RETURN(const auto inside, files_at(below));
    found.insert(found.end(), inside.begin(), inside.end());
  }
  const bool is_maildir = files.info(real + "/cur").ok();
  if (is_maildir) {
    std::erase_if(found, [&](const std::string& file) {
      return parent_path(file) == real;  // dovecot-uidlist and its kind
    });
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Calls `use` with each message of the paths; what cannot be read is said and passed over. False
/// when anything was.
bool for_each_message(const std::vector<std::string>& paths,
                      const std::function<void(std::string_view)>& use) {
  bool all_read = true;
  const auto complain = [&](const std::string& path, const Status& status) {
    warn("'" + path + "': " + std::string(message_of(status)));
    all_read = false;
  };
  for (const std::string& path : paths) {
    const auto files = files_at(path);
    if (!files.ok()) {
      complain(path, files.status());
      continue;
    }
    for (const std::string& file : *files) {
      const auto bytes = read_file(real_filesystem(), file, kMessageOctets);
      if (!bytes.ok()) {
        complain(file, bytes.status());
        continue;
      }
      for (const std::string_view message : messages_in(*bytes)) use(message);
    }
  }
  return all_read;
}

std::string number(double value, const char* format = "%.17g") {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

nlohmann::ordered_json json_of(const bayes::Score& score) {
  return {{"verdict", to_string(score.verdict)},
          {"score", score.value()},
          {"log_odds", score.log_odds},
          {"fisher", score.fisher},
          {"logistic", score.logistic}};
}

StatusOr<std::string> one_message(const std::string& path) {
  MAIL_ASSIGN_OR_RETURN(const std::string real, real_filesystem().resolve_links(path));
  return read_file(real_filesystem(), real, kMessageOctets);
}

int refuse(const Status& status) { return mailctl::refuse(message_of(status)); }

}  // namespace

int spam_learn(const Context& context) {
  if (context.spam == context.ham) return mailctl::refuse("say --spam or --ham");
  const Class c = context.spam ? Class::kSpam : Class::kHam;
  auto database = open_database(context);
  if (!database.ok()) return refuse(database.status());
  auto training = begin_training(**database);
  if (!training.ok()) return refuse(training.status());
  std::size_t examined = 0;
  std::size_t learned = 0;
  Status failed;
  const bool all_read = for_each_message(context.arguments, [&](std::string_view message) {
    if (!failed.ok()) return;
    ++examined;
    const auto trained = training->train(message, c, today());
    if (!trained.ok()) failed = trained.status();
    if (trained.ok() && *trained != bayes::Trained::kUnchanged) ++learned;
  });
  if (!failed.ok()) return refuse(failed);
  const Status finished = training->finish();
  if (!finished.ok()) return refuse(finished);
  std::cout << "Learned tokens from " << learned << " message(s) (" << examined
            << " message(s) examined)\n";
  return all_read ? kDone : kRefused;
}

int spam_forget(const Context& context) {
  auto database = open_database(context);
  if (!database.ok()) return refuse(database.status());
  auto training = begin_training(**database);
  if (!training.ok()) return refuse(training.status());
  std::size_t examined = 0;
  std::size_t forgotten = 0;
  Status failed;
  const bool all_read = for_each_message(context.arguments, [&](std::string_view message) {
    if (!failed.ok()) return;
    ++examined;
    const auto untrained = training->untrain(message);
    if (!untrained.ok()) failed = untrained.status();
    if (untrained.ok() && untrained->has_value()) ++forgotten;
  });
  if (!failed.ok()) return refuse(failed);
  const Status finished = training->finish();
  if (!finished.ok()) return refuse(finished);
  std::cout << "Forgot tokens from " << forgotten << " message(s) (" << examined
            << " message(s) examined)\n";
  return all_read ? kDone : kRefused;
}

int spam_classify(const Context& context) {
  auto database = open_database(context);
  if (!database.ok()) return refuse(database.status());
  auto json = nlohmann::ordered_json::array();
  bool all_read = true;
  for (const std::string& path : context.arguments) {
    all_read &= for_each_message({path}, [&](std::string_view message) {
      const bayes::Score score = (*database)->classify(message);
      if (context.json) {
        json.push_back(json_of(score));
        json.back()["path"] = path;
      } else {
        std::cout << to_string(score.verdict) << " " << number(score.value(), "%.4f") << " " << path
                  << "\n";
      }
    });
  }
  if (context.json) std::cout << json.dump(2) << "\n";
  return all_read ? kDone : kRefused;
}

int spam_explain(const Context& context) {
  auto database = open_database(context);
  if (!database.ok()) return refuse(database.status());
  const auto message = one_message(context.arguments[0]);
  if (!message.ok()) return refuse(message.status());
  const bayes::Explanation why = (*database)->explain(*message);
  std::map<bayes::Token, std::string> texts;
  bayes::Tokenizer tokenizer((*database)->key());
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
    const auto replace = nlohmann::ordered_json::error_handler_t::replace;
    std::cout << json.dump(2, ' ', false, replace) << "\n";
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
    std::cout << "  " << number(reason.total(), "%+8.3f") << "  " << texts[reason.token] << "  ("
              << number(reason.spam, "%.0f") << " spam, " << number(reason.ham, "%.0f")
              << " ham)\n";
  }
  std::cout << "  " << number(rest, "%+8.3f") << "  all others and their combination\n";
  return kDone;
}

int spam_stats(const Context& asked) {
  Context context = asked;
  if (!asked.arguments.empty()) context.account = asked.arguments[0];
  auto database = open_database(context);
  if (!database.ok()) return refuse(database.status());
  std::uint64_t ham = 0;
  std::uint64_t spam = 0;
  std::size_t tokens = 0;
  (*database)->read([&](const bayes::Table& table) {
    ham = table.messages(Class::kHam);
    spam = table.messages(Class::kSpam);
    tokens = table.size();
  });
  if (context.json) {
    const nlohmann::ordered_json json = {{"ham", ham}, {"spam", spam}, {"tokens", tokens}};
    std::cout << json.dump(2) << "\n";
  } else {
    std::cout << "trained: " << ham << " ham, " << spam << " spam; " << tokens << " tokens\n";
  }
  return kDone;
}

/// The benchmark's lines, "OP label path" (T: train, C: classify, O: classify, then train), against
/// a table of its own. The label is not looked at before the score is out.
int spam_replay(const Context&) {
  bayes::Tokenizer tokenizer({1, 2});
  bayes::Table table;
  std::string line;
  std::size_t count = 0;
  while (std::getline(std::cin, line)) {
    ++count;
    const std::size_t first = line.find(' ');
    const std::size_t second = first == line.npos ? line.npos : line.find(' ', first + 1);
    if (first != 1 || second == line.npos || std::string_view("TCO").find(line[0]) == line.npos) {
      return mailctl::refuse("line " + std::to_string(count) +
                             ": 'OP label path' expected, OP T, C or O");
    }
    const std::string path = line.substr(second + 1);
    const auto message = read_file(real_filesystem(), path, kMessageOctets);
    if (!message.ok()) return refuse(message.status());
    const bayes::TokenSet& tokens = tokenizer.tokenize(*message);
    const bayes::Source source{&table, 1};
    bayes::Score score;
    if (line[0] != 'T') score = bayes::score(tokens.tokens(), {&source, 1});
    const std::string_view label = std::string_view(line).substr(2, second - 2);
    if (line[0] != 'T') {
      std::cout << path << " " << label << " " << number(score.log_odds) << " "
                << to_string(score.verdict) << "\n";
    }
    if (line[0] == 'C') continue;
    if (label != "ham" && label != "spam") {
      return mailctl::refuse("line " + std::to_string(count) + ": the label is ham or spam, not '" +
                             std::string(label) + "'");
    }
    table.train(tokens.tokens(), label == name_of(Class::kSpam) ? Class::kSpam : Class::kHam, 0);
  }
  return kDone;
}

}  // namespace mailctl
