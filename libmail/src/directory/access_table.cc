// access(5) as smtpd asks it for a sender or recipient: the address, its domain and the domains
// above, its localpart.
//
// docker-mailserver writes REJECT only; people write the rest by hand. What would need another
// program or a queue (FILTER, HOLD, REDIRECT, BCC, PREPEND, names of restrictions) is reported and
// does nothing.
//
// Tested by tests/unit/directory/access_test.cc.
#include <algorithm>
#include <array>
#include <optional>

#include "address_text.h"
#include "key_buffer.h"
#include "mail/base/ascii.h"
#include "mail/directory/address.h"
#include "more_tables.h"

namespace mail::directory {
namespace {

struct Word {
  std::string_view name;
  AccessAction action;
  int code;
  std::string_view enhanced;
};
// access_map_reject_code is 554, access_map_defer_code 450.
constexpr std::array kWords = {
    Word{"DUNNO", AccessAction::kDunno, 0, ""},
    Word{"INFO", AccessAction::kDunno, 0, ""},
    Word{"WARN", AccessAction::kDunno, 0, ""},
    Word{"OK", AccessAction::kPermit, 0, ""},
    Word{"PERMIT", AccessAction::kPermit, 0, ""},
    Word{"REJECT", AccessAction::kReject, 554, "5.7.1"},
    Word{"DEFER", AccessAction::kDefer, 450, "4.7.1"},
    Word{"DEFER_IF_PERMIT", AccessAction::kDeferIfPermit, 450, "4.7.1"},
    Word{"DEFER_IF_REJECT", AccessAction::kDeferIfReject, 450, "4.7.1"},
    Word{"DISCARD", AccessAction::kDiscard, 0, ""},
};

/// RFC 3463 §2: class "." subject "." detail, each of at most three digits.
std::size_t enhanced_code_size(std::string_view text, char wanted_class) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view code = text.substr(0, end);
  if (code.size() < 5 || code[0] != wanted_class || code[1] != '.') return 0;
  const std::size_t dot = code.find('.', 2);
  if (dot == std::string_view::npos) return 0;
  const auto is_part = [](std::string_view part) {
    return part.size() <= 3 && ascii::parse_number(part).has_value();
  };
  return is_part(code.substr(2, dot - 2)) && is_part(code.substr(dot + 1)) ? end : 0;
}

void take_text(std::string_view text, AccessRule& rule) {
  const char wanted = rule.code / 100 == 4 ? '4' : '5';
  if (const std::size_t size = enhanced_code_size(text, wanted); size != 0) {
    rule.enhanced = text.substr(0, size);
    text = ascii::trim(text.substr(size));
  }
  if (text.empty()) return;
  rule.text = text;
  // It becomes a line of a reply.
  std::replace_if(rule.text.begin(), rule.text.end(), ascii::is_control, ' ');
}

// action = word [ WSP text ] / 3DIGIT [ WSP text ] / 1*DIGIT
bool parse_action(std::string_view value, AccessRule& rule) {
  const std::size_t end = std::min(value.find_first_of(" \t"), value.size());
  const std::string_view word = value.substr(0, end);
  const std::string_view text = ascii::trim(value.substr(end));
  if (const auto number = ascii::parse_number(word)) {
    const bool is_reply = word.size() == 3 && (word[0] == '4' || word[0] == '5');
    rule.action = !is_reply        ? AccessAction::kPermit
                  : word[0] == '4' ? AccessAction::kDefer
                                   : AccessAction::kReject;
    if (!is_reply) return true;
    rule.code = static_cast<int>(*number);
    rule.enhanced = word[0] == '4' ? "4.7.1" : "5.7.1";
    take_text(text, rule);
    return true;
  }
  for (const Word& known : kWords) {
    if (!ascii::equal_ignoring_case(word, known.name)) continue;
    rule.action = known.action;
    if (known.code != 0) rule.code = known.code;
    if (!known.enhanced.empty()) rule.enhanced = known.enhanced;
    take_text(text, rule);
    return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(AccessAction action) {
  switch (action) {
    case AccessAction::kDunno: return "dunno";
    case AccessAction::kPermit: return "permit";
    case AccessAction::kReject: return "reject";
    case AccessAction::kDefer: return "defer";
    case AccessAction::kDeferIfPermit: return "defer if permit";
    case AccessAction::kDeferIfReject: return "defer if reject";
    case AccessAction::kDiscard: return "discard";
  }
  return "unknown";
}

// access-line = key 1*WSP action
// key         = address / domain / localpart "@" / "<>"
AccessTable AccessTable::parse(std::string_view text, const Options& options,
                               const Report& report) {
  AccessTable table;
  for (const LogicalLine& logical :
       logical_lines(text, options.max_line_octets, Continuation::kLeadingBlank, report)) {
    const std::string_view line = logical.text;
    const std::size_t end = std::min(find_unquoted(line, " \t"), line.size());
    AccessRule rule;
    rule.key = line.substr(0, end);
    rule.line = logical.line;
    const std::string_view value = ascii::trim(line.substr(end));
    if (!parse_action(value, rule)) {
      report.error(
          logical.line,
          value.empty()
              ? cat("no action after '", excerpt(rule.key), "'")
              : cat("the action '", excerpt(value), "' is not known; the line does nothing"),
          "Write REJECT, DISCARD, DEFER, OK, DUNNO, or a reply such as 550 5.7.1 Go away.");
      continue;
    }
    if (rule.key.starts_with('.')) {
      report.warning(logical.line, cat("'", excerpt(rule.key), "' never matches"),
                     "Write it without the dot: a domain stands for those below it too.");
    }
    const auto position = static_cast<std::uint32_t>(table.rules.size());
    const auto [other, fresh] =
        table.index.try_emplace(ascii::to_lower(internal_form(rule.key)), position);
    if (!fresh) {
      report.warning(logical.line,
                     cat("'", excerpt(rule.key), "' stands in line ",
                         table.rules[other->second].line, " already; this line does nothing"),
                     "Delete one of the two lines.");
      continue;
    }
    table.rules.push_back(std::move(rule));
  }
  return table;
}

const AccessRule* AccessTable::find(std::string_view internal, std::string_view delimiters) const {
  if (rules.empty()) return nullptr;
  const auto get = [this](std::initializer_list<std::string_view> key) -> const AccessRule* {
    const auto found = index.find(KeyBuffer(key).view());
    return found == index.end() ? nullptr : &rules[found->second];
  };
  if (internal.empty()) return get({"<>"});
  // Postfix: check_mail_access.
  if (const AccessRule* rule = get({internal})) return rule;
  const std::size_t at = internal.rfind('@');
  const std::string_view local = internal.substr(0, at);
  std::string_view domain = at == std::string_view::npos ? "" : internal.substr(at + 1);
  const SplitLocalpart split = split_localpart(local, delimiters);
  if (!split.extension.empty()) {
    if (const AccessRule* rule = get({split.user, "@", domain})) return rule;
  }
  while (!domain.empty()) {
    if (const AccessRule* rule = get({domain})) return rule;
    const std::size_t dot = domain.find('.');
    domain = dot == std::string_view::npos ? "" : domain.substr(dot + 1);
  }
  if (const AccessRule* rule = get({local, "@"})) return rule;
  return split.extension.empty() ? nullptr : get({split.user, "@"});
}

}  // namespace mail::directory
