// mailctl: accounts, aliases, the classifier and the state of the server, in docker-mailserver's
// `setup` grammar.
//
// Two tables (commands.cc) hold the commands and the options; CLI11 reads the options, which may
// stand anywhere. Every refusal is one sentence on stderr that names the value and says what to do;
// with --json stdout holds exactly one JSON value, also then.
//
// Tested by tests/cases/mailctl.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "commands.h"
#include "context.h"
#include "mail/base/overloaded.h"

namespace mailctl {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// "--wait SECONDS"
std::string with_value(const Option& option) {
  std::string text(option.name);
  if (const std::size_t comma = text.find(','); comma != text.npos) text.insert(comma + 1, " ");
  return text + (option.value.empty() ? "" : " ") + std::string(option.value);
}

/// What is too long for the left column has its line to itself.
std::string in_columns(std::string left, std::size_t width, std::string_view right) {
  left = "  " + left;
  if (left.size() >= width) left += "\n" + std::string(width, ' ');
  left.resize(std::max(left.size(), width), ' ');
  return left + std::string(right) + "\n";
}

std::string usage(const Context& context) {
  std::string text = context.program +
                     ": accounts, aliases, spam and the state of maild\n\n"
                     "This is the main administration command that you use for all your "
                     "interactions with\n"
                     "the mail server. Changes are visible to a running server when it returns.\n\n"
                     "Usage: " +
                     context.program + " [OPTIONS] COMMAND [ARGUMENTS]\n\nCommands:\n";
  for (const Command& command : commands()) {
    text += in_columns(std::string(command.words) + " " + std::string(command.parameters), 44,
                       command.purpose);
  }
  text += "\nOptions:\n";
  for (const Option& option : options()) text += in_columns(with_value(option), 21, option.purpose);
  text += "\n`" + context.program +
          " email add help` explains a command. An argument that begins with - follows after --, "
          "as in:\n" +
          context.program + " email add a@example.com -- -secret-\n";
  return text;
}

Json json_of(const Command& command) {
  return {{"command", command.words},
          {"parameters", command.parameters},
          {"purpose", command.purpose},
          {"options", command.options}};
}

int print_usage(const Context& context) {
  if (!context.json) {
    std::cout << usage(context);
    return kDone;
  }
  Json report = {{"commands", Json::array()}, {"options", Json::array()}};
  for (const Command& command : commands()) report["commands"].push_back(json_of(command));
  for (const Option& option : options()) {
    report["options"].push_back(
        {{"option", option.name}, {"value", option.value}, {"purpose", option.purpose}});
  }
  std::cout << text_of(report);
  return kDone;
}

int print_usage_of(const Context& context, const Command& command) {
  std::cout << (context.json ? text_of(json_of(command)) : usage_of(context, command));
  return kDone;
}

bool is_named(const Option& option, std::string_view name) {
  return ("," + std::string(option.name) + ",").find("," + std::string(name) + ",") !=
         std::string::npos;
}

/// "mailctl email add <EMAIL ADDRESS> [<PASSWORD>]"
std::string line_of(const Context& context, const Command& command) {
  return context.program + " " + std::string(command.words) +
         (command.parameters.empty() ? "" : " ") + std::string(command.parameters);
}

/// False for those that go without a config folder.
bool reads_config(const Command& command) {
  const std::string_view first = command.words.substr(0, command.words.find(' '));
  return first != "spam" && first != "completion" && first != "status" && first != "doctor";
}

/// Runs one row of the table with the words behind its name. `given`: options on the command line.
int run(const Command& command, Context& context, std::vector<std::string> arguments,
        const std::vector<const Option*>& given) {
  if (context.help || (arguments.size() == 1 && arguments[0] == "help")) {
    return print_usage_of(context, command);
  }
  for (const Option* option : given) {
    const bool belongs =
        option->is_global ||
        std::any_of(command.options.begin(), command.options.end(),
                    [&](std::string_view name) { return is_named(*option, name); });
    if (!belongs) {
      return wrong_usage(context, "the option '" + std::string(option->name) +
                                      "' does not belong to this command; write `" +
                                      line_of(context, command) + "`");
    }
  }
  if (arguments.size() < command.least) {
    return wrong_usage(context, std::string(command.missing[arguments.size()]) + "; write `" +
                                    line_of(context, command) + "`");
  }
  if (arguments.size() > command.most) {
    return wrong_usage(context, named(arguments[command.most]) +
                                    " is one argument too many; write `" +
                                    line_of(context, command) + "`, with quotes around blanks");
  }
  for (std::size_t i = 0; i < std::min(command.texts, arguments.size()); ++i) {
    if (is_plain_text(arguments[i])) continue;
    return refuse(context, named(arguments[i]) +
                               " cannot stand in a file; write UTF-8 without control characters");
  }
  context.arguments = std::move(arguments);
  if (reads_config(command)) {
    if (const int code = require_folder(context); code != kDone) return code;
  }
  return command.run(context);
}

int dispatch(Context& context, const std::vector<std::string>& words,
             const std::vector<const Option*>& given) {
  if (words.empty() || (words.size() == 1 && words[0] == "help")) return print_usage(context);
  for (const Command& command : commands()) {
    const std::size_t count = command.words.find(' ') == std::string_view::npos ? 1 : 2;
    if (words.size() < count) continue;
    const auto behind = words.begin() + static_cast<std::ptrdiff_t>(count);
    if (joined({words.begin(), behind}) != command.words) continue;
    return run(command, context, {behind, words.end()}, given);
  }
  return wrong_usage(context, "The command " + named(joined(words)) + " is invalid; use `" +
                                  context.program + " help` to get an overview of all commands.");
}

std::string default_config() {
  const std::string docker_mailserver = "/tmp/docker-mailserver";
  std::error_code error;
  return std::filesystem::is_directory(docker_mailserver, error) ? docker_mailserver : "/etc/maild";
}

CLI::Option* add_option(CLI::App& app, Context& context, const Option& option) {
  const std::string name(option.name);
  return std::visit(
      mail::Overloaded{
          [&](bool Context::* target) { return app.add_flag(name, context.*target); },
          [&](std::string Context::* target) { return app.add_option(name, context.*target); }},
      option.target);
}

/// The value of an option that has one.
std::string_view value_of(const Context& context, const Option& option) {
  const auto* target = std::get_if<std::string Context::*>(&option.target);
  return target == nullptr ? std::string_view() : std::string_view(context.**target);
}

int run_command_line(int argc, char** argv) {
  Context context;
  context.config = default_config();
  if (argc > 0 && std::filesystem::path(argv[0]).filename() == "setup") context.program = "setup";
  std::vector<std::string> words;
  CLI::App app;
  app.set_help_flag();
  std::vector<std::pair<const Option*, CLI::Option*>> known;
  for (const Option& option : options()) {
    known.emplace_back(&option, add_option(app, context, option));
  }
  app.add_option("words", words);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Nothing was assigned by then.
    context.json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
    return wrong_usage(context, std::string(error.what()) + "; see `" + context.program + " help`");
  }
  std::vector<const Option*> given;
  for (const auto& [option, parsed] : known) {
    if (parsed->count() == 0) continue;
    given.push_back(option);
    if (option->fault == nullptr) continue;
    const std::string_view fault = option->fault(value_of(context, *option));
    if (!fault.empty()) {
      return wrong_usage(context, std::string(option->name) + ": " +
                                      named(value_of(context, *option)) + " is " +
                                      std::string(fault));
    }
  }
  if (context.version) {
    const Json version = {{"version", MAIL_VERSION}};
    std::cout << (context.json ? text_of(version) : "mailctl " MAIL_VERSION "\n");
    return kDone;
  }
  return dispatch(context, words, given);
}

}  // namespace

std::string usage_of(const Context& context, const Command& command) {
  std::string text =
      "Usage: " + line_of(context, command) + "\n  " + std::string(command.purpose) + "\n";
  for (const Option& option : options()) {
    for (const std::string_view name : command.options) {
      if (is_named(option, name)) text += in_columns(with_value(option), 21, option.purpose);
    }
  }
  return text;
}

}  // namespace mailctl

int main(int argc, char** argv) {
  if (argc > 0 && std::filesystem::path(argv[0]).filename() == "sa-learn") {
    return mailctl::sa_learn(argc, argv);
  }
  return mailctl::run_command_line(argc, argv);
}
