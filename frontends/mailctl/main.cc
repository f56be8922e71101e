// mailctl: accounts, aliases, the classifier and the state of the server, in docker-mailserver's
// `setup` grammar.
//
// One table holds the commands; CLI11 reads the options, which may stand anywhere.
//
// Tested by tests/cases/mailctl.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "context.h"

namespace mailctl {
namespace {

constexpr std::size_t kAnyNumber = static_cast<std::size_t>(-1);

struct Command {
  std::string_view words;  // "email add"
  std::string_view parameters;
  std::string_view purpose;
  std::size_t least, most;                     // arguments
  std::vector<std::string_view> missing = {};  // what to say when the n-th argument is missing
  int (*run)(const Context&) = nullptr;
};

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"email add",
       "<EMAIL ADDRESS> [<PASSWORD>]",
       "add an account",
       1,
       2,
       {"No account specified"},
       email_add},
      {"email update",
       "<EMAIL ADDRESS> [<PASSWORD>]",
       "set an account's password",
       1,
       2,
       {"No account specified"},
       email_update},
      {"email del",
       "[-y|-n] <EMAIL ADDRESS>...",
       "delete accounts, their aliases and quotas; -y: and their mail",
       1,
       kAnyNumber,
       {"No account specified"},
       email_delete},
      {"email restrict",
       "add|del|list send|receive [<EMAIL ADDRESS>]",
       "forbid an address to send or receive",
       2,
       3,
       {"Unknown or missing command '' - specify 'add', 'del' or 'list'",
        "Unknown or missing second parameter '' - specify 'send' or 'receive'"},
       email_restrict},
      {"email list", "", "list accounts and their aliases", 0, 0, {}, email_list},
      {"alias add",
       "<ALIAS> <RECIPIENT>",
       "add a recipient to an alias",
       2,
       2,
       {"No alias specified", "No recipient specified"},
       alias_add},
      {"alias del",
       "<ALIAS> <RECIPIENT>",
       "take a recipient from an alias",
       2,
       2,
       {"No alias specified", "No recipient specified"},
       alias_delete},
      {"alias list", "", "list aliases", 0, 0, {}, alias_list},
      {"alias resolve",
       "<EMAIL ADDRESS>",
       "show who gets mail for an address, and why",
       1,
       1,
       {"No address specified"},
       alias_resolve},
      {"spam learn",
       "<PATH>...",
       "teach the classifier: --spam or --ham, --account",
       1,
       kAnyNumber,
       {"No path specified"},
       spam_learn},
      {"spam forget",
       "<PATH>...",
       "take back what was learned from messages",
       1,
       kAnyNumber,
       {"No path specified"},
       spam_forget},
      {"spam classify",
       "<PATH>...",
       "say which messages are spam",
       1,
       kAnyNumber,
       {"No path specified"},
       spam_classify},
      {"spam explain",
       "<MESSAGE>",
       "say why a message is spam or not",
       1,
       1,
       {"No message specified"},
       spam_explain},
      {"spam stats", "[<ACCOUNT>]", "show what was learned", 0, 1, {}, spam_stats},
      {"spam bootstrap",
       "<ACCOUNT>",
       "teach an account's classifier from its folders",
       1,
       1,
       {"No account specified"},
       spam_bootstrap},
      {"spam replay", "", "score 'OP label path' lines on standard input", 0, 0, {}, spam_replay},
      {"quota set",
       "<EMAIL ADDRESS> [<QUOTA>]",
       "set an account's quota (302M, 5G, 0: unlimited)",
       1,
       2,
       {"No account specified"},
       quota_set},
      {"quota del",
       "<EMAIL ADDRESS>",
       "remove an account's quota",
       1,
       1,
       {"No account specified"},
       quota_delete},
      {"dovecot-master add",
       "<NAME> [<PASSWORD>]",
       "add a master, who logs in as user@example.com*NAME",
       1,
       2,
       {"No account specified"},
       master_add},
      {"dovecot-master update",
       "<NAME> [<PASSWORD>]",
       "set a master's password",
       1,
       2,
       {"No account specified"},
       master_update},
      {"dovecot-master del",
       "<NAME>...",
       "delete masters",
       1,
       kAnyNumber,
       {"No account specified"},
       master_delete},
      {"dovecot-master list", "", "list masters", 0, 0, {}, master_list},
      {"relay add-domain",
       "<DOMAIN> <HOST> [<PORT>]",
       "send a domain's mail through a relay host",
       2,
       3,
       {"No domain specified", "No relay host specified"},
       relay_add_domain},
      {"relay add-auth",
       "<DOMAIN> <USER> [<PASSWORD>]",
       "set who a domain is at its relay host",
       2,
       3,
       {"No domain specified", "No relay account specified"},
       relay_add_auth},
      {"relay exclude-domain",
       "<DOMAIN>",
       "send a domain's mail without RELAY_HOST",
       1,
       1,
       {"No domain specified"},
       relay_exclude_domain},
      {"status", "", "show whether the server runs and where it listens", 0, 0, {}, status},
  };
  return table;
}

