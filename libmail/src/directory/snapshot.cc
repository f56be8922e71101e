// Building a Snapshot: read each file or keep its last good text, parse, put the domains together.
//
// The texts are kept, shared between successive snapshots: a file that cannot be read later is
// parsed again from the text that was last read, under the options of that later day.
//
// Tested by tests/unit/directory/snapshot_test.cc.
#include "mail/directory/snapshot.h"

#include <algorithm>
#include <utility>

#include "address_text.h"
#include "config_text.h"
#include "key_buffer.h"
#include "mail/base/ascii.h"
#include "mail/crypto/password.h"
#include "mail/directory/address.h"
#include "resolver.h"
#include "tables.h"

namespace mail::directory {
namespace {

/// A file as it was found.
struct Source {
  std::shared_ptr<const std::string> text;  // none: absent, or `unreadable`
  bool unreadable = false;                  // there, but neither now nor before could it be read
};

Source kept_version(const Source* previous, std::string_view why, const Report& report) {
  const bool usable = previous != nullptr && !previous->unreadable;
  report.error(0, cat("the file cannot be used: ", why),
               usable ? "Its last good version stays in force until it can be read."
                      : "Make it readable; until then what depends on it is deferred (451).");
  return usable ? *previous : Source{nullptr, true};
}

Source load(Filesystem& filesystem, const std::string& folder, std::string_view name,
            const Options& options, const Source* previous, const Report& report) {
  StatusOr<std::string> text =
      read_file(filesystem, cat(folder, "/", name), options.max_file_octets);
  if (!text.ok()) {
    if (text.status().code() == absl::StatusCode::kNotFound) return {};
    return kept_version(previous, message_of(text.status()), report);
  }
  if (text->find('\0') != std::string::npos) {
    return kept_version(previous, "it holds NUL octets", report);
  }
  return {std::make_shared<const std::string>(std::move(*text)), false};
}

Options completed(Options options) {
  options.hostname = ascii::to_lower(options.hostname);
  if (options.domain.empty()) options.domain = domain_of_hostname(options.hostname);
  options.domain = ascii::to_lower(options.domain);
  if (options.postmaster_address.empty()) {
    options.postmaster_address = cat("postmaster@", options.domain);
  }
  if (!options.mydestination) {
    options.mydestination = {options.hostname, cat("localhost.", options.domain), "localhost"};
  }
  return options;
}

}  // namespace

std::string_view domain_of_hostname(std::string_view hostname) {
  if (std::count(hostname.begin(), hostname.end(), '.') < 2) return hostname;
  return hostname.substr(hostname.find('.') + 1);
}

bool Tables::is_managed(std::string_view domain) const {
  return managed_domains.contains(KeyBuffer({domain}).view());
}

bool Tables::is_local(std::string_view domain) const {
  return local_domains.contains(KeyBuffer({domain}).view());
}

const Account* Tables::find_mailbox(std::string_view internal) const {
  if (const Account* account = accounts.find(KeyBuffer({internal}).view())) return account;
  const SplitAddress split = split_address(internal);
  const SplitLocalpart local = split_localpart(split.localpart, options.recipient_delimiter);
  if (local.extension.empty() || !split.has_domain) return nullptr;
  return accounts.find(KeyBuffer({local.user, "@", split.domain}).view());
}

struct Snapshot::State : Tables {
  Source sources[4];  // accounts, virtual, regexp, aliases
  std::vector<Diagnostic> diagnostics;

  static std::shared_ptr<const Snapshot> assemble(std::unique_ptr<State> state);
  void parse();
  void collect_domains();
  void check_targets();
  void check_targets_of(const Alias& alias, std::size_t& budget);
};

std::shared_ptr<const Snapshot> Snapshot::State::assemble(std::unique_ptr<State> state) {
  state->parse();
  state->collect_domains();
  state->check_targets();
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(state)));
}

void Snapshot::State::parse() {
  static constexpr std::string_view kNothing;
  const auto text = [](const Source& source) {
    return source.text ? std::string_view(*source.text) : kNothing;
  };
  accounts = AccountTable::parse(text(sources[0]), options, Report(kAccountsFile, diagnostics));
  virtuals = VirtualTable::parse(text(sources[1]), options, Report(kVirtualFile, diagnostics));
  regexps = RegexpTable::parse(text(sources[2]), options, Report(kRegexpFile, diagnostics));
  locals = LocalTable::parse(text(sources[3]), options, Report(kAliasesFile, diagnostics));
  accounts.unreadable = sources[0].unreadable;
  virtuals.unreadable = sources[1].unreadable;
  regexps.unreadable = sources[2].unreadable;
  locals.unreadable = sources[3].unreadable;
}

