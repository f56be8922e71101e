// postfix-regexp.cf: Postfix's pcre_table format, matched by re2 in linear time.
//
// What PCRE has and a linear-time engine cannot have (back-references, look-around, possessive
// quantifiers) makes re2 refuse the pattern: that line is reported and lost. An `if` whose pattern
// is refused counts as never true: applying the rules it guards to everybody would be worse than
// applying them to nobody.
//
// Most rules cannot match a given address; `PatternFilter` says which might, in one pass.
//
// Tested by tests/unit/directory/regexp_test.cc.
#include <algorithm>
#include <utility>

#include "mail/base/ascii.h"
#include "tables.h"

namespace mail::directory {
namespace {

re2::StringPiece to_re2(std::string_view s) { return {s.data(), s.size()}; }

std::string_view skip_blanks(std::string_view s) {
  while (!s.empty() && ascii::is_blank(s.front())) s.remove_prefix(1);
  return s;
}

/// `keyword` in any case, not followed by a letter or digit.
bool is_keyword(std::string_view line, std::string_view keyword) {
  return ascii::starts_with_ignoring_case(line, keyword) &&
         (line.size() == keyword.size() || !ascii::is_alnum(line[keyword.size()]));
}

}  // namespace

class RegexpParser {
 public:
  RegexpParser(const Options& options, const Report& report, RegexpTable& table)
      : options_(options), report_(report), rules_(table.rules_), filter_(table.filter_) {}

  void parse(std::string_view text) {
    for (const LogicalLine& logical :
         logical_lines(text, options_.max_line_octets, Continuation::kLeadingBlank, report_)) {
      line_ = logical.line;
      parse_line(logical.text);
    }
    for (const std::size_t open : open_ifs_) {
      rules_[open].endif = rules_.size();
      report_.warning(rules_[open].line, "this 'if' has no 'endif'",
                      "Write endif behind the last rule it guards.");
    }
  }

 private:
  using Rule = RegexpTable::Rule;

  // rule  = pattern 1*WSP result / "if" pattern / "endif"
  void parse_line(std::string_view line) {
    if (is_keyword(line, "endif")) return parse_endif();
    if (is_keyword(line, "if")) return parse_if(line.substr(2));
    if (ascii::is_alnum(line.front())) {
      return report_.error(line_, cat("'", excerpt(line), "' begins with no pattern"),
                           "Write /pattern/ target@example.com.");
    }
    Rule rule;
    rule.line = line_;
    if (!parse_pattern(line, rule)) return;
    const std::string_view result = ascii::trim(line);
    if (result.empty()) {
      report_.warning(line_, "no target after the pattern; what matches is deferred",
                      "Write /pattern/ target@example.com.");
    }
    if (parse_result(result, rule)) rules_.push_back(std::move(rule));
  }

  void parse_if(std::string_view line) {
    Rule rule;
    rule.kind = Rule::Kind::kIf;
    rule.line = line_;
    if (!parse_pattern(line, rule)) {
      rule.pattern = -1;
      rule.negated = false;
      report_.warning(line_, "the rules up to its 'endif' are never used", "Mend the pattern.");
      line = {};
    }
    if (!ascii::trim(line).empty()) {
      report_.warning(line_, cat("text after the pattern of 'if': '", excerpt(line), "'"),
                      "Begin the rules between if and endif in the first column.");
    }
    open_ifs_.push_back(rules_.size());
    rules_.push_back(std::move(rule));
  }

  void parse_endif() {
    if (open_ifs_.empty()) {
      return report_.warning(line_, "'endif' without 'if'", "Delete the line.");
    }
    rules_[open_ifs_.back()].endif = rules_.size();
    open_ifs_.pop_back();
    Rule rule;
    rule.kind = Rule::Kind::kEndif;
    rule.line = line_;
    rules_.push_back(std::move(rule));
  }

