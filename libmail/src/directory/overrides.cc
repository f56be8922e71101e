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

namespace mail::directory {
namespace {

constexpr std::size_t kMaxLineOctets = 64 * 1024;

/// A key of another program. "*" at either end of the key stands for anything.
struct KnownKey {
  std::string_view key;
  std::string_view setting;  // empty: no setting, see `advice`
  std::string_view advice;
};

constexpr std::string_view kTls = "Certificates and cipher suites: SSL_TYPE and TLS_LEVEL.";
constexpr std::string_view kProxy = "The PROXY protocol is not available in this version.";
constexpr std::string_view kOrder =
    "The order of checks is fixed: postfix-send-access.cf, postfix-receive-access.cf, then "
    "recipients; TRUSTED_NETWORKS may relay.";

constexpr KnownKey kMainKeys[] = {
    {"recipient_delimiter", "RECIPIENT_DELIMITER", ""},
    {"mydestination", "MYDESTINATION", ""},
    {"proxy_interfaces", "OWN_ADDRESSES", ""},
    {"inet_protocols", "POSTFIX_INET_PROTOCOLS", ""},
    {"message_size_limit", "POSTFIX_MESSAGE_SIZE_LIMIT", ""},
    {"mailbox_size_limit", "POSTFIX_MAILBOX_SIZE_LIMIT", ""},
    {"virtual_mailbox_limit", "POSTFIX_MAILBOX_SIZE_LIMIT", ""},
    {"smtpd_discard_ehlo_keywords", "SMTPD_DISCARD_EHLO_KEYWORDS", ""},
    {"smtpd_authorized_xclient_hosts", "SMTPD_AUTHORIZED_XCLIENT_HOSTS", ""},
    {"smtp_bind_address", "SMTP_BIND_ADDRESS", ""},
    {"smtp_bind_address6", "SMTP_BIND_ADDRESS6", ""},
    {"relayhost", "DEFAULT_RELAY_HOST", ""},
    {"mynetworks", "TRUSTED_NETWORKS", ""},
    {"myhostname", "OVERRIDE_HOSTNAME", ""},
    {"smtpd_tls_cert_file", "SSL_CERT_PATH", ""},
    {"smtpd_tls_key_file", "SSL_KEY_PATH", ""},
    {"smtpd_tls_*", "", kTls},
    {"smtpd_sasl_*", "", "Who may log in: postfix-accounts.cf and dovecot-masters.cf."},
    {"smtpd_*_restrictions", "", kOrder},
    {"*_upstream_proxy_protocol", "", kProxy},
    {"smtp_sasl_*", "", "Credentials of relays: postfix-sasl-password.cf."},
    {"smtp_tls_*", "", "Outgoing mail has no settings for TLS."},
    {"virtual_*_maps", "", "Aliases: postfix-virtual.cf and postfix-regexp.cf."},
    {"sender_dependent_relayhost_maps", "", "Relays by sender: postfix-relaymap.cf."},
    {"smtpd_milters", "", "Milters are not supported."},
    {"non_smtpd_milters", "", "Milters are not supported."},
};

constexpr KnownKey kMasterKeys[] = {
    {"message_size_limit", "", "One limit serves all ports: POSTFIX_MESSAGE_SIZE_LIMIT."},
    {"smtpd_discard_ehlo_keywords", "", "One list serves all ports: SMTPD_DISCARD_EHLO_KEYWORDS."},
    {"*_upstream_proxy_protocol", "", kProxy},
    {"smtpd_tls_*", "", kTls},
    {"smtpd_sasl_*", "", "Who may log in: postfix-accounts.cf and dovecot-masters.cf."},
    {"smtpd_*_restrictions", "", kOrder},
};

constexpr std::string_view kFolders =
    "Folders: Drafts, Sent, Junk, Trash and Archive have their special use; others are made by "
    "mail programs.";

constexpr KnownKey kDovecotKeys[] = {
    {"recipient_delimiter", "RECIPIENT_DELIMITER", ""},
    {"mail_max_userip_connections", "MAIL_MAX_USERIP_CONNECTIONS", ""},
    {"quota_storage_size", "POSTFIX_MAILBOX_SIZE_LIMIT", ""},
    {"quota*", "", "Quotas: dovecot-quotas.cf and POSTFIX_MAILBOX_SIZE_LIMIT."},
    {"haproxy_*", "", kProxy},
    {"haproxy", "", kProxy},
    {"fts*", "", "Search needs no settings."},
    {"mailbox", "", kFolders},
    {"special_use", "", kFolders},
    {"auto", "", kFolders},
    {"ssl*", "", kTls},
    {"auth_*", "", "Who may log in: postfix-accounts.cf and dovecot-masters.cf."},
    {"mail_location", "", "Each account may say userdb_mail=maildir:/path."},
    {"mail_plugins", "", "There are no plugins."},
};

constexpr KnownKey kAmavisKeys[] = {
    {"*", "", "Spam filtering is not available in this version."},
};

bool matches(std::string_view pattern, std::string_view key) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == key;
  return key.size() + 1 >= pattern.size() && key.starts_with(pattern.substr(0, star)) &&
         key.ends_with(pattern.substr(star + 1));
}

const KnownKey* find_key(std::span<const KnownKey> keys, std::string_view key) {
  for (const KnownKey& known : keys) {
    if (matches(known.key, key)) return &known;
  }
  return nullptr;
}

struct Assignment {
  std::string key;  // lower case
  std::string value;
  std::size_t line = 0;
};

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
  return std::string(value);
}