void Snapshot::State::collect_domains() {
  for (const Account& account : accounts.accounts) {
    managed_domains.insert(std::string(split_address(account.address).domain));
  }
  for (const auto& [key, entry] : virtuals.entries) {
    const SplitAddress split = split_address(key);
    if (split.has_domain) managed_domains.insert(std::string(split.domain));
  }
  for (const std::string& domain : *options.mydestination) {
    local_domains.insert(ascii::to_lower(domain));
  }
  for (const std::string& address : options.own_addresses) {
    const bool v6 = address.find(':') != std::string::npos;
    local_domains.insert(ascii::to_lower(cat(v6 ? "[ipv6:" : "[", address, "]")));
  }
}

/// Aliases that lead nowhere are accepted mail that comes back, or a refusal nobody expects: say so
/// when the file is read.
void Snapshot::State::check_targets() {
  constexpr std::size_t kMaxReports = 100;
  std::size_t budget = kMaxReports;
  for (const Alias& alias : virtuals.lines) {
    if (budget == 0) break;
    check_targets_of(alias, budget);
  }
}

void Snapshot::State::check_targets_of(const Alias& alias, std::size_t& budget) {
  const auto targets = parse_targets(alias.targets, options.hostname);
  if (!targets) return;  // reported when it was parsed
  for (const std::string& target : *targets) {
    const std::string_view domain = split_address(target).domain;
    if (target.starts_with('@') || !(is_managed(domain) || is_local(domain))) continue;
    if (find_mailbox(target) != nullptr) continue;
    const Verdict verdict = resolve_in(*this, external_form(target)).verdict;
    if (verdict != Verdict::kUnknownUser && verdict != Verdict::kExpansionError) continue;
    const Report report(kVirtualFile, diagnostics);
    const bool unknown = verdict == Verdict::kUnknownUser;
    report.warning(alias.line,
                   cat("the target '", excerpt(external_form(target)), "' of '", excerpt(alias.key),
                       unknown ? "' is neither account nor alias" : "' leads round in a circle"),
                   unknown ? "Add the account, or take the target out."
                           : "Break the circle; mail for it is deferred (451).");
    if (--budget == 0) return;
  }
}

Snapshot::Snapshot(std::unique_ptr<const State> state)
    : state_(std::move(state)),
      every_account_has_scram_(
          !accounts().empty() &&
          std::all_of(accounts().begin(), accounts().end(), [](const Account& account) {
            return crypto::scram_credential(account.password).has_value();
          })) {}
Snapshot::~Snapshot() = default;

std::shared_ptr<const Snapshot> Snapshot::build(Filesystem& filesystem, const std::string& folder,
                                                Options options, const Snapshot* previous) {
  auto state = std::make_unique<State>();
  state->options = completed(std::move(options));
  constexpr std::string_view kNames[] = {kAccountsFile, kVirtualFile, kRegexpFile, kAliasesFile};
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    state->sources[i] = load(filesystem, folder, kNames[i], state->options,
                             previous != nullptr ? &previous->state_->sources[i] : nullptr,
                             Report(kNames[i], state->diagnostics));
  }
  return State::assemble(std::move(state));
}

std::shared_ptr<const Snapshot> Snapshot::from_texts(const Texts& texts, Options options) {
  auto state = std::make_unique<State>();
  state->options = completed(std::move(options));
  const std::optional<std::string>* given[] = {&texts.accounts, &texts.virtual_aliases,
                                               &texts.regexp_aliases, &texts.local_aliases};
  for (std::size_t i = 0; i < std::size(given); ++i) {
    if (*given[i]) state->sources[i].text = std::make_shared<const std::string>(**given[i]);
  }
  return State::assemble(std::move(state));
}

Resolution Snapshot::resolve(std::string_view address) const {
  return resolve_in(*state_, address);
}

const Account* Snapshot::find_mailbox(std::string_view address) const {
  if (address.find_first_of("\"\\") == std::string_view::npos) {
    return state_->find_mailbox(address);
  }
  return state_->find_mailbox(internal_form(address));
}

const Account* Snapshot::find_login(std::string_view login) const {
  return state_->accounts.find(KeyBuffer({login}).view());
}

bool Snapshot::is_managed_domain(std::string_view domain) const {
  return state_->is_managed(domain);
}

bool Snapshot::is_local_domain(std::string_view domain) const { return state_->is_local(domain); }

bool Snapshot::accounts_available() const { return !state_->accounts.unreadable; }

std::span<const Account> Snapshot::accounts() const { return state_->accounts.accounts; }

std::span<const Alias> Snapshot::aliases() const { return state_->virtuals.lines; }

std::vector<std::string> Snapshot::managed_domains() const {
  std::vector<std::string> domains(state_->managed_domains.begin(), state_->managed_domains.end());
  std::sort(domains.begin(), domains.end());
  return domains;
}

std::span<const Diagnostic> Snapshot::diagnostics() const { return state_->diagnostics; }

const Options& Snapshot::options() const { return state_->options; }

}  // namespace mail::directory
