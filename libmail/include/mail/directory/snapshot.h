// The directory: an immutable picture of the config folder, built whole and swapped whole.
//
// Files: postfix-{accounts,virtual,regexp,aliases}.cf, dovecot-{quotas,masters}.cf,
// postfix-{send,receive}-access.cf, postfix-relaymap.cf, postfix-sasl-password.cf,
// app-passwords.cf. A line that
// cannot be understood loses only itself and is reported. A file that cannot be read at all (I/O
// error, NUL octets, over its limit) keeps its last good version; where there is none, every
// question that needs it is answered kLookupFailure (451), never "no such user".
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/directory/access.h"
#include "mail/directory/app_password.h"
#include "mail/directory/diagnostic.h"
#include "mail/directory/quota.h"
#include "mail/directory/relay.h"
#include "mail/directory/resolution.h"

namespace mail::directory {

struct Options {
  std::string hostname = "localhost.localdomain";  // FQDN; also $myorigin
  std::string domain;                              // empty: derived by `domain_of_hostname`
  std::string recipient_delimiter = "+";           // each character delimits; empty: no extensions
  std::string postmaster_address;                  // empty: postmaster@<domain>
  /// Domains of /etc/aliases. Unset: hostname, localhost.<domain>, localhost.
  std::optional<std::vector<std::string>> mydestination;
  /// This machine's addresses ("192.0.2.1", "2001:db8::1"): `user@[192.0.2.1]` is local too.
  std::vector<std::string> own_addresses;
  /// Postfix's order: `@domain` also takes the mail of real accounts without an alias of their own.
  bool catchall_swallows_accounts = false;
  enum class Duplicates : std::uint8_t { kMerge, kFail };
  Duplicates alias_duplicates = Duplicates::kMerge;
  /// docker-mailserver's side effect: an alias is a login too, with the password of its first
  /// target that is an account.
  bool alias_login = false;
  bool quotas = true;                      // false: quota_of knows none
  std::uint64_t default_quota_octets = 0;  // of accounts without one of their own; 0: unlimited
  ExpansionLimits expansion;
  std::uint64_t max_file_octets = 64 * 1024 * 1024;
  std::size_t max_line_octets = 64 * 1024;       // with its continuation lines
  std::size_t max_pattern_octets = 1024 * 1024;  // memory of one compiled regular expression

  bool operator==(const Options&) const = default;
};

/// DMS: the hostname minus its first label when it has more than two, else the hostname.
std::string_view domain_of_hostname(std::string_view hostname);

/// A line of postfix-accounts.cf or dovecot-masters.cf. A value.
struct Account {
  std::string address;   // lower case; a master's name
  std::string password;  // as stored: "{SHA512-CRYPT}$6$…"
  std::string extra;     // the third field, verbatim (attributes.h)
  std::size_t line = 0;

  bool operator==(const Account&) const = default;
};

/// Stands before the stored password of an account that may not log in. Dovecot does not know the
/// scheme and lets nobody in either.
inline constexpr std::string_view kSuspended = "{SUSPENDED}";
constexpr bool is_suspended(std::string_view stored_password) {
  return stored_password.starts_with(kSuspended);
}
constexpr std::string_view without_suspension(std::string_view stored_password) {
  return stored_password.substr(is_suspended(stored_password) ? kSuspended.size() : 0);
}

/// A line of postfix-virtual.cf (several where a duplicate key was merged). A value.
struct Alias {
  std::string key;      // as written
  std::string targets;  // as written
  std::size_t line = 0;