std::string usage() {
  std::string text =
      "mailctl: accounts, aliases, spam and the state of maild\n\n"
      "This is the main administration command that you use for all your interactions with\n"
      "the mail server. Changes are visible to a running server when it returns.\n\n"
      "Usage: mailctl [OPTIONS] COMMAND [ARGUMENTS]\n\nCommands:\n";
  for (const Command& command : commands()) {
    std::string left = "  " + std::string(command.words) + " " + std::string(command.parameters);
    left.resize(std::max<std::size_t>(left.size() + 1, 46), ' ');
    text += left + std::string(command.purpose) + "\n";
  }
  text +=
      "\nOptions:\n"
      "  --config DIR       config folder (/tmp/docker-mailserver where it exists, else "
      "/etc/maild)\n"
      "  --mail DIR         mail folder (/var/mail)\n"
      "  --state DIR        state folder (/var/mail-state)\n"
      "  --json             lists and answers as JSON\n"
      "  --spam, --ham      what spam learn teaches\n"
      "  --account ACCOUNT  whose classifier (the server's)\n"
      "  --password-stdin   read the password from the first line of standard input\n"
      "  --version          print the version\n"
      "  -h, --help         print this\n"
      "\nAn argument that begins with - follows after --, as in: email add a@example.com -- "
      "-secret-\n";
  return text;
}

std::string usage_of(const Command& command) {
  return "Usage: mailctl " + std::string(command.words) + (command.parameters.empty() ? "" : " ") +
         std::string(command.parameters) + "\n  " + std::string(command.purpose) + "\n";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

int unknown_command(const std::vector<std::string>& words) {
  std::cerr << "The command '" << joined(words) << "' is invalid.\n"
            << "Use `mailctl help` to get an overview of all commands.\n";
  return kUnknownCommand;
}

/// Runs one row of the table with the words behind its name.
int run(const Command& command, Context& context, std::vector<std::string> arguments) {
  if (arguments.size() == 1 && arguments[0] == "help") {
    std::cout << usage_of(command);
    return kDone;
  }
  if (arguments.size() < command.least) {
    std::cout << usage_of(command);
    return refuse(command.missing[arguments.size()]);
  }
  if (arguments.size() > command.most) {
    return refuse("'" + arguments[command.most] + "' is one argument too many; see mailctl " +
                  std::string(command.words) + " help");
  }
  context.arguments = std::move(arguments);
  return command.run(context);
}

int dispatch(Context& context, const std::vector<std::string>& words) {
  if (words.empty() || words[0] == "help") {
    std::cout << usage();
    return kDone;
  }
  for (const Command& command : commands()) {
    const std::size_t count = command.words.find(' ') == std::string_view::npos ? 1 : 2;
    if (words.size() < count) continue;
    const auto behind = words.begin() + static_cast<std::ptrdiff_t>(count);
    if (joined({words.begin(), behind}) != command.words) continue;
    return run(command, context, {behind, words.end()});
  }
  return unknown_command(words);
}

std::string default_config() {
  const std::string docker_mailserver = "/tmp/docker-mailserver";
  std::error_code error;
  return std::filesystem::is_directory(docker_mailserver, error) ? docker_mailserver : "/etc/maild";
}

int run_command_line(int argc, char** argv) {
  Context context;
  context.config = default_config();
  std::vector<std::string> words;
  bool help = false;
  bool version = false;
  CLI::App app;
  app.set_help_flag();
  app.add_flag("-h,--help", help);
  app.add_flag("--version", version);
  app.add_flag("--json", context.json);
  app.add_flag("--password-stdin", context.password_stdin);
  app.add_flag("--spam", context.spam);
  app.add_flag("--ham", context.ham);
  app.add_option("--account", context.account);
  app.add_flag("-y", context.yes);
  app.add_flag("-n", context.no);
  app.add_option("--config", context.config);
  app.add_option("--mail", context.mail);
  app.add_option("--state", context.state);
  app.add_option("words", words);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return refuse(std::string(error.what()) + "; see mailctl help");
  }
  if (version) {
    std::cout << "mailctl " MAIL_VERSION "\n";
    return kDone;
  }
  if (help) words.clear();
  return dispatch(context, words);
}

}  // namespace
}  // namespace mailctl

int main(int argc, char** argv) {
  if (argc > 0 && std::filesystem::path(argv[0]).filename() == "sa-learn") {
    return mailctl::sa_learn(argc, argv);
  }
  return mailctl::run_command_line(argc, argv);
}
