// The idea: a command is looked up before it is parsed, so that a literal can be refused on its
// verb alone (no password is ever asked for that would not be taken).
//
// Tested by tests/unit/imap/command_table_test.cc.
#include "imap/command_table.h"

#include "mail/base/ascii.h"
#include "mail/base/status.h"

namespace mail::imap {
namespace {

std::string states_of(const CommandRow& row) {
  if (row.states == kAnyState) return "any";
  std::string text;
  const auto add = [&](std::uint8_t state, std::string_view name) {
    if ((row.states & state) != 0) append(text, text.empty() ? "" : ", ", name);
  };
  add(kNotAuthenticated, "not authenticated");
  add(kAuthenticated, "authenticated");
  add(kSelected, "selected");
  return text;
}

}  // namespace

const CommandRow* find_command(std::string_view verb) {
  for (const CommandRow& row : kCommandTable) {
    if (ascii::equal_ignoring_case(row.verb, verb)) return &row;
  }
  return nullptr;
}

// command         = tag SP (command-any / command-auth / command-nonauth / command-select) CRLF
// uid             = "UID" SP (copy / fetch / search / store)
CommandHead parse_head(Reader& reader) {
  CommandHead head;
  const auto tag = reader.tag();
  if (!tag || !reader.space()) {
    head.refusal = {false, "", "Tag and command expected"};
    return head;
  }
  head.tag = *tag;
  auto verb = reader.atom();
  if (verb && ascii::equal_ignoring_case(*verb, "UID")) {
    head.by_uid = true;
    verb = reader.space() ? reader.atom() : std::nullopt;
  }
  if (!verb) {
    head.refusal = {false, "", "Command missing"};
    return head;
  }
  const CommandRow* row = find_command(*verb);
  if (row == nullptr || (head.by_uid && row->uid_parse == nullptr)) {
    head.refusal = {false, "", cat("Unknown command ", head.by_uid ? "UID " : "", *verb)};
    return head;
  }
  head.row = row;
  return head;
}

std::optional<Command> parse_arguments(Reader& reader, const CommandHead& head) {
  auto command = head.by_uid ? head.row->uid_parse(reader) : head.row->parse(reader);
  if (!command || reader.has_failed()) return std::nullopt;
  if (!reader.is_at_end()) {
    return reader.bad(cat("Unexpected text behind the arguments of ", head.row->verb));
  }
  return command;
}

// capability-data = "CAPABILITY" *(SP capability) SP "IMAP4rev1" *(SP capability)
std::string capabilities(const CapabilityContext& context) {
  // RFC 7888 §5: a server MUST NOT announce both.
  std::string list = cat("IMAP4rev1 LITERAL", context.literal_minus ? "-" : "+");
  for (const CommandRow& row : kCommandTable) {
    if (row.capability.empty()) continue;
    const bool is_usable = context.state == kNotAuthenticated
                               ? (row.states & kNotAuthenticated) != 0
                               : (row.states & kLoggedIn) != 0;
    if (!is_usable || (row.needs_privacy && !context.allows_login)) continue;
    if (row.capability == "STARTTLS" && !context.offers_starttls) continue;
    append(list, " ", row.capability);
  }
  if (context.state == kNotAuthenticated) {
    list += context.allows_login ? context.mechanisms : " LOGINDISABLED";
  }
  return list;
}

std::string command_table_markdown() {
  std::string table = "| command | states | answered by | capability | standard |\n";
  table += "|---|---|---|---|---|\n";
  for (const CommandRow& row : kCommandTable) {
    append(table, "| ", row.verb, row.uid_parse != nullptr ? ", UID " : "",
           row.uid_parse != nullptr ? row.verb : "", " | ", states_of(row), " | ",
           row.answers == Answers::kEngine ? "engine" : "service", " | ", row.capability, " | ",
           row.standard, " |\n");
  }
  return table;
}

}  // namespace mail::imap