  bool operator==(const Alias&) const = default;
};

/// Immutable: safe from any thread. Share it as `std::shared_ptr<const Snapshot>`.
class Snapshot {
 public:
  /// Always gives a snapshot; what went wrong is in `diagnostics()`. Blocks on files. `previous`
  /// lends the last good version of files that cannot be read now.
  static std::shared_ptr<const Snapshot> build(Filesystem& filesystem, const std::string& folder,
                                               Options options, const Snapshot* previous = nullptr);
  /// For tests and embedding: the files as text; nullopt is an absent file.
  struct Texts {
    std::optional<std::string> accounts;
    std::optional<std::string> virtual_aliases;
    std::optional<std::string> regexp_aliases;
    std::optional<std::string> local_aliases;
    std::optional<std::string> quotas = {};
    std::optional<std::string> masters = {};
    std::optional<std::string> send_access = {};
    std::optional<std::string> receive_access = {};
    std::optional<std::string> relay_map = {};
    std::optional<std::string> relay_credentials = {};
    std::optional<std::string> app_passwords = {};
  };
  static std::shared_ptr<const Snapshot> from_texts(const Texts& texts, Options options);

  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  /// Who gets mail for this envelope address (without angle brackets). An address without domain is
  /// taken at the hostname (RFC 5321 §4.5.1: "postmaster").
  Resolution resolve(std::string_view address) const;

  /// The account that `user+ext@dom` is delivered to; aliases play no part. Allocates nothing.
  const Account* find_mailbox(std::string_view address) const;
  /// The account with exactly this login name, whatever its case; with Options::alias_login also
  /// the one that an alias of this name leads to. Allocates nothing.
  const Account* find_login(std::string_view login) const;
  /// A line of dovecot-masters.cf. Allocates nothing.
  const Account* find_master(std::string_view name) const;
  /// In the order of the file; `account` in lower case.
  std::vector<const AppPassword*> app_passwords_of(std::string_view account) const;
  /// The label in any case.
  const AppPassword* find_app_password(std::string_view account, std::string_view label) const;

  Quota quota_of(const Account& account) const;

  /// The line of postfix-send-access.cf that speaks of this reverse path (empty: the null sender);
  /// null: none does. Order of access(5): user+ext@dom, user@dom, dom and those above it,
  /// user+ext@, user@.
  const AccessRule* send_access(std::string_view sender) const;
  /// Likewise postfix-receive-access.cf.
  const AccessRule* receive_access(std::string_view recipient) const;
  /// False when the file exists but could not be read, nor ever was: defer (451).
  bool send_access_available() const;
  bool receive_access_available() const;

  /// The line of postfix-relaymap.cf for this sender: its address, then "@domain".
  const RelayRoute* relay_route(std::string_view sender) const;
  /// postfix-sasl-password.cf: the sender's address, "@domain", then the relay as it is written.
  const RelayCredentials* relay_credentials(std::string_view sender, std::string_view host) const;

  /// A domain of an account or of a key of postfix-virtual.cf.
  bool is_managed_domain(std::string_view domain) const;
  /// In mydestination.
  bool is_local_domain(std::string_view domain) const;
  /// Either: mail for it is accepted here, everything else is relaying.
  bool is_our_domain(std::string_view domain) const {
    return is_managed_domain(domain) || is_local_domain(domain);
  }

  /// False when postfix-accounts.cf exists but could not be read, nor ever was: logins then fail
  /// for now, not for good.
  bool accounts_available() const;

  /// Every account has a usable {SCRAM-SHA-256} password, there is one at least, and nobody has an
  /// app password, which a client that prefers SCRAM could not use.
  bool every_account_has_scram() const { return every_account_has_scram_; }

  std::span<const Account> accounts() const;  // in file order
  std::span<const Alias> aliases() const;     // in file order, every line
  std::span<const Account> masters() const;   // each of these in file order
  std::span<const AppPassword> app_passwords() const;
  bool app_passwords_available() const;
  bool masters_available() const;
  std::span<const AccessRule> send_access_rules() const;
  std::span<const AccessRule> receive_access_rules() const;
  std::span<const RelayRoute> relay_routes() const;
  std::span<const RelayCredentials> relay_credentials() const;
  std::vector<std::string> managed_domains() const;  // sorted
  std::span<const Diagnostic> diagnostics() const;
  const Options& options() const;

 private:
  struct State;
  explicit Snapshot(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
  const bool every_account_has_scram_;
};

}  // namespace mail::directory
