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
#include "pattern_filter.h"
#include "text_pool.h"

namespace mail::directory {

inline constexpr std::string_view kAccountsFile = "postfix-accounts.cf";
inline constexpr std::string_view kVirtualFile = "postfix-virtual.cf";
inline constexpr std::string_view kRegexpFile = "postfix-regexp.cf";
inline constexpr std::string_view kAliasesFile = "postfix-aliases.cf";

/// What a name is: an account, a key of postfix-virtual.cf, both or nothing. One index for both
/// files, since an address is asked for in both.
struct Name {
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t account = kNone;  // position in AccountTable::accounts
  std::uint32_t chain = kNone;    // position in VirtualTable::sources
};
using Names = ViewMap<Name>;  // lower case, in internal form

/// postfix-accounts.cf, or dovecot-masters.cf: the same form with names instead of addresses.
struct AccountTable {
  /// What a resolution tells of an account, packed.
  struct Brief {
    std::string_view address;
    std::size_t line = 0;
  };

  bool unreadable = false;
  std::vector<Account> accounts;
  std::vector<Brief, TableAllocator<Brief>> briefs;  // of each account
  TextPool pool;                                     // of addresses

  /// What is added to `names` refers to the table's text.
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

  /// Whose mailbox it is: a position in AccountTable::accounts, or Name::kNone.
  std::uint32_t mailbox() const {
    return name.account != Name::kNone ? name.account : bare.account;
  }
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
  /// One line of the file. Several lines of one key form a chain.
  struct Source {
    std::uint32_t line = 0;
    std::uint32_t first = 0;     // of `targets`
    std::uint32_t count = 0;     // 0 in an unusable line, or where an earlier one has them all
    std::uint32_t next = kNone;  // position of the next line of this key
    bool unusable = false;
  };

  bool unreadable = false;
  bool broken = false;  // a duplicate key under Duplicates::kFail
  std::vector<Alias> lines;
  std::vector<Source, TableAllocator<Source>> sources;
  std::vector<AddressText, TableAllocator<AddressText>> targets;
  std::vector<Link, TableAllocator<Link>> links;  // of the targets
  TextPool pool;                                  // of keys and targets

  static VirtualTable parse(std::string_view text, const Options& options, const Report& report,
                            Names& names);
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
  Name find_name(std::string_view lowered) const {
    const auto found = names.find(lowered);
    return found == names.end() ? Name{} : found->second;
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
