// Three grammars that share little but lines: Postfix's `key = value` with continuation lines,
// `service/type/key=value`, and Dovecot's blocks. amavis.cf is Perl: each assignment is named.
//
// Tested by tests/unit/directory/overrides_test.cc.
#include "overrides.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/directory/quota.h"
#include "override_keys.h"

namespace mail::directory {
namespace {

constexpr std::size_t kMaxLineOctets = 64 * 1024;

struct Assignment {
  std::string key;  // lower case
  std::string value;
  std::size_t line = 0;
  std::string where = {};  // the service of master.cf, the inet_listener or mailbox of dovecot.cf
};

/// "5s", "3 secs", "1 min", as Postfix and Dovecot write times; others as they are.
std::string seconds_of(std::string_view value) {
  const std::size_t end = std::min(value.find_first_not_of("0123456789"), value.size());
  const auto number = ascii::parse_number(value.substr(0, end));
  const std::string unit = ascii::to_lower(ascii::trim(value.substr(end)));
  constexpr std::uint64_t kMost = 1'000'000;
  if (!number || *number > kMost) return std::string(value);
  if (unit.empty() || unit.starts_with('s')) return cat(*number);
  if (unit == "m" || unit.starts_with("min")) return cat(*number * 60);
  return std::string(value);
}

/// Values that the two programs write differently from our settings.
std::string translated(std::string_view setting, std::string_view value) {
  if (setting == "POSTFIX_INET_PROTOCOLS") {
    const bool v4 = value.find("ipv4") != std::string_view::npos;
    const bool v6 = value.find("ipv6") != std::string_view::npos;
    if (v4 || v6) return v4 && v6 ? "all" : v4 ? "ipv4" : "ipv6";
  }
  if (setting == "POSTFIX_MAILBOX_SIZE_LIMIT") {
    if (const auto size = parse_quota_size(value); size && *size != 0) return cat(*size);
  }
  if (setting == "PROXY_TIMEOUT") return seconds_of(value);
  return std::string(value);
}

class Translator {
 public:
  Translator(std::string_view file, std::span<const KnownKey> keys, const Report& report)
      : file_(file), keys_(keys), report_(report) {}

  void take(const Assignment& assignment) {
    const KnownKey* known = find_key(keys_, assignment.key);
    if (known == nullptr || known->setting.empty()) {
      return warn(assignment, known != nullptr ? known->advice : "Delete it.");
    }
    if (known->setting == kRestrictions) return check_restrictions(assignment);
    if (known->setting == "PROXY_PROTOCOL") return add_proxied(assignment);
    if (known->setting == "FOLDERS") return add(*known, assignment, assignment.value);
    std::erase_if(overrides_, [&](const Override& o) { return o.setting == known->setting; });
    overrides_.push_back(
        {known->setting, translated(known->setting, assignment.value), file_, assignment.line});
  }
  std::vector<Override> take_all() { return std::move(overrides_); }

 private:
  void warn(const Assignment& assignment, std::string_view advice) {
    report_.warning(assignment.line, cat("'", excerpt(assignment.key), "' has no effect here"),
                    std::string(advice));
  }
  void add(const KnownKey& known, const Assignment& assignment, std::string_view value) {
    overrides_.push_back({known.setting, std::string(value), file_, assignment.line, true});
  }

  /// Of `haproxy`, `yes` and what means off.
  void add_proxied(const Assignment& assignment) {
    if (assignment.value.empty() || assignment.value == "no") return;
    const KnownKey& known = *find_key(keys_, assignment.key);
    if (file_ == kMainFile) {
      // Port 25 is postscreen's, the others are smtpd's.
      const bool is_postscreen = assignment.key.starts_with("postscreen");
      return add(known, assignment, is_postscreen ? "smtp" : "submission, submissions");
    }
    const std::string_view service = service_of(assignment.where);
    if (!service.empty()) return add(known, assignment, service);
    report_.warning(assignment.line,
                    cat("'", excerpt(assignment.key), "' is of '", excerpt(assignment.where),
                        "', which is no service of ours"),
                    "Let LISTEN_SMTP (or another LISTEN_) name the port, and PROXY_PROTOCOL the "
                    "service.");
  }

