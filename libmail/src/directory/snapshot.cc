// Building a Snapshot: read each file or keep its last good text, parse, put the domains together.
//
// The texts are kept, shared between successive snapshots: a file that cannot be read later is
// parsed again from the text that was last read, under the options of that later day.
//
// Tested by tests/unit/directory/snapshot_test.cc.
#include "mail/directory/snapshot.h"

#include <algorithm>
#include <array>
#include <utility>

#include "address_text.h"
#include "config_text.h"
#include "key_buffer.h"
#include "mail/base/ascii.h"
#include "mail/crypto/password.h"
#include "mail/directory/address.h"
#include "mail/directory/attributes.h"
#include "mail/directory/fingerprint.h"
#include "resolver.h"
#include "tables.h"

namespace mail::directory {
namespace {

constexpr std::size_t kFiles = 11;

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
  // Config files are often mounted as symbolic links, which `open` refuses.
  const auto path = filesystem.resolve_links(cat(folder, "/", name));
  StatusOr<std::string> text = path.ok() ? read_file(filesystem, *path, options.max_file_octets)
                                         : StatusOr<std::string>(path.status());
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

Link Tables::link_of(std::string_view lowered) const {
  Link link;
  link.name = names.find(lowered);
  virtuals.prefetch(link.name.chain);
  const std::size_t at = lowered.rfind('@');
  if (at == std::string_view::npos) return link;
  link.domain = domain(lowered.substr(at + 1));
  const SplitLocalpart local = split_localpart(lowered.substr(0, at), options.recipient_delimiter);
  if (!local.extension.empty()) {
    link.bare = names.find(KeyBuffer({local.user, lowered.substr(at)}).view());
  }
  return link;
}

void Tables::link_targets() {
  const auto link = [this](VirtualTable::Target& target) {
    AddressText& address = target.address;
    target.link = link_of(address.lowered);
    address.link = &target.link;
    // Only what needs no quotes stands in the table as a regular expression sees it.
    const bool may_match =
        !regexps.empty() && (!address.plain || regexps.may_match(address.lowered));
    target.link.may_match = may_match ? Link::MayMatch::kYes : Link::MayMatch::kNo;
  };
  for (VirtualTable::Source& source : virtuals.sources) link(source.first);
  for (VirtualTable::Target& target : virtuals.more_targets) link(target);
}

struct Snapshot::State : Tables {
  std::array<Source, kFiles> sources;  // in the order of `snapshot_files`
  std::vector<Diagnostic> diagnostics;

  static std::shared_ptr<const Snapshot> assemble(std::unique_ptr<State> state);
  void parse();
  void collect_domains();
  void check_targets();
  void check_targets_of(std::size_t line, std::size_t& budget);
  void check_hostname();
  void check_app_passwords();
};

std::shared_ptr<const Snapshot> Snapshot::State::assemble(std::unique_ptr<State> state) {
  state->parse();
  state->collect_domains();
  state->link_targets();
  state->check_targets();
  state->check_hostname();
  state->check_app_passwords();
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(state)));
}

void Snapshot::State::parse() {
  const auto text = [this](std::size_t file) {
    return sources[file].text ? std::string_view(*sources[file].text) : std::string_view();
  };
  const auto report = [this](std::size_t file) {
    return Report(snapshot_files()[file], diagnostics);
  };
  accounts = AccountTable::parse(text(0), options, report(0), names);
  virtuals = VirtualTable::parse(text(1), options, report(1), names);
  regexps = RegexpTable::parse(text(2), options, report(2));
  locals = LocalTable::parse(text(3), options, report(3));
  quotas = QuotaTable::parse(text(4), options, report(4));
  masters = AccountTable::parse_masters(text(5), options, report(5), master_names);
  send_access = AccessTable::parse(text(6), options, report(6));
  receive_access = AccessTable::parse(text(7), options, report(7));
  relays.parse_routes(text(8), options, report(8));
  relays.parse_credentials(text(9), options, report(9));
  app_passwords = AppPasswordTable::parse(text(10), options, report(10));
  accounts.unreadable = sources[0].unreadable;
  virtuals.unreadable = sources[1].unreadable;
  regexps.unreadable = sources[2].unreadable;
  locals.unreadable = sources[3].unreadable;
  masters.unreadable = sources[5].unreadable;
  send_access.unreadable = sources[6].unreadable;
  receive_access.unreadable = sources[7].unreadable;
  app_passwords.unreadable = sources[10].unreadable;
}

