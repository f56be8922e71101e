// Tested by tests/unit/pop3/command_table_test.cc.
#include "pop3/command_table.h"

#include "mail/base/ascii.h"
#include "mail/base/status.h"

namespace mail::pop3 {

const Command* find_command(std::string_view verb) {
  for (const Command& command : kCommandTable) {
    if (ascii::equal_ignoring_case(command.verb, verb)) return &command;
  }
  return nullptr;
}

std::string command_table_markdown() {
  std::string table = "| command | states | capability | standard |\n|---|---|---|---|\n";
  for (const Command& command : kCommandTable) {
    std::string_view states = "any";
    if (command.states == kAuthorization) states = "AUTHORIZATION";
    if (command.states == kTransaction) states = "TRANSACTION";
    append(table, "| ", command.verb, " | ", states, " | ", command.capability, " | ",
           command.standard, " |\n");
  }
  return table;
}

}  // namespace mail::pop3
