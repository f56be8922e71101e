// The four config files, parsed: what a Snapshot holds and the resolver asks.
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

#include <re2/re2.h>

#include "config_text.h"
#include "mail/base/absl.h"
#include "mail/directory/snapshot.h"

namespace mail::directory {

inline constexpr std::string_view kAccountsFile = "postfix-accounts.cf";
inline constexpr std::string_view kVirtualFile = "postfix-virtual.cf";
inline constexpr std::string_view kRegexpFile = "postfix-regexp.cf";
inline constexpr std::string_view kAliasesFile = "postfix-aliases.cf";

struct AccountTable {
  bool unreadable = false;
  std::vector<Account> accounts;
  StringMap<std::uint32_t> index;  // address → position

  static AccountTable parse(std::string_view text, const Options& options, const Report& report);
  const Account* find(std::string_view lowered) const;
};

struct VirtualTable {
  /// One line of the file. Several lines of one key stand beside each other.
  struct Source {
    std::size_t line = 0;
    std::optional<std::vector<std::string>> targets;  // none: the line says nothing usable
  };
  using Entry = std::vector<Source>;

  bool unreadable = false;
  bool broken = false;  // a duplicate key under Duplicates::kFail
  std::vector<Alias> lines;
  StringMap<Entry> entries;

  static VirtualTable parse(std::string_view text, const Options& options, const Report& report);
  const Entry* find(std::string_view lowered) const;
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
  /// `address` in external form and the case it came in.
  std::optional<Hit> find(std::string_view address) const;

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
    std::unique_ptr<re2::RE2> pattern;  // kIf without one: its pattern was unusable, never true
    std::vector<Piece> result;
    std::size_t endif = 0;  // kIf: position of its endif, or the number of rules
  };
  friend class RegexpParser;

  std::vector<Rule> rules_;
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

/// Everything the resolver needs.
struct Tables {
  Options options;  // complete: domain, postmaster_address and mydestination are filled in
  AccountTable accounts;
  VirtualTable virtuals;
  RegexpTable regexps;
  LocalTable locals;
  StringSet managed_domains;
  StringSet local_domains;

  bool is_managed(std::string_view domain) const;
  bool is_local(std::string_view domain) const;
  /// The account that `user+ext@dom` belongs to.
  const Account* find_mailbox(std::string_view internal) const;
};

}  // namespace mail::directory
