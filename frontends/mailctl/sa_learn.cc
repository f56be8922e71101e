// sa-learn: SpamAssassin's command line on our tables, so that cron lines which know it go on.
//
// A path below the mail folder teaches its account; --dbpath, wherever it points, the server's
// table, which is what those cron lines mean by it. Options about SpamAssassin's own files and
// speed are accepted and mean nothing. The result goes to stdout, everything else to stderr.
//
// Tested by tests/cases/mailctl/sa_learn.py.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "mail/bayes/exchange.h"
#include "spam_tables.h"
#include "teach.h"

namespace mailctl {
namespace {

using namespace mail;
using bayes::Class;

constexpr std::uint64_t kDaySeconds = 86400;

struct Options {
  Context context;
  bool spam = false;
  bool ham = false;
  bool forget = false;
  bool backup = false;
  bool clear = false;
  bool version = false;
  bool help = false;
  std::string dbpath;
  std::string user;
  std::string folders;
  std::string restore;
  std::vector<std::string> dump;  // given without a word: one empty
  CLI::Option* dump_option = nullptr;
  std::vector<std::string> paths;
};

constexpr std::string_view kUsage =
    "Usage: sa-learn --spam|--ham|--forget [--dbpath PATH] PATH...\n"
    "       sa-learn --dump [magic|data|all] | --backup | --restore FILE | --clear\n"
    "PATH: a message, an mbox file, a folder, a Maildir folder or a pattern; none: standard "
    "input.\n"
    "  -f, --folders FILE  paths, one a line\n"
    "  -u ACCOUNT          whose table (ann@example.com); else the path tells\n"
    "  --dbpath PATH       the server's table\n"
    "  --mail DIR          mail folder (/var/mail)\n"
    "  --state DIR         state folder (/var/mail-state)\n";

void complain(const std::string& sentence) { std::cerr << "sa-learn: " << sentence << "\n"; }

int fail(const std::string& sentence) {
  complain(sentence);
  return kRefused;
}

int fail(const Status& status) { return fail(std::string(message_of(status))); }

void declare(CLI::App& app, Options& options) {
  app.set_help_flag();
  app.add_flag("-h,--help", options.help);
  app.add_flag("-V,--version", options.version);
  app.add_flag("--spam", options.spam);
  app.add_flag("--ham,--nonspam", options.ham);
  app.add_flag("--forget", options.forget);
  app.add_flag("--backup", options.backup);
  app.add_flag("--clear", options.clear);
  app.add_option("--restore", options.restore);
  app.add_option("--dbpath", options.dbpath);
  app.add_option("-u,--username", options.user);
  app.add_option("-f,--folders", options.folders);
  options.dump_option = app.add_option("--dump", options.dump)->expected(0, 1);
  app.add_option("--mail", options.context.mail);
  app.add_option("--state", options.context.state);
  app.add_option("paths", options.paths);
}

/// Of SpamAssassin's, without a meaning here.
struct Ignored {
  std::string text;
  std::string debug;
  bool flag = false;
  bool upkeep = false;  // what needs none here