  /// Each rule that does not hold here is named.
  void check_restrictions(const Assignment& assignment) {
    std::string_view rest = assignment.value;
    while (!rest.empty()) {
      const std::size_t end = rest.find_first_of(", \t");
      const std::string_view word = rest.substr(0, end);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      const std::string_view advice = advice_on_restriction(word);
      if (advice.empty()) continue;
      report_.warning(
          assignment.line,
          cat("'", excerpt(word), "' of '", excerpt(assignment.key), "' has no effect here"),
          std::string(advice));
    }
  }

  std::string_view file_;
  std::span<const KnownKey> keys_;
  const Report& report_;
  std::vector<Override> overrides_;
};

// main-line = key *WSP "=" *WSP value
std::vector<Assignment> parse_main(std::string_view text, const Report& report) {
  std::vector<Assignment> all;
  for (const LogicalLine& logical :
       logical_lines(text, kMaxLineOctets, Continuation::kLeadingBlank, report)) {
    const std::size_t equals = logical.text.find('=');
    if (equals == std::string::npos) {
      report.error(logical.line, cat("no 'key =' in '", excerpt(logical.text), "'"),
                   "Write key = value.");
      continue;
    }
    const std::string_view line = logical.text;
    all.push_back({ascii::to_lower(ascii::trim(line.substr(0, equals))),
                   std::string(ascii::trim(line.substr(equals + 1))), logical.line});
  }
  return all;
}

/// `$name`, `${name}` and `$(name)` of the file itself replaced; what it does not define stays (the
/// host's name is known later). Once, so that no circle can form.
void expand_own(std::vector<Assignment>& all) {
  std::map<std::string, std::string, std::less<>> values;
  for (const Assignment& assignment : all) values[assignment.key] = assignment.value;
  for (Assignment& assignment : all) {
    std::string expanded;
    std::string_view rest = assignment.value;
    while (!rest.empty()) {
      const std::size_t dollar = rest.find('$');
      expanded += rest.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      rest.remove_prefix(dollar);
      std::size_t begin = 1;
      const char close = rest.size() > 1 && rest[1] == '{'   ? '}'
                         : rest.size() > 1 && rest[1] == '(' ? ')'
                                                             : '\0';
      begin += close != '\0';
      std::size_t end = begin;
      while (end < rest.size() && (ascii::is_alnum(rest[end]) || rest[end] == '_')) ++end;
      const auto own = values.find(rest.substr(begin, end - begin));
      end += close != '\0' && end < rest.size() && rest[end] == close;
      expanded += own != values.end() && own->first != assignment.key
                      ? std::string_view(own->second)
                      : rest.substr(0, end);
      rest.remove_prefix(end);
    }
    assignment.value = std::move(expanded);
  }
}

// master-line = service "/" type "/" key "=" value       ; lines that begin with [0-9a-z] only
std::vector<Assignment> parse_master(std::string_view text, const Report& report) {
  std::vector<Assignment> all;
  for (const LogicalLine& logical :
       logical_lines(text, kMaxLineOctets, Continuation::kNone, report)) {
    const std::string_view line = logical.text;
    const std::size_t equals = line.find('=');
    const std::size_t first = line.find('/');
    const std::size_t second = first == std::string_view::npos ? first : line.find('/', first + 1);
    if (equals == std::string_view::npos || second == std::string_view::npos || second > equals) {
      report.error(logical.line, cat("'", excerpt(line), "' is not of the form of this file"),
                   "Write service/type/key=value.");
      continue;
    }
    all.push_back({ascii::to_lower(ascii::trim(line.substr(second + 1, equals - second - 1))),
                   std::string(ascii::trim(line.substr(equals + 1))), logical.line,
                   ascii::to_lower(ascii::trim(line.substr(0, first)))});
  }
  return all;
}

/// A block of dovecot.cf that is open: `mailbox "Deleted Items" {`.
struct Section {
  std::string word;
  std::string name;
  std::size_t line = 0;
  std::string making = "no";  // of a mailbox
  std::string special_use = {};
};

std::string unquoted(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return std::string(quoted ? value.substr(1, value.size() - 2) : value);
}

/// As FOLDERS has it.
Assignment folder_of(const Section& mailbox) {
  return {"mailbox",
          cat(mailbox.name, ":", mailbox.making, mailbox.special_use.empty() ? "" : ":",
              mailbox.special_use),
          mailbox.line};
}

/// Dovecot's `auto`, `special_use` of a mailbox; false: another key.
bool take_mailbox_key(Section& mailbox, std::string_view key, std::string_view value) {
  // Several uses of one folder: the first.
  if (key == "special_use") mailbox.special_use = value.substr(0, value.find(' '));
  if (key == "auto") mailbox.making = value;
  return key == "special_use" || key == "auto";
}

// dovecot-line = key *WSP "=" *WSP value / section [ name ] "{" / "}"
// A section counts as a key of its own ("service") unless it only holds keys.
std::vector<Assignment> parse_dovecot(std::string_view text, const Report& report) {
  std::vector<Assignment> all;
  std::vector<Section> open;
  for (const LogicalLine& logical :
       logical_lines(text, kMaxLineOctets, Continuation::kNone, report)) {
    std::string_view line = ascii::trim(logical.text);
    if (const std::size_t comment = line.find(" #"); comment != std::string_view::npos) {
      line = ascii::trim(line.substr(0, comment));
    }
    if (line == "}") {
      if (open.empty()) continue;
      if (open.back().word == "mailbox") all.push_back(folder_of(open.back()));
      open.pop_back();
      continue;
    }
    const std::size_t brace = line.find('{');
    const std::size_t equals = line.find('=');
    if (brace != std::string_view::npos && (equals == std::string_view::npos || brace < equals)) {
      const std::string_view section = ascii::trim(line.substr(0, brace));
      const std::size_t blank = std::min(section.find_first_of(" \t"), section.size());
      Section fresh{ascii::to_lower(section.substr(0, blank)),
                    unquoted(ascii::trim(section.substr(blank))), logical.line};
      const bool holds = fresh.word == "plugin" || fresh.word == "protocol" ||
                         fresh.word == "namespace" || fresh.word == "service" ||
                         fresh.word == "inet_listener" || fresh.word == "mailbox";
      if (!holds) all.push_back({fresh.word, {}, logical.line});
      open.push_back(std::move(fresh));
      continue;
    }
    const std::string key =
        ascii::to_lower(ascii::trim(line.substr(0, std::min(equals, line.find_first_of(" \t=")))));
    if (equals == std::string_view::npos) {
      all.push_back({key, {}, logical.line});
      continue;
    }
    const std::string value = unquoted(ascii::trim(line.substr(equals + 1)));
    const bool in_mailbox = !open.empty() && open.back().word == "mailbox";
    if (in_mailbox && take_mailbox_key(open.back(), key, value)) continue;
    all.push_back({key, value, logical.line, open.empty() ? "" : open.back().name});
  }
  return all;
}

// amavis-line = ( "$" / "@" / "%" ) name … "="
std::vector<Assignment> parse_amavis(std::string_view text, const Report& report) {
  std::vector<Assignment> all;
  for (const LogicalLine& logical :
       logical_lines(text, kMaxLineOctets, Continuation::kNone, report)) {
    const std::string_view line = ascii::trim(logical.text);
    if (line.empty() || std::string_view("$@%").find(line.front()) == std::string_view::npos) {
      continue;  // Perl around the assignments
    }
    const std::size_t end = line.find_first_of(" \t=;[{(", 1);
    all.push_back({std::string(line.substr(0, end)), {}, logical.line});
  }
  return all;
}

}  // namespace

std::span<const std::string_view> override_files() {
  // Postfix reads master.cf's overrides first; nothing in one depends on the other here.
  static constexpr std::string_view kFiles[] = {kMasterFile, kMainFile, kDovecotFile, kAmavisFile};
  return kFiles;
}

std::vector<Override> parse_overrides(std::string_view file, std::string_view text,
                                      std::vector<Diagnostic>& diagnostics) {
  const Report report(file, diagnostics);
  const std::span<const KnownKey> keys = keys_of(file);
  std::vector<Assignment> all;
  if (file == kMainFile) {
    all = parse_main(text, report);
    expand_own(all);
  } else if (file == kMasterFile) {
    all = parse_master(text, report);
  } else if (file == kDovecotFile) {
    all = parse_dovecot(text, report);
  } else {
    all = parse_amavis(text, report);
  }
  // A key that only another one refers to ("$my_list") is no setting of its own.
  Translator translator(file, keys, report);
  for (const Assignment& assignment : all) {
    const bool referred_to = file == kMainFile && find_key(keys, assignment.key) == nullptr &&
                             (text.find(cat("$", assignment.key)) != std::string_view::npos ||
                              text.find(cat("${", assignment.key, "}")) != std::string_view::npos ||
                              text.find(cat("$(", assignment.key, ")")) != std::string_view::npos);
    if (!referred_to) translator.take(assignment);
  }
  return translator.take_all();
}

}  // namespace mail::directory
