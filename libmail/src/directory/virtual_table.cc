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

bool has_target(const VirtualTable& table, std::uint32_t chain, std::string_view lowered) {
  for (; chain != VirtualTable::kNone; chain = table.sources[chain].next) {
    const VirtualTable::Source& source = table.sources[chain];
    for (std::uint32_t n = 0; n < source.count; ++n) {
      if (table.target(source, n).address.lowered == lowered) return true;
    }
  }
  return false;
}

/// A new line at the end of the table; those of `targets` that an earlier line of the same key has
/// already are left out.
void add_source(VirtualTable& table, std::size_t line, std::uint32_t chain,
                const std::optional<std::vector<std::string>>& targets) {
  VirtualTable::Source source;
  source.line = static_cast<std::uint32_t>(line);
  source.more = static_cast<std::uint32_t>(table.more_targets.size());
  source.unusable = !targets;
  if (targets) {
    for (const std::string& target : *targets) {
      const std::string_view text = table.pool.add(target);
      const std::string_view lowered = table.pool.add_lowered(text);
      if (has_target(table, chain, lowered)) continue;
      const VirtualTable::Target fresh = {{text, lowered, is_plain_address(text)}, {}};
      if (source.count++ == 0) {
        source.first = fresh;
      } else {
        table.more_targets.push_back(fresh);
      }
    }
  }
  table.sources.push_back(source);
}

}  // namespace

// virtual-line = key 1*WSP targets
// key          = address / "@" domain / localpart       ; quotes and "\" protect blanks
VirtualTable VirtualTable::parse(std::string_view text, const Options& options,
                                 const Report& report, Names& names) {
  VirtualTable table;
  const auto lines =
      logical_lines(text, options.max_line_octets, Continuation::kLeadingBlank, report);
  names.reserve(lines.size());
  table.sources.reserve(lines.size());
  for (const LogicalLine& logical : lines) {
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
    const auto targets = parse_targets(value, options.hostname);
    if (!targets) {
      report.error(logical.line,
                   cat("'", excerpt(value), "' holds something that is no address; mail for '",
                       excerpt(key), "' is deferred"),
                   "Write addresses with commas between them.");
    }
    const auto fresh = static_cast<std::uint32_t>(table.sources.size());
    Name& name = names[ascii::to_lower(internal_form(key))];
    std::uint32_t chain = name.chain;
    add_source(table, logical.line, chain, targets);
    if (chain == kNone) {
      name.chain = fresh;
    } else {
      const bool fail = options.alias_duplicates == Options::Duplicates::kFail;
      table.broken = table.broken || fail;
      report.warning(
          logical.line,
          cat("'", excerpt(key), "' is already an alias since line ", table.sources[chain].line,
              fail ? "; every alias lookup fails (ALIAS_DUPLICATES=fail)"
                   : "; mail goes to the targets of both lines"),
          "Write all targets on one line, with commas between them.");
      while (table.sources[chain].next != kNone) chain = table.sources[chain].next;
      table.sources[chain].next = fresh;
    }
    table.lines.push_back({std::string(key), std::string(value), logical.line});
  }
  return table;
}

}  // namespace mail::directory
