// The config files, parsed: what a Snapshot holds and the resolver asks.
//
// Keys are lower case and in internal form (address_text.h). A table that could not be read, nor
// ever was, is `unreadable`: every question to it is a temporary failure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app_password_table.h"
#include "config_text.h"
#include "mail/base/absl.h"
#include "mail/directory/snapshot.h"
#include "more_tables.h"
#include "names.h"
#include "pattern_filter.h"
#include "text_pool.h"

namespace mail::directory {

inline constexpr std::string_view kAccountsFile = "postfix-accounts.cf";
inline constexpr std::string_view kVirtualFile = "postfix-virtual.cf";
inline constexpr std::string_view kRegexpFile = "postfix-regexp.cf";
inline constexpr std::string_view kAliasesFile = "postfix-aliases.cf";

/// postfix-accounts.cf, or dovecot-masters.cf: the same form with names instead of addresses.
struct AccountTable {
  bool unreadable = false;
  std::vector<Account> accounts;

  static AccountTable parse(std::string_view text, const Options& options, const Report& report,
                            Names& names);
  static AccountTable parse_masters(std::string_view text, const Options& options,
                                    const Report& report, Names& names);
};

struct Domain {
  bool managed = false;  // of an account or of a key of postfix-virtual.cf
  bool local = false;    // in mydestination
  bool own = false;      // the host's name: targets without a domain get it
  std::uint32_t catch_all = Name::kNone;
};

/// What the tables know of an address, looked up once.
struct Link {
  enum class MayMatch : std::uint8_t { kUnknown, kNo, kYes };
  Name name;  // of the whole address
  Name bare;  // of the address without its extension; nothing where it has none
  Domain domain;
  MayMatch may_match = MayMatch::kUnknown;  // a line of postfix-regexp.cf

  /// Whose mailbox it is; no account: nobody's.
  const Name& mailbox_name() const { return name.account != Name::kNone ? name : bare; }
  std::uint32_t mailbox() const { return mailbox_name().account; }
};

/// An address in internal form. The views live as long as the snapshot, or as the resolution for
/// one that was made for it.
struct AddressText {
  std::string_view text;     // as written
  std::string_view lowered;  // often the same
  bool plain = false;        // known to need no quotes
  const Link* link = nullptr;
};

struct VirtualTable {
  static constexpr std::uint32_t kNone = Name::kNone;
  struct Target {
    AddressText address;
    Link link;
  };
  /// One line of the file. Several lines of one key form a chain. What most lines need is in one
  /// place, two cache lines.
  struct alignas(64) Source {
    Target first;
    std::uint32_t line = 0;
    std::uint32_t count = 0;     // 0 in an unusable line, or where an earlier one has them all
    std::uint32_t more = 0;      // position of the second target
    std::uint32_t next = kNone;  // position of the next line of this key
    bool unusable = false;
  };

  bool unreadable = false;
  bool broken = false;  // a duplicate key under Duplicates::kFail
  std::vector<Alias> lines;
  std::vector<Source, TableAllocator<Source>> sources;
  std::vector<Target> more_targets;
  TextPool pool;  // of targets

  static VirtualTable parse(std::string_view text, const Options& options, const Report& report,
                            Names& names);

  /// Asks for the line's memory before it is used.
  void prefetch(std::uint32_t chain) const {
    if (chain == kNone) return;
    const char* const source = reinterpret_cast<const char*>(&sources[chain]);
    __builtin_prefetch(source);
    __builtin_prefetch(source + 64);
  }
  /// `n` < source.count
  const Target& target(const Source& source, std::uint32_t n) const {
    return n == 0 ? source.first : more_targets[source.more + n - 1];
  }
};

/// postfix-regexp.cf: rules in file order, the first that matches wins.
class RegexpTable {
 public:
  struct Hit {
    std::string result;
    std::size_t line = 0;
  };

  bool unreadable = false;

  static RegexpTable parse(std::string_view text, const Options& options, const Report& report);
  /// `address` in external form and the case it came in; `lowered` the same in lower case.
  std::optional<Hit> find(std::string_view address, std::string_view lowered) const;
  /// False: `find` has no answer for it, cheaper.
  bool may_match(std::string_view lowered) const;
  bool empty() const { return rules_.empty(); }

 private:
  struct Piece {
    std::string literal;
    int group = 0;  // 0: the literal
  };
  struct Rule {
    enum class Kind : std::uint8_t { kMatch, kIf, kEndif };
    Kind kind = Kind::kMatch;
    bool negated = false;
    bool anchored = false;
    std::size_t line = 0;
    int pattern = -1;  // number in `filter_`; -1: its pattern was unusable, never true
    int groups = 0;    // the highest that `result` names
    std::vector<Piece> result;
    std::size_t endif = 0;  // kIf: position of its endif, or the number of rules
  };
  friend class RegexpParser;

  static constexpr std::size_t kNoRule = SIZE_MAX;

  std::optional<Hit> search(std::string_view address, const std::vector<int>* candidates) const;
  std::optional<Hit> apply(const Rule& rule, std::string_view address, bool possible) const;

  std::vector<Rule> rules_;
  std::vector<std::size_t> rule_of_pattern_;
  bool plain_ = true;  // neither `if` nor "!"
  PatternFilter filter_;
};

/// postfix-aliases.cf, with the generated root and postmaster.
struct LocalTable {
  struct Target {
    enum class Kind : std::uint8_t { kAddress, kDiscard, kRefused };
    Kind kind = Kind::kAddress;
    std::string text;  // kAddress: internal form, with domain
  };
  struct Entry {
    std::size_t line = 0;  // 0: generated
    std::vector<Target> targets;
  };

  bool unreadable = false;
  StringMap<Entry> entries;

  static LocalTable parse(std::string_view text, const Options& options, const Report& report);
  const Entry* find(std::string_view lowered) const;
};

/// Everything that a Snapshot answers from.
struct Tables {
  Options options;  // complete: domain, postmaster_address and mydestination are filled in
  AccountTable accounts;
  VirtualTable virtuals;
  RegexpTable regexps;
  LocalTable locals;
  AccountTable masters;
  AppPasswordTable app_passwords;
  QuotaTable quotas;
  AccessTable send_access;
  AccessTable receive_access;
  RelayTable relays;
  StringMap<Domain> domains;
  Names names;  // of accounts and postfix-virtual.cf
  Names master_names;

  /// `lowered`; a domain that is not ours has no flag set.
  Domain domain(std::string_view lowered) const {
    const auto found = domains.find(lowered);
    return found == domains.end() ? Domain{} : found->second;
  }
  Link link_of(std::string_view lowered) const;
  /// Once everything else is in place.
  void link_targets();
  /// Null for Name::kNone.
  const Account* account(std::uint32_t position) const {
    return position == Name::kNone ? nullptr : &accounts.accounts[position];
  }
};

}  // namespace mail::directory