  // pattern = *( "!" / WSP ) delimiter regexp delimiter *flag
  // On success `line` is what follows.
  bool parse_pattern(std::string_view& line, Rule& rule) {
    for (line = skip_blanks(line); line.starts_with('!'); line = skip_blanks(line.substr(1))) {
      rule.negated = !rule.negated;
    }
    if (line.empty()) {
      report_.error(line_, "no pattern", "Write /pattern/ target@example.com.");
      return false;
    }
    const char delimiter = line.front();
    std::size_t end = 1;
    while (end < line.size() && line[end] != delimiter) end += line[end] == '\\' ? 2 : 1;
    if (end >= line.size()) {
      report_.error(line_, cat("the pattern has no closing '", delimiter, "'"),
                    "Write /pattern/ target@example.com.");
      return false;
    }
    const std::string_view regexp = line.substr(1, end - 1);
    std::size_t after = end + 1;
    while (after < line.size() && !ascii::is_blank(line[after])) ++after;
    const std::string_view flags = line.substr(end + 1, after - end - 1);
    line = line.substr(after);
    return compile(regexp, flags, rule);
  }

  /// Each flag toggles; Postfix begins with "is": no case, and "." is any character.
  bool compile(std::string_view regexp, std::string_view flags, Rule& rule) {
    std::string inline_flags = "is";
    for (const char flag : flags) {
      if (flag == 'i' || flag == 'm' || flag == 's' || flag == 'U') {
        const std::size_t at = inline_flags.find(flag);
        at == std::string::npos ? inline_flags.push_back(flag) : void(inline_flags.erase(at, 1));
      } else if (flag == 'A') {
        rule.anchored = !rule.anchored;
      } else if (flag != 'E' && flag != 'X') {  // no newline stands in an address; X is obsolete
        report_.error(line_, cat("the flag '", flag, "' is not supported"),
                      "Use i, m, s, U, A or E.");
        return false;
      }
    }
    re2::RE2::Options re2_options;
    re2_options.set_log_errors(false);
    re2_options.set_max_mem(static_cast<std::int64_t>(options_.max_pattern_octets));
    const std::string opening = inline_flags.empty() ? "" : cat("(?", inline_flags, ")");
    std::string error;
    rule.pattern = filter_.add(cat(opening, regexp), re2_options, error);
    if (rule.pattern < 0) {
      report_.error(line_, cat("the pattern '", excerpt(regexp), "' cannot be used: ", error),
                    "Back-references, look-around and possessive quantifiers are not supported; "
                    "write it without them.");
      return false;
    }
    return true;
  }

  // result = *( text / "$$" / "$" name / "${" name "}" / "$(" name ")" )
  // name   = 1*( ALPHA / DIGIT / "_" )        ; and only a number means something here
  bool parse_result(std::string_view text, Rule& rule) {
    std::string literal;
    while (!text.empty()) {
      const std::size_t dollar = text.find('$');
      literal += text.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      text.remove_prefix(dollar + 1);
      if (text.starts_with('$')) {
        literal += '$';
        text.remove_prefix(1);
        continue;
      }
      const std::optional<int> group = parse_group(text, rule);
      if (!group) return false;
      if (!literal.empty()) rule.result.push_back({std::exchange(literal, {}), 0});
      rule.result.push_back({{}, *group});
    }
    if (!literal.empty()) rule.result.push_back({std::move(literal), 0});
    return true;
  }

  std::optional<int> parse_group(std::string_view& text, const Rule& rule) {
    const char close = text.starts_with('{') ? '}' : text.starts_with('(') ? ')' : '\0';
    if (close != '\0') text.remove_prefix(1);
    std::size_t size = 0;
    while (size < text.size() && (ascii::is_alnum(text[size]) || text[size] == '_')) ++size;
    const std::string_view name = text.substr(0, size);
    text.remove_prefix(size);
    const bool closed = close == '\0' || text.starts_with(close);
    if (close != '\0' && closed) text.remove_prefix(1);
    constexpr std::uint64_t kMaxGroup = 99;
    const auto number = ascii::parse_number(name, kMaxGroup);
    if (!closed || !number || *number == 0) {
      report_.error(line_, cat("'$", excerpt(name), "' is no reference to a group"),
                    "Write $1 or ${1}, and $$ for a dollar sign.");
      return std::nullopt;
    }
    const int group = static_cast<int>(*number);
    const int groups = filter_.pattern(rule.pattern).NumberOfCapturingGroups();
    if (rule.negated || group > groups) {
      report_.error(line_,
                    rule.negated ? cat("$", group, " in a rule with '!' has nothing to stand for")
                                 : cat("$", group, ": the pattern has only ", groups, " groups"),
                    "Take it out of the target, or put parentheses into the pattern.");
      return std::nullopt;
    }
    return group;
  }