void Snapshot::State::collect_domains() {
  for (const Account& account : accounts.accounts) {
    domains[split_address(account.address).domain].managed = true;
  }
  for (const Names::Entry* const entry : names) {
    const Name& name = entry->name;
    const std::string_view key = entry->key();
    const std::size_t at = key.rfind('@');
    if (name.chain == Name::kNone || at == std::string_view::npos) continue;
    Domain& domain = domains[key.substr(at + 1)];
    domain.managed = true;
    if (at == 0) domain.catch_all = name.chain;
  }
  domains[options.hostname].own = true;
  for (const std::string& domain : *options.mydestination) {
    domains[ascii::to_lower(domain)].local = true;
  }
  for (const std::string& address : options.own_addresses) {
    const bool v6 = address.find(':') != std::string::npos;
    domains[ascii::to_lower(cat(v6 ? "[ipv6:" : "[", address, "]"))].local = true;
  }
}

/// Postfix refuses mail for a domain that is both in mydestination and managed; here it is
/// delivered. People who come from there should know which of the two they have.
void Snapshot::State::check_hostname() {
  for (const Account& account : accounts.accounts) {
    const std::string_view name = split_address(account.address).domain;
    if (!domain(name).local) continue;
    Report(kAccountsFile, diagnostics)
        .warning(account.line,
                 cat("'", excerpt(name),
                     "' is a mail domain and this host's own name too; mail "
                     "for its accounts is delivered"),
                 cat("Put `mydestination = localhost.$mydomain, localhost` into "
                     "postfix-main.cf to make it a mail domain only."));
    return;
  }
  for (const Alias& alias : virtuals.lines) {
    const SplitAddress split = split_address(alias.key);
    if (!split.has_domain || split.localpart.empty()) continue;
    if (!domain(ascii::to_lower(split.domain)).local) continue;
    Report(kVirtualFile, diagnostics)
        .warning(alias.line,
                 cat("the domain of '", excerpt(alias.key),
                     "' is this host's own name too; the "
                     "alias is used"),
                 cat("Put `mydestination = localhost.$mydomain, localhost` into "
                     "postfix-main.cf to make it a mail domain only."));
    return;
  }
}

/// Aliases that lead nowhere are accepted mail that comes back, or a refusal nobody expects: say so
/// when the file is read.
void Snapshot::State::check_targets() {
  constexpr std::size_t kMaxReports = 100;
  std::size_t budget = kMaxReports;
  for (std::size_t i = 0; i < virtuals.lines.size() && budget != 0; ++i) {
    check_targets_of(i, budget);
  }
}

void Snapshot::State::check_targets_of(std::size_t line, std::size_t& budget) {
  const Alias& alias = virtuals.lines[line];
  const VirtualTable::Source& source = virtuals.sources[line];
  for (std::uint32_t n = 0; n < source.count; ++n) {
    const AddressText& target = virtuals.target(source, n).address;
    const Domain& domain = target.link->domain;
    if (target.text.starts_with('@') || !(domain.managed || domain.local)) continue;
    if (target.link->mailbox() != Name::kNone) continue;
    const Verdict verdict = resolve_in(*this, external_form(target.text)).verdict;
    if (verdict != Verdict::kUnknownUser && verdict != Verdict::kExpansionError) continue;
    const Report report(kVirtualFile, diagnostics);
    const bool unknown = verdict == Verdict::kUnknownUser;
    report.warning(
        alias.line,
        cat("the target '", excerpt(external_form(target.text)), "' of '", excerpt(alias.key),
            unknown ? "' is neither account nor alias" : "' leads round in a circle"),
        unknown ? "Add the account, or take the target out."
                : "Break the circle; mail for it is deferred (451).");
    if (--budget == 0) return;
  }
}