class Translator {
 public:
  Translator(std::string_view file, std::span<const KnownKey> keys, const Report& report)
      : file_(file), keys_(keys), report_(report) {}

  void take(const Assignment& assignment) {
    const KnownKey* known = find_key(keys_, assignment.key);
    if (known == nullptr || known->setting.empty()) {
      report_.warning(assignment.line, cat("'", excerpt(assignment.key), "' has no effect here"),
                      known != nullptr ? std::string(known->advice) : std::string("Delete it."));
      return;
    }
    std::erase_if(overrides_, [&](const Override& o) { return o.setting == known->setting; });
    overrides_.push_back(
        {known->setting, translated(known->setting, assignment.value), file_, assignment.line});
  }
  std::vector<Override> take_all() { return std::move(overrides_); }

 private:
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
                   std::string(ascii::trim(line.substr(equals + 1))), logical.line});
  }
  return all;
}

// dovecot-line = key *WSP "=" *WSP value / section [ name ] "{" / "}"
// A section counts as a key of its own ("mailbox", "service"); what stands inside it is named too.
std::vector<Assignment> parse_dovecot(std::string_view text, const Report& report) {
  std::vector<Assignment> all;
  for (const LogicalLine& logical :
       logical_lines(text, kMaxLineOctets, Continuation::kNone, report)) {
    std::string_view line = ascii::trim(logical.text);
    if (const std::size_t comment = line.find(" #"); comment != std::string_view::npos) {
      line = ascii::trim(line.substr(0, comment));
    }
    if (line == "}") continue;
    const std::size_t brace = line.find('{');
    const std::size_t equals = line.find('=');
    if (brace != std::string_view::npos && (equals == std::string_view::npos || brace < equals)) {
      const std::string_view section = ascii::trim(line.substr(0, brace));
      const std::string_view word = section.substr(0, section.find_first_of(" \t"));
      // These only hold keys.
      const bool holds = word == "plugin" || word == "protocol" || word == "namespace" ||
                         word == "service" || word == "inet_listener";
      if (!holds) all.push_back({ascii::to_lower(word), {}, logical.line});
      continue;
    }
    if (equals == std::string_view::npos) {
      all.push_back({ascii::to_lower(line.substr(0, line.find_first_of(" \t"))), {}, logical.line});
      continue;
    }
    std::string_view value = ascii::trim(line.substr(equals + 1));
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    if (quoted) value = value.substr(1, value.size() - 2);
    all.push_back(
        {ascii::to_lower(ascii::trim(line.substr(0, equals))), std::string(value), logical.line});
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
  std::span<const KnownKey> keys = kAmavisKeys;
  std::vector<Assignment> all;
  if (file == kMainFile) {
    keys = kMainKeys;
    all = parse_main(text, report);
    expand_own(all);
  } else if (file == kMasterFile) {
    keys = kMasterKeys;
    all = parse_master(text, report);
  } else if (file == kDovecotFile) {
    keys = kDovecotKeys;
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