  const Options& options_;
  const Report& report_;
  std::vector<Rule>& rules_;
  PatternFilter& filter_;
  std::vector<std::size_t> open_ifs_;
  std::size_t line_ = 0;
};

namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

RegexpTable RegexpTable::parse(std::string_view text, const Options& options,
                               const Report& report) {
  RegexpTable table;
  RegexpParser(options, report, table).parse(text);
  table.filter_.compile();
  table.rule_of_pattern_.assign(table.filter_.size(), kNoRule);
  for (std::size_t i = 0; i < table.rules_.size(); ++i) {
    Rule& rule = table.rules_[i];
    for (const Piece& piece : rule.result) rule.groups = std::max(rule.groups, piece.group);
    if (rule.pattern >= 0) table.rule_of_pattern_[static_cast<std::size_t>(rule.pattern)] = i;
    // Then each rule stands for itself, and those that cannot match need not be looked at.
    table.plain_ = table.plain_ && rule.kind == Rule::Kind::kMatch && !rule.negated;
  }
  return table;
}

std::optional<RegexpTable::Hit> RegexpTable::find(std::string_view address,
                                                  std::string_view lowered) const {
  if (rules_.empty()) return std::nullopt;
  std::vector<int> scratch;
  const bool may_hold_atom = filter_.may_hold_atom(lowered);
  // The atoms are lower case by Unicode's rules; only for ASCII are ours the same.
  if (may_hold_atom && !is_ascii(lowered)) return search(address, nullptr);
  const std::vector<int>& candidates =
      may_hold_atom ? filter_.candidates(lowered, scratch) : filter_.always();
  if (!plain_) return search(address, &candidates);
  for (const int number : candidates) {
    const std::size_t rule = rule_of_pattern_[static_cast<std::size_t>(number)];
    if (rule == kNoRule) continue;  // of a line that was lost for its target
    if (auto hit = apply(rules_[rule], address, true)) return hit;
  }
  return std::nullopt;
}

bool RegexpTable::may_match(std::string_view lowered) const {
  if (rules_.empty()) return false;
  if (!plain_) return true;
  if (!filter_.may_hold_atom(lowered)) return !filter_.always().empty();
  if (!is_ascii(lowered)) return true;
  std::vector<int> scratch;
  return !filter_.candidates(lowered, scratch).empty();
}

/// All rules in their order. `candidates` is sorted; null: each pattern may match.
std::optional<RegexpTable::Hit> RegexpTable::search(std::string_view address,
                                                    const std::vector<int>* candidates) const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const Rule& rule = rules_[i];
    if (rule.kind == Rule::Kind::kEndif) continue;
    const bool possible = candidates == nullptr ||
                          std::binary_search(candidates->begin(), candidates->end(), rule.pattern);
    const auto hit = apply(rule, address, possible);
    if (rule.kind == Rule::Kind::kIf) {
      if (!hit) i = rule.endif;
      continue;
    }
    if (hit) return hit;
  }
  return std::nullopt;
}

/// What the rule makes of the address; nothing when it does not hold. `possible`: its pattern can
/// match at all.
std::optional<RegexpTable::Hit> RegexpTable::apply(const Rule& rule, std::string_view address,
                                                   bool possible) const {
  if (rule.pattern < 0) return std::nullopt;
  std::vector<re2::StringPiece> groups;
  if (rule.groups > 0) groups.resize(static_cast<std::size_t>(rule.groups) + 1);
  const re2::StringPiece subject = to_re2(address);
  const bool matched =
      possible && filter_.pattern(rule.pattern)
                      .Match(subject, 0, subject.size(),
                             rule.anchored ? re2::RE2::ANCHOR_START : re2::RE2::UNANCHORED,
                             groups.data(), static_cast<int>(groups.size()));
  if (matched == rule.negated) return std::nullopt;
  Hit hit{{}, rule.line};
  for (const Piece& piece : rule.result) {
    if (piece.group == 0) {
      hit.result += piece.literal;
    } else if (const re2::StringPiece& group = groups[static_cast<std::size_t>(piece.group)];
               group.data() != nullptr) {
      hit.result.append(group.data(), group.size());
    }
  }
  return hit;
}

}  // namespace mail::directory
