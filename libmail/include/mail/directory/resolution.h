// The answer to "who gets mail for this address?", with the way it was found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mail::directory {

enum class Verdict : std::uint8_t {
  kDeliverable,  // `recipients` says to whom
  kUnknownUser,  // 550 5.1.1: our domain, nobody there
  /// 554 5.7.1: not our domain. `recipients` says where an authenticated sender's mail goes all the
  /// same (aliases apply to it too); they are empty when that expansion failed (451).
  kRelayDenied,
  kLookupFailure,   // 451 4.3.0: a table is broken (ALIAS_DUPLICATES=fail) or cannot be read
  kExpansionError,  // 451 4.6.0: a loop, a limit, a result that is no address
};
std::string_view to_string(Verdict verdict);

enum class RecipientKind : std::uint8_t {
  kMailbox,  // an account of ours
  kRemote,   // another server's
  kDiscard,  // /dev/null: accept and forget
};
/// "mailbox", "remote", "discard".
std::string_view to_string(RecipientKind kind);

/// A value.
struct Recipient {
  /// kMailbox: the account's address, lower case, without extension. Otherwise the final address.
  std::string address;
  RecipientKind kind = RecipientKind::kMailbox;
  /// The address that expansion ended with: `ann+news@example.com` for the mailbox ann@example.com.
  std::string final_address;

  bool operator==(const Recipient&) const = default;
};

enum class Rule : std::uint8_t {
  kVirtualAlias,    // postfix-virtual.cf, key user+ext@dom or user@dom
  kRegexpAlias,     // postfix-regexp.cf
  kLocalpartAlias,  // postfix-virtual.cf, key without domain
  kCatchAll,        // postfix-virtual.cf, key @dom
  kLocalAlias,      // postfix-aliases.cf
  kMailbox,         // postfix-accounts.cf
  kRemote,          // not our domain
  kDiscard,         // /dev/null
  kUnknown,         // our domain, but neither account nor alias
  kDuplicate,       // the same final address came up before
  kRefused,         // a pipe, a file or an :include: in postfix-aliases.cf
};
std::string_view to_string(Rule rule);

/// One rule taken. A view: its text lasts as long as the Path, or a copy of that.
struct Step {
  Rule rule = Rule::kMailbox;
  std::string_view from;
  std::string_view to;    // the targets as they stand after substitution, ", " between them
  std::string_view file;  // static text; empty where no file decides
  std::size_t line = 0;   // of that file, from 1

  bool operator==(const Step&) const = default;
};

class PathText;

/// The rules taken, in their order. A value; copies share the text.
class Path {
 public:
  Path() = default;
  /// Its own steps.
  explicit Path(std::shared_ptr<const PathText> text);

  auto begin() const { return steps_.begin(); }
  auto end() const { return steps_.end(); }
  std::size_t size() const { return steps_.size(); }
  bool empty() const { return steps_.empty(); }
  const Step& operator[](std::size_t i) const { return steps_[i]; }

  bool operator==(const Path& other) const {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

 private:
  std::shared_ptr<const PathText> text_;  // the steps, and what they are views of
  std::span<const Step> steps_;
};

/// A value.
struct Resolution {
  Verdict verdict = Verdict::kUnknownUser;
  /// In the order of expansion, each final address once.
  std::vector<Recipient> recipients;
  /// Targets in our own domains that nobody answers to. Empty `recipients` and a verdict of
  /// kUnknownUser when there is nothing else; otherwise mail goes to the rest.
  std::vector<std::string> undeliverable;
  Path path;

  bool operator==(const Resolution&) const = default;
};

/// Postfix's limits (virtual_alias_expansion_limit, …_recursion_limit, …_address_length_limit).
struct ExpansionLimits {
  std::size_t expansions = 1000;
  std::size_t nesting = 1000;
  std::size_t address_octets = 1000;

  bool operator==(const ExpansionLimits&) const = default;
};

}  // namespace mail::directory
