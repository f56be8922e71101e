// The tables of commands and options: what the dispatcher, the usage and the completion know.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "context.h"

namespace mailctl {

struct Command {
  std::string_view words;  // "email add"
  std::string_view parameters;
  std::string_view purpose;
  std::size_t least, most;                     // arguments
  std::vector<std::string_view> missing = {};  // what to say when the n-th argument is missing
  int (*run)(const Context&) = nullptr;
  /// So many arguments must be text; behind them stands a password, or a path.
  std::size_t texts = static_cast<std::size_t>(-1);
  std::vector<std::string_view> options = {};  // beside those that every command has
};

const std::vector<Command>& commands();

/// Where an option's value goes; a bool: it has none.
using OptionTarget = std::variant<bool Context::*, std::string Context::*>;

struct Option {
  std::string_view name;   // "--config"; "-h,--help": two names of one
  std::string_view value;  // "DIR"; empty: it has none
  std::string_view purpose;
  OptionTarget target;
  bool is_global = false;  // belongs to every command
  /// What is wrong with a value, as the end of "… is "; empty: nothing.
  std::string_view (*fault)(std::string_view value) = nullptr;
};
const std::vector<Option>& options();

/// What is wrong with the name of a classifier's account, as the end of "… is "; empty: nothing.
std::string_view fault_of_account(std::string_view value);

/// "Usage: …" and, in lines of their own, what the command is for and its options.
std::string usage_of(const Context& context, const Command& command);

}  // namespace mailctl
