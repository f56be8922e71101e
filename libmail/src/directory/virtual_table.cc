// postfix-virtual.cf as Postfix's texthash reads it.
//
// A duplicate key makes Postfix fail every lookup of the table. Here the lines of one key are kept
// side by side and all their targets get the mail (Options::Duplicates::kFail is Postfix's way).
//
// Tested by tests/unit/directory/tables_test.cc.
#include "address_text.h"
#include "mail/base/ascii.h"
#include "tables.h"

namespace mail::directory {
namespace {

/// Targets that an earlier line of the same key has already.
void drop_repeated(std::vector<std::string>& targets, const VirtualTable::Entry& before) {
  std::erase_if(targets, [&before](const std::string& target) {
    for (const VirtualTable::Source& source : before) {
      for (const std::string& other : source.targets.value_or(std::vector<std::string>{})) {
        if (ascii::equal_ignoring_case(target, other)) return true;
      }
    }
    return false;
  });
}

}  // namespace

// virtual-line = key 1*WSP targets
// key          = address / "@" domain / localpart       ; quotes and "\" protect blanks
VirtualTable VirtualTable::parse(std::string_view text, const Options& options,
                                 const Report& report) {
  VirtualTable table;
  for (const LogicalLine& logical :
       logical_lines(text, options.max_line_octets, Continuation::kLeadingBlank, report)) {
    const std::string_view line = logical.text;
    bool unbalanced = false;
    const std::size_t end = find_unquoted(line, " \t", &unbalanced);
    if (unbalanced) {
      report.error(logical.line, cat("a quote is not closed: '", excerpt(line), "'"),
                   "Close it, or write \\\" for a quote that stands for itself.");
      continue;
    }
    const std::string_view key = line.substr(0, end);
    if (end == std::string_view::npos) {
      report.error(logical.line, cat("no target after '", excerpt(key), "'"),
                   "Write alias@example.com target@example.com.");
      continue;
    }
    if (key.ends_with(':')) {
      report.warning(logical.line, cat("the key '", excerpt(key), "' ends in a colon"),
                     cat("Write it without; `name: target` belongs into ", kAliasesFile, "."));
    }
    const std::string_view value = ascii::trim(line.substr(end));
    Source source{logical.line, parse_targets(value, options.hostname)};
    if (!source.targets) {
      report.error(logical.line,
                   cat("'", excerpt(value), "' holds something that is no address; mail for '",
                       excerpt(key), "' is deferred"),
                   "Write addresses with commas between them.");
    }
    const auto [position, fresh] = table.entries.try_emplace(ascii::to_lower(internal_form(key)));
    Entry& entry = position->second;
    if (!fresh) {
      const bool fail = options.alias_duplicates == Options::Duplicates::kFail;
      table.broken = table.broken || fail;
      report.warning(logical.line,
                     cat("'", excerpt(key), "' is already an alias since line ", entry[0].line,
                         fail ? "; every alias lookup fails (ALIAS_DUPLICATES=fail)"
                              : "; mail goes to the targets of both lines"),
                     "Write all targets on one line, with commas between them.");
      if (source.targets) drop_repeated(*source.targets, entry);
    }
    entry.push_back(std::move(source));
    table.lines.push_back({std::string(key), std::string(value), logical.line});
  }
  return table;
}

const VirtualTable::Entry* VirtualTable::find(std::string_view lowered) const {
  const auto found = entries.find(lowered);
  return found == entries.end() ? nullptr : &found->second;
}

}  // namespace mail::directory