void Snapshot::State::check_app_passwords() {
  if (accounts.unreadable) return;
  for (const AppPassword& entry : app_passwords.passwords) {
    if (names.find(entry.address).account != Name::kNone) continue;
    Report(kAppPasswordsFile, diagnostics)
        .warning(entry.line,
                 cat("'", excerpt(entry.address),
                     "' is no account; nobody logs in with its app "
                     "password '",
                     excerpt(entry.label), "'"),
                 "Add the account, or delete the line.");
  }
}

Snapshot::Snapshot(std::unique_ptr<const State> state)
    : state_(std::move(state)),
      every_account_has_scram_(
          !accounts().empty() && app_passwords().empty() &&
          std::all_of(accounts().begin(), accounts().end(), [](const Account& account) {
            const auto password = without_suspension(account.password);
            return crypto::scram_credential(password).has_value();
          })) {}
Snapshot::~Snapshot() = default;

std::shared_ptr<const Snapshot> Snapshot::build(Filesystem& filesystem, const std::string& folder,
                                                Options options, const Snapshot* previous) {
  auto state = std::make_unique<State>();
  state->options = completed(std::move(options));
  for (std::size_t i = 0; i < kFiles; ++i) {
    const std::string_view name = snapshot_files()[i];
    state->sources[i] = load(filesystem, folder, name, state->options,
                             previous != nullptr ? &previous->state_->sources[i] : nullptr,
                             Report(name, state->diagnostics));
  }
  return State::assemble(std::move(state));
}

std::shared_ptr<const Snapshot> Snapshot::from_texts(const Texts& texts, Options options) {
  auto state = std::make_unique<State>();
  state->options = completed(std::move(options));
  const std::array<const std::optional<std::string>*, kFiles> given = {
      &texts.accounts,  &texts.virtual_aliases,   &texts.regexp_aliases, &texts.local_aliases,
      &texts.quotas,    &texts.masters,           &texts.send_access,    &texts.receive_access,
      &texts.relay_map, &texts.relay_credentials, &texts.app_passwords};
  for (std::size_t i = 0; i < kFiles; ++i) {
    if (*given[i]) state->sources[i].text = std::make_shared<const std::string>(**given[i]);
  }
  return State::assemble(std::move(state));
}

Resolution Snapshot::resolve(std::string_view address) const {
  return resolve_in(*state_, address);
}

const Account* Snapshot::find_mailbox(std::string_view address) const {
  if (address.find_first_of("\"\\") == std::string_view::npos) {
    return state_->account(state_->link_of(KeyBuffer({address}).view()).mailbox());
  }
  return state_->account(state_->link_of(ascii::to_lower(internal_form(address))).mailbox());
}

const Account* Snapshot::find_login(std::string_view login) const {
  const KeyBuffer key({login});
  const Name name = state_->names.find(key.view());
  if (name.account != Name::kNone) return state_->account(name.account);
  if (!state_->options.alias_login) return nullptr;
  // docker-mailserver: the first target that is an account lends the alias its password.
  std::uint32_t chain = name.chain;
  for (; chain != Name::kNone; chain = state_->virtuals.sources[chain].next) {
    const VirtualTable::Source& source = state_->virtuals.sources[chain];
    for (std::uint32_t n = 0; n < source.count; ++n) {
      const std::uint32_t account = state_->virtuals.target(source, n).link.name.account;
      if (account != Name::kNone) return state_->account(account);
    }
  }
  return nullptr;
}

const Account* Snapshot::find_master(std::string_view name) const {
  const std::uint32_t position = state_->master_names.find(KeyBuffer({name}).view()).account;
  return position == Name::kNone ? nullptr : &state_->masters.accounts[position];
}