  void declare(CLI::App& app) {
    app.add_flag(
        "--no-sync,--no-rebuild,--dir,--file,--mbox,--mbx,--single,--showdots,--progress,-L,"
        "--local,--use-ignores,-q",
        flag);
    app.add_flag("--sync,--rebuild,--force-expire,--import", upkeep);
    app.add_flag("-D,--debug", debug)->take_last();
    app.add_option(
           "-C,--configpath,--config-file,-p,--prefspath,--prefs-file,--siteconfigpath,--cf,--"
           "regexp,"
           "--max-size",
           text)
        ->take_last();
  }
};

/// A folder of -f may be written "spam:dir:/path".
std::string path_in_line(const std::string& line) {
  const std::size_t first = line.find(':');
  const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
  const std::string_view kind = std::string_view(line).substr(0, std::min(first, line.size()));
  return second != line.npos && (kind == "spam" || kind == "ham") ? line.substr(second + 1) : line;
}

bool add_listed_paths(Options& options) {
  if (options.folders.empty()) return true;
  std::ifstream list(options.folders);
  if (!list) return false;
  for (std::string line; std::getline(list, line);) {
    if (!line.empty()) options.paths.push_back(path_in_line(line));
  }
  return true;
}

std::string account_of(const Options& options, SpamTables& tables, const std::string& path) {
  if (!options.dbpath.empty()) return "";
  return options.user.find('@') != std::string::npos ? options.user : tables.account_of(path);
}

StatusOr<Taught> teach_standard_input(const Options& options, SpamTables& tables,
                                      std::optional<Class> as) {
  const std::string message((std::istreambuf_iterator<char>(std::cin)), {});
  MAIL_ASSIGN_OR_RETURN(auto database, tables.open(account_of(options, tables, "/")));
  MAIL_ASSIGN_OR_RETURN(auto training, begin_training(*database));
  Taught taught;
  MAIL_RETURN_IF_ERROR(teach_message(training, message, as, taught));
  MAIL_RETURN_IF_ERROR(training.finish());
  return taught;
}

int learn(const Options& options, SpamTables& tables) {
  std::optional<Class> as;
  if (!options.forget) as = options.spam ? Class::kSpam : Class::kHam;
  std::size_t unmatched = 0;
  std::vector<Lesson> lessons;
  for (const std::string& pattern : options.paths) {
    const auto paths = matching_paths(pattern);
    if (paths.empty()) {
      complain("'" + pattern + "': there is no such file or folder");
      ++unmatched;
    }
    for (const std::string& path : paths) {
      lessons.push_back({path, account_of(options, tables, path), as});
    }
  }
  const bool is_standard_input = options.paths.empty();
  const auto taught =
      is_standard_input ? teach_standard_input(options, tables, as) : teach(tables, lessons);
  if (!taught.ok()) return fail(taught.status());
  std::cout << (options.forget ? "Forgot" : "Learned") << " tokens from " << taught->changed
            << " message(s) (" << taught->examined << " message(s) examined)\n";
  const bool is_all_lost = taught->examined == 0 && unmatched + taught->unread > 0;
  return is_all_lost ? kRefused : kDone;
}

void print_magic(std::uint64_t number, std::string_view what) {
  std::printf("%3.3f %10u %10llu %10u  non-token data: %s\n", 0.0, 0U,
              static_cast<unsigned long long>(number), 0U, std::string(what).c_str());
}

void dump_magic(const bayes::Table& table, const std::vector<bayes::Bucket>& buckets) {
  std::uint64_t oldest = buckets.empty() ? 0 : UINT64_MAX;
  std::uint64_t newest = 0;
  for (const bayes::Bucket& bucket : buckets) {
    oldest = std::min<std::uint64_t>(oldest, bucket.day);
    newest = std::max<std::uint64_t>(newest, bucket.day);
  }
  print_magic(3, "bayes db version");
  print_magic(table.messages(Class::kSpam), "nspam");
  print_magic(table.messages(Class::kHam), "nham");
  print_magic(buckets.size(), "ntokens");
  print_magic(oldest * kDaySeconds, "oldest atime");
  print_magic(newest * kDaySeconds, "newest atime");
  for (const std::string_view what : {"last journal sync atime", "last expiry atime",
                                      "last expire atime delta", "last expire reduction count"}) {
    print_magic(0, what);
  }
}

void dump_data(const bayes::Table& table, const std::vector<bayes::Bucket>& buckets) {
  const double all_spam = std::max<double>(static_cast<double>(table.messages(Class::kSpam)), 1);
  const double all_ham = std::max<double>(static_cast<double>(table.messages(Class::kHam)), 1);
  for (const bayes::Bucket& bucket : buckets) {
    const double spam = static_cast<double>(bucket.spam) / all_spam;
    const double ham = static_cast<double>(bucket.ham) / all_ham;
    std::printf("%.3f %10u %10u %10llu  %010llx\n", spam / (spam + ham),
                static_cast<unsigned>(bucket.spam), static_cast<unsigned>(bucket.ham),
                static_cast<unsigned long long>(bucket.day * kDaySeconds),
                static_cast<unsigned long long>(bucket.token));
  }
}

int dump(const Options& options, SpamTables& tables) {
  const std::string what = options.dump.empty() ? "" : options.dump[0];
  if (what != "" && what != "all" && what != "magic" && what != "data") {
    return fail("--dump shows magic, data or all, not '" + what + "'");
  }
  auto database = tables.open(account_of(options, tables, "/"));
  if (!database.ok()) return fail(database.status());
  (*database)->read([&](const bayes::Table& table) {
    const auto buckets = table.sorted();
    if (what != "data") dump_magic(table, buckets);
    if (what != "magic") dump_data(table, buckets);
  });
  return kDone;
}

int backup(const Options& options, SpamTables& tables) {
  auto database = tables.open(account_of(options, tables, "/"));
  if (!database.ok()) return fail(database.status());
  std::cout << bayes::write_backup(**database);
  return kDone;
}

/// Replaces what was learned, as SpamAssassin's does.
int restore(const Options& options, SpamTables& tables) {
  const auto text = read_message(options.restore);
  if (!text.ok()) return fail(text.status());
  const auto saved = bayes::read_backup(*text);
  if (!saved.ok()) return fail(saved.status());
  auto database = tables.open(account_of(options, tables, "/"), saved->key);
  if (!database.ok()) return fail(database.status());
  if ((*database)->key() != saved->key) {
    return fail(
        "the backup is of a table with another key, and so are its tokens; to begin anew "
        "with it, move the folder " +
        options.context.state + "/bayes away");
  }
  auto training = begin_training(**database);
  if (!training.ok()) return fail(training.status());
  Status status = training->clear();
  if (status.ok()) status = training->merge(saved->table, saved->messages);
  return status.ok() ? kDone : fail(status);
}

int clear(const Options& options, SpamTables& tables) {
  auto database = tables.open(account_of(options, tables, "/"));
  if (!database.ok()) return fail(database.status());
  auto training = begin_training(**database);
  if (!training.ok()) return fail(training.status());
  const Status cleared = training->clear();
  return cleared.ok() ? kDone : fail(cleared);
}

int run(Options& options, bool is_upkeep) {
  if (options.version) {
    std::cout << "sa-learn of mailctl " MAIL_VERSION "\n";
    return kDone;
  }
  if (options.help) {
    std::cout << kUsage;
    return kDone;
  }
  SpamTables tables(options.context);
  if (options.dump_option->count() > 0) return dump(options, tables);
  if (options.backup) return backup(options, tables);
  if (!options.restore.empty()) return restore(options, tables);
  if (options.clear) return clear(options, tables);
  const int chosen = options.spam + options.ham + options.forget;
  if (chosen == 0 && is_upkeep) return kDone;
  if (chosen != 1) {
    return fail("say --spam, --ham or --forget; see sa-learn --help");
  }
  if (!add_listed_paths(options)) return fail("cannot read '" + options.folders + "'");
  return learn(options, tables);
}

}  // namespace

int sa_learn(int argc, char** argv) {
  Options options;
  Ignored ignored;
  CLI::App app;
  declare(app, options);
  ignored.declare(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return fail(std::string(error.what()) + "; see sa-learn --help");
  }
  return run(options, ignored.upkeep);
}

}  // namespace mailctl
