// The table of commands: what the dispatcher, the usage and the completion know.
#pragma once

#include <string_view>
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
};

const std::vector<Command>& commands();

/// An option and what stands behind it in the usage.
struct Option {
  std::string_view words;  // "--config DIR"
  std::string_view purpose;
};
const std::vector<Option>& options();

}  // namespace mailctl