const AccessRule* Snapshot::send_access(std::string_view sender) const {
  const std::string internal =
      sender.empty() ? std::string() : qualified(sender, state_->options.hostname);
  return state_->send_access.find(internal, state_->options.recipient_delimiter);
}

const AccessRule* Snapshot::receive_access(std::string_view recipient) const {
  return state_->receive_access.find(qualified(recipient, state_->options.hostname),
                                     state_->options.recipient_delimiter);
}

bool Snapshot::send_access_available() const { return !state_->send_access.unreadable; }

bool Snapshot::receive_access_available() const { return !state_->receive_access.unreadable; }

const RelayRoute* Snapshot::relay_route(std::string_view sender) const {
  return state_->relays.find_route(sender);
}

const RelayCredentials* Snapshot::relay_credentials(std::string_view sender,
                                                    std::string_view host) const {
  return state_->relays.find_credentials(sender, host);
}

Quota Snapshot::quota_of(const Account& account) const {
  const Options& options = state_->options;
  Quota quota;
  if (!options.quotas) return quota;
  quota.octets = options.default_quota_octets;
  const Attributes attributes = attributes_of(account, "");
  if (attributes.quota_octets || attributes.quota_messages) {
    quota.octets = attributes.quota_octets.value_or(quota.octets);
    quota.messages = attributes.quota_messages.value_or(0);
    quota.file = kAccountsFile;
    quota.line = account.line;
  }
  // docker-mailserver writes this one behind the attributes, and Dovecot takes the last.
  if (const QuotaTable::Entry* entry = state_->quotas.find(account.address)) {
    quota.octets = entry->octets;
    quota.file = kQuotasFile;
    quota.line = entry->line;
  }
  quota.grace_octets = quota.octets / 10;
  return quota;
}

bool Snapshot::is_managed_domain(std::string_view domain) const {
  return state_->domain(KeyBuffer({domain}).view()).managed;
}

bool Snapshot::is_local_domain(std::string_view domain) const {
  return state_->domain(KeyBuffer({domain}).view()).local;
}

bool Snapshot::accounts_available() const { return !state_->accounts.unreadable; }

std::span<const Account> Snapshot::accounts() const { return state_->accounts.accounts; }

std::span<const Alias> Snapshot::aliases() const { return state_->virtuals.lines; }

std::span<const Account> Snapshot::masters() const { return state_->masters.accounts; }

bool Snapshot::masters_available() const { return !state_->masters.unreadable; }

std::vector<const AppPassword*> Snapshot::app_passwords_of(std::string_view account) const {
  std::vector<const AppPassword*> all;
  const auto found = state_->app_passwords.of_account.find(account);
  if (found == state_->app_passwords.of_account.end()) return all;
  for (const std::uint32_t position : found->second) {
    all.push_back(&state_->app_passwords.passwords[position]);
  }
  return all;
}

const AppPassword* Snapshot::find_app_password(std::string_view account,
                                               std::string_view label) const {
  return state_->app_passwords.find(account, label);
}

std::span<const AppPassword> Snapshot::app_passwords() const {
  return state_->app_passwords.passwords;
}

bool Snapshot::app_passwords_available() const { return !state_->app_passwords.unreadable; }

std::span<const AccessRule> Snapshot::send_access_rules() const {
  return state_->send_access.rules;
}

std::span<const AccessRule> Snapshot::receive_access_rules() const {
  return state_->receive_access.rules;
}

std::span<const RelayRoute> Snapshot::relay_routes() const { return state_->relays.routes; }

std::span<const RelayCredentials> Snapshot::relay_credentials() const {
  return state_->relays.credentials;
}

std::vector<std::string> Snapshot::managed_domains() const {
  std::vector<std::string> names;
  for (const auto& [name, domain] : state_->domains) {
    if (domain.managed) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::span<const Diagnostic> Snapshot::diagnostics() const { return state_->diagnostics; }

const Options& Snapshot::options() const { return state_->options; }

}  // namespace mail::directory
