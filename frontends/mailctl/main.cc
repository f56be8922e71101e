// mailctl: accounts, aliases, the classifier and the state of the server, in docker-mailserver's
// `setup` grammar.
//
// One table (commands.cc) holds the commands; CLI11 reads the options, which may stand anywhere.
//
// Tested by tests/cases/mailctl.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "commands.h"
#include "context.h"

namespace mailctl {
namespace {

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
  text += "\nOptions:\n";
  for (const Option& option : options()) {
    std::string left = "  " + std::string(option.words);
    left.resize(std::max<std::size_t>(left.size() + 1, 21), ' ');
    text += left + std::string(option.purpose) + "\n";
  }
  text +=
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
  app.add_option("--scheme", context.scheme);
  app.add_option("--to", context.to);
  app.add_flag("--keep", context.keep);
  app.add_flag("--check", context.check);
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
