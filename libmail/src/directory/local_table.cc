// postfix-aliases.cf: `name: target, target`, after the generated `root` and `postmaster`.
//
// Programs, files and includes are refused: a mail server that runs commands named in a text file
// would need rights that this one gives up.
//
// Tested by tests/unit/directory/tables_test.cc.
#include "address_text.h"
#include "mail/base/ascii.h"
#include "tables.h"

namespace mail::directory {
namespace {

using Target = LocalTable::Target;

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.starts_with('"') && text.ends_with('"');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

Target parse_target(std::string_view token, const Options& options, std::size_t line,
                    const Report& report) {
  // `"|program with arguments"` and `"/a file"` are quoted as a whole; an address is not.
  const std::string_view plain = unquoted(token);
  if (plain == "/dev/null") return {Target::Kind::kDiscard, std::string(plain)};
  const bool include = ascii::starts_with_ignoring_case(plain, ":include:");
  if (plain.starts_with('|') || plain.starts_with('/') || include) {
    const std::string_view what = plain.starts_with('|')   ? "a program"
                                  : plain.starts_with('/') ? "a file"
                                                           : "an include";
    report.warning(line, cat("'", excerpt(plain), "' is ", what, ", which is not supported"),
                   "Use an account with a Sieve script; only /dev/null is allowed.");
    return {Target::Kind::kRefused, std::string(plain)};
  }
  std::string address = qualified(token, options.hostname);
  if (!is_plausible_address(address)) {
    report.error(line, cat("'", excerpt(token), "' is no address"), "Write name: target.");
    return {Target::Kind::kRefused, std::string(plain)};
  }
  return {Target::Kind::kAddress, std::move(address)};
}

// targets = target *( ( "," / WSP ) target )     ; WSP does not end a target that begins with "|"
std::vector<Target> parse_local_targets(std::string_view text, const Options& options,
                                        std::size_t line, const Report& report) {
  std::vector<Target> targets;
  while (!text.empty()) {
    const std::size_t end = find_unquoted(text, text.starts_with('|') ? "," : ", \t");
    const std::string_view token = ascii::trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!token.empty()) targets.push_back(parse_target(token, options, line, report));
  }
  return targets;
}

}  // namespace

// alias-line = name ":" targets
LocalTable LocalTable::parse(std::string_view text, const Options& options, const Report& report) {
  LocalTable table;
  const auto generate = [&](std::string_view name, std::string_view target) {
    table.entries[name] = {0, {{Target::Kind::kAddress, qualified(target, options.hostname)}}};
  };
  generate("root", options.postmaster_address);
  // RFC 5321 §4.5.1: mail for postmaster must be accepted.
  generate("postmaster", "root");
  for (const LogicalLine& logical :
       logical_lines(text, options.max_line_octets, Continuation::kLeadingBlank, report)) {
    const std::string_view line = logical.text;
    const std::size_t colon = find_unquoted(line, ":");
    if (colon == std::string_view::npos || colon == 0) {
      report.error(logical.line, cat("no 'name:' in '", excerpt(line), "'"), "Write name: target.");
      continue;
    }
    const std::string_view name = ascii::trim(line.substr(0, colon));
    Entry entry{logical.line,
                parse_local_targets(line.substr(colon + 1), options, logical.line, report)};
    if (entry.targets.empty()) {
      report.error(logical.line, cat("no target after '", excerpt(name), ":'"),
                   "Write name: target; `name: /dev/null` discards.");
      continue;
    }
    const auto [position, fresh] = table.entries.try_emplace(ascii::to_lower(internal_form(name)));
    // A line of the file replaces a generated one. Of two lines the first counts (postalias).
    if (!fresh && position->second.line != 0) {
      report.warning(logical.line,
                     cat("'", excerpt(name), "' is already an alias since line ",
                         position->second.line, "; this line is ignored"),
                     "Write all targets on one line, with commas between them.");
      continue;
    }
    position->second = std::move(entry);
  }
  return table;
}

const LocalTable::Entry* LocalTable::find(std::string_view lowered) const {
  const auto found = entries.find(lowered);
  return found == entries.end() ? nullptr : &found->second;
}

}  // namespace mail::directory
