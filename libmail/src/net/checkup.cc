// A checkup reads what the server reads, by the server's own code, and says what will come of it:
// a second opinion of its own would drift away from what is done.
//
// Tested by tests/unit/net/checkup_test.cc.
#include "mail/net/checkup.h"

#include <algorithm>

#include "mail/base/ascii.h"
#include "mail/directory/hostname.h"
#include "net/checkup_parts.h"

namespace mail::net {
namespace {

using directory::Diagnostic;

constexpr std::size_t kMaxHostnameOctets = 253;  // RFC 1035 §2.3.4, without the root
constexpr std::size_t kMaxLabelOctets = 63;

/// letter-or-digit [ *( letter-or-digit / "-" ) letter-or-digit ], RFC 1123 §2.1
bool is_label(std::string_view label) {
  const auto is_plain = [](char c) { return ascii::is_alpha(c) || ascii::is_digit(c); };
  return !label.empty() && label.size() <= kMaxLabelOctets && is_plain(label.front()) &&
         is_plain(label.back()) &&
         std::all_of(label.begin(), label.end(), [&](char c) { return is_plain(c) || c == '-'; });
}

/// Empty: other servers can look this name up, if it is in DNS.
std::string_view why_no_name(std::string_view name) {
  if (name.size() > kMaxHostnameOctets) return "is longer than a name may be";
  std::string_view rest = name;
  while (true) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    if (!is_label(rest.substr(0, dot))) return "is no host name (letters, digits, - and dots)";
    if (dot == rest.size()) break;
    rest.remove_prefix(dot + 1);
  }
  if (std::all_of(rest.begin(), rest.end(), ascii::is_digit)) return "is an address, not a name";
  if (name.find('.') == std::string_view::npos) return "has no domain";
  for (const std::string_view local : {"localdomain", "localhost", "local", "internal", "lan"}) {
    if (rest == local) return "is a name that nobody else knows";
  }
  return {};
}

void report(Checkup& checkup, const Diagnostic& diagnostic) {
  const bool is_error = diagnostic.severity == Diagnostic::Severity::kError;
  const std::string line = diagnostic.line == 0 ? "" : cat(":", diagnostic.line);
  std::string text = cat(diagnostic.file, line, ": ", diagnostic.text);
  is_error ? checkup.error("config", std::move(text), diagnostic.fix)
           : checkup.warning("config", std::move(text), diagnostic.fix);
}

/// Circles and dead ends are among the snapshot's diagnostics.
void examine_catch_alls(Checkup& checkup) {
  const bool swallows = checkup.snapshot->options().catchall_swallows_accounts;
  for (const directory::Alias& alias : checkup.snapshot->aliases()) {
    if (!alias.key.starts_with('@') || !checkup.is_told("catch-all")) continue;
    checkup.note(
        "config",
        cat("postfix-virtual.cf:", alias.line, ": '", alias.key, "' takes all mail for the domain ",
            swallows ? "but that of other aliases, that of accounts too"
                     : "that no account and no other alias takes"),
        swallows ? "set CATCHALL_SWALLOWS_ACCOUNTS=0 if accounts shall get theirs" : "");
  }
  if (const std::size_t more = checkup.untold("catch-all"); more > 0) {
    checkup.note("config", cat("there are ", more, " more catch-alls"), "see `mailctl alias list`");
  }
}

/// Of the same name: who logs in as one is the other, too.
void examine_masters(Checkup& checkup) {
  for (const directory::Account& master : checkup.snapshot->masters()) {
    if (checkup.snapshot->find_login(master.address) == nullptr) continue;
    checkup.warning(
        "config",
        cat("dovecot-masters.cf:", master.line, ": '", master.address, "' is an account, too"),
        "give the master a name of its own: its password opens every mailbox");
  }
}

}  // namespace

std::string_view to_string(Finding::Severity severity) {
  switch (severity) {
    case Finding::Severity::kError: return "error";
    case Finding::Severity::kWarning: return "warning";
    case Finding::Severity::kNote: return "note";
  }
  return "";
}

void examine_hostname(Checkup& checkup) {
  const std::string fix = "set OVERRIDE_HOSTNAME=mail.example.com, the name that DNS has for it";
  const std::string_view why = why_no_name(checkup.hostname);
  if (!why.empty()) {
    checkup.warning("hostname", cat("the host name '", checkup.hostname, "' ", why), fix);
  }
  const auto& running = checkup.options.running;
  if (running && !running->hostname.empty() && running->hostname != checkup.hostname) {
    checkup.warning("hostname",
                    cat("the running server calls itself '", running->hostname,
                        "', the settings say '", checkup.hostname, "'"),
                    "restart it, or give this program the server's environment");
  }
  // docker-mailserver delivers such mail by /etc/aliases only.
  const auto is_at_host = [&](std::string_view address) {
    const std::size_t at = address.rfind('@');
    return at != std::string_view::npos &&
           ascii::equal_ignoring_case(address.substr(at + 1), checkup.hostname);
  };
  const std::string advice = cat("nothing here; docker-mailserver would not deliver it: use @",
                                 checkup.snapshot->options().domain, " there");
  for (const auto& account : checkup.snapshot->accounts()) {
    if (!is_at_host(account.address) || !checkup.is_told("host account")) continue;
    checkup.note("hostname",
                 cat("the account '", account.address, "' is at the host name, not at a domain"),
                 advice);
  }
  for (const auto& alias : checkup.snapshot->aliases()) {
    if (!is_at_host(alias.key) || !checkup.is_told("host account")) continue;
    checkup.note("hostname",
                 cat("the alias '", alias.key, "' is at the host name, not at a domain"), advice);
  }
}

void examine_config(Checkup& checkup) {
  for (const Diagnostic& diagnostic : checkup.settings.diagnostics()) report(checkup, diagnostic);
  for (const Diagnostic& diagnostic : checkup.snapshot->diagnostics()) report(checkup, diagnostic);
  if (checkup.snapshot->accounts_available() && checkup.snapshot->accounts().empty()) {
    checkup.warning(
        "config", "there is no account yet",
        cat("add one: mailctl --config ", checkup.options.config, " email add ADDRESS"));
  }
  examine_catch_alls(checkup);
  examine_masters(checkup);
}

Checkup::Checkup(Filesystem& where, const CheckupOptions& what)
    : files(where),
      options(what),
      settings(directory::Settings::read(where, what.config, what.environment)) {
  const auto directory_options =
      settings.directory_options(directory::full_hostname(files, what.machine_name));
  hostname = directory_options.hostname;
  snapshot = directory::Snapshot::build(files, what.config, directory_options);
}

std::vector<Finding> examine(Filesystem& files, const CheckupOptions& options) {
  Checkup checkup(files, options);
  std::vector<Finding> sorted;
  for (const auto part : {examine_hostname, examine_config, examine_certificates, examine_ports,
                          examine_permissions, examine_disk, examine_clock}) {
    part(checkup);
    for (const auto severity :
         {Finding::Severity::kError, Finding::Severity::kWarning, Finding::Severity::kNote}) {
      for (const Finding& finding : checkup.findings) {
        if (finding.severity == severity) sorted.push_back(finding);
      }
    }
    checkup.findings.clear();
  }
  return sorted;
}

}  // namespace mail::net
