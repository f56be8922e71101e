// Alias resolution as Postfix does it: cleanup(8)'s recursive virtual expansion, then local(8)'s
// aliases for what ends in mydestination.
//
// 1. Virtual expansion (`expand`) rewrites a list of slots in place. A slot is looked up again and
//    again until nothing matches or it maps to itself; further targets become new slots. Limits on
//    slots, on lookups of one slot and on the length of a target make every loop end, with
//    kExpansionError.
// 2. Each final address is classified (`classify`): an account, /etc/aliases, another server's, or
//    nobody. Targets of a local alias inside mydestination are classified again without virtual
//    aliases, others start a virtual expansion of their own (local(8) hands them to cleanup(8)).
//
// Both work on an explicit stack: a chain of aliases is as long as the config file says, and must
// not become a chain of calls.
//
// An address is a pair of views, as written and in lower case, into the tables or into `Scratch`:
// what is allocated is the answer.
//
// The slow twin is tests/oracle/directory; tested by tests/unit/directory/resolve_test.cc.
#include "resolver.h"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/inlined_vector.h>

#include "address_text.h"
#include "key_buffer.h"
#include "mail/base/ascii.h"
#include "mail/directory/address.h"

namespace mail::directory {
namespace {

std::string_view domain_of(std::string_view internal) {
  return internal.substr(internal.rfind('@') + 1);
}

/// Addresses that are made while resolving; views of them last as long as it.
class Scratch {
 public:
  std::string_view join(std::string_view a, std::string_view b = {}, std::string_view c = {}) {
    const std::size_t size = a.size() + b.size() + c.size();
    char* const to = take(size);
    std::copy(c.begin(), c.end(), std::copy(b.begin(), b.end(), std::copy(a.begin(), a.end(), to)));
    return {to, size};
  }
  AddressText with_lowered(std::string_view text) {
    const bool plain = is_plain_address(text);
    if (std::none_of(text.begin(), text.end(), ascii::is_upper)) return {text, text, plain};
    char* const to = take(text.size());
    std::transform(text.begin(), text.end(), to, [](char c) { return ascii::to_lower(c); });
    return {text, {to, text.size()}, plain};
  }

 private:
  char* take(std::size_t octets) {
    if (octets > buffer_.size() - used_) {
      more_.emplace_back(octets, '\0');
      return more_.back().data();
    }
    return buffer_.data() + std::exchange(used_, used_ + octets);
  }

  std::array<char, 512> buffer_;
  std::size_t used_ = 0;
  std::deque<std::string> more_;
};

/// A set of texts that live elsewhere: a list while it is short.
class Seen {
 public:
  bool contains(std::string_view text) const {
    if (!many_.empty()) return many_.contains(text);
    return std::find(few_.begin(), few_.end(), text) != few_.end();
  }
  /// True when it was not there.
  bool insert(std::string_view text) {
    if (contains(text)) return false;
    if (many_.empty() && few_.size() < kFew) {
      few_.push_back(text);
      return true;
    }
    if (many_.empty()) many_.insert(few_.begin(), few_.end());
    return many_.insert(text).second;
  }

 private:
  static constexpr std::size_t kFew = 8;
  absl::InlinedVector<std::string_view, kFew> few_;
  absl::flat_hash_set<std::string_view, StringHash, StringEqual> many_;
};

using Addresses = absl::InlinedVector<AddressText, 4>;

std::string shown(const AddressText& address) {
  return address.plain ? std::string(address.text) : external_form(address.text);
}

std::string joined(const AddressText* begin, const AddressText* end) {
  std::string text;
  for (; begin != end; ++begin) {
    if (!text.empty()) text += ", ";
    text += shown(*begin);
  }
  return text;
}

class Resolver {
 public:
  explicit Resolver(const Tables& tables) : tables_(tables), options_(tables.options) {}

  Resolution run(std::string_view address);

 private:
  struct Item {
    enum class Kind : std::uint8_t { kExpand, kClassify, kDiscard, kRefused };
    Kind kind = Kind::kClassify;
    AddressText address;      // kRefused: the local address whose alias was refused
    std::string_view target;  // kDiscard, kRefused: as written
    std::size_t line = 0;
  };
  /// An address cut into its parts, lower case.
  struct Parts {
    explicit Parts(std::string_view lowered, std::string_view delimiters)
        : at(lowered.rfind('@')),
          local(split_localpart(lowered.substr(0, at), delimiters)),
          domain(lowered.substr(at + 1)) {}
    std::size_t at;
    SplitLocalpart local;
    std::string_view domain;
  };

  // These answer false when the resolution is over: `failure_` says why.
  bool expand(const AddressText& root);
  bool expand_slot(absl::InlinedVector<AddressText, 8>& slots, std::size_t i, Seen& final_slots);
  bool classify(const Item& item);

  /// True when a rule was found: its targets are in `found_`.
  bool look_up(const AddressText& address);
  bool take(Rule rule, std::uint32_t chain, const AddressText& address, std::size_t extension);
  bool take_regexp(const RegexpTable::Hit& hit, const AddressText& address);
  AddressText substituted(const AddressText& target, const AddressText& address,
                          std::size_t extension);

  const LocalTable::Entry* find_local_alias(std::string_view lowered) const;
  void push_local_targets(const AddressText& address, const LocalTable::Entry& entry);
  void deliver(RecipientKind kind, std::string address, const AddressText& final_address);
  void undeliverable(const AddressText& address) {
    resolution_.undeliverable.push_back(shown(address));
  }
  void note(Rule rule, const AddressText& from, std::string to, std::string_view file,
            std::size_t line) {
    resolution_.path.push_back({rule, shown(from), std::move(to), file, line});
  }
  bool stop(Verdict verdict) {
    failure_ = verdict;
    return false;
  }
  Resolution finish(bool ours);

  const Tables& tables_;
  const Options& options_;
  Resolution resolution_;
  Scratch scratch_;
  absl::InlinedVector<Item, 4> stack_;
  Addresses found_;
  Seen expanded_;    // roots of virtual expansions, lower case
  Seen classified_;  // final addresses, lower case
  std::optional<Verdict> failure_;
};

Resolution Resolver::run(std::string_view address) {
  if (tables_.accounts.unreadable || tables_.virtuals.unreadable) {
    // Nobody can say now which domains are ours.
    resolution_.verdict = Verdict::kLookupFailure;
    return std::move(resolution_);
  }
  const auto has = [address](char c) { return address.find(c) != std::string_view::npos; };
  const bool is_internal = has('@') && !has('"') && !has('\\');
  const AddressText original = scratch_.with_lowered(
      is_internal ? address : scratch_.join(qualified(address, options_.hostname)));
  const Domain domain = tables_.domain(domain_of(original.lowered));
  const bool ours = domain.managed || domain.local;
  if (!is_plausible_address(original.text)) {
    resolution_.verdict = ours ? Verdict::kUnknownUser : Verdict::kRelayDenied;
    return std::move(resolution_);
  }
  constexpr std::size_t kUsualSteps = 4;
  resolution_.path.reserve(kUsualSteps);
  stack_.push_back({Item::Kind::kExpand, original, {}, 0});
  while (!stack_.empty() && !failure_) {
    const Item item = stack_.back();
    stack_.pop_back();
    const bool going = item.kind == Item::Kind::kExpand ? expand(item.address) : classify(item);
    if (!going) break;
  }
  return finish(ours);
}

Resolution Resolver::finish(bool ours) {
  const bool nothing = resolution_.recipients.empty() && resolution_.undeliverable.empty();
  if (!failure_ && nothing) failure_ = Verdict::kExpansionError;  // local aliases in a circle
  if (failure_) {
    resolution_.recipients.clear();
    resolution_.undeliverable.clear();
    // A circle's path is the circle a thousand times.
    constexpr std::size_t kMaxStepsOfFailure = 20;
    if (resolution_.path.size() > kMaxStepsOfFailure) resolution_.path.resize(kMaxStepsOfFailure);
  }
  if (!ours) {
    resolution_.verdict = Verdict::kRelayDenied;
  } else if (failure_) {
    resolution_.verdict = *failure_;
  } else {
    resolution_.verdict =
        resolution_.recipients.empty() ? Verdict::kUnknownUser : Verdict::kDeliverable;
  }
  return std::move(resolution_);
}

// Postfix: cleanup_map1n_internal.
bool Resolver::expand(const AddressText& root) {
  if (!expanded_.insert(root.lowered)) return true;
  absl::InlinedVector<AddressText, 8> slots = {root};
  Seen final_slots;  // addresses that mapped to themselves
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots.size() > options_.expansion.expansions) return stop(Verdict::kExpansionError);
    if (!expand_slot(slots, i, final_slots)) return false;
  }
  // The stack gives the last pushed first.
  for (auto slot = slots.rbegin(); slot != slots.rend(); ++slot) {
    stack_.push_back({Item::Kind::kClassify, *slot, {}, 0});
  }
  return true;
}

bool Resolver::expand_slot(absl::InlinedVector<AddressText, 8>& slots, std::size_t i,
                           Seen& final_slots) {
  const ExpansionLimits& limits = options_.expansion;
  for (std::size_t lookups = 0;; ++lookups) {
    const AddressText current = slots[i];
    if (final_slots.contains(current.lowered)) return true;
    if (lookups >= limits.nesting) return stop(Verdict::kExpansionError);
    const bool found = look_up(current);
    if (failure_) return false;
    if (!found) return true;
    for (std::size_t n = 0; n < found_.size(); ++n) {
      const AddressText& target = found_[n];
      if (target.text.size() > limits.address_octets) return stop(Verdict::kExpansionError);
      if (target.lowered == current.lowered) final_slots.insert(current.lowered);
      if (n == 0) {
        slots[i] = target;
      } else {
        slots.push_back(target);
      }
    }
  }
}

// Postfix: mail_addr_find. Each step asks all tables that may answer it; the first hit wins.
bool Resolver::look_up(const AddressText& address) {
  const VirtualTable& virtuals = tables_.virtuals;
  if (virtuals.broken) return stop(Verdict::kLookupFailure);
  // 1. user+ext@dom: virtual, then regexp, which sees whole addresses only.
  if (const auto chain = virtuals.find(address.lowered); chain != VirtualTable::kNone) {
    return take(Rule::kVirtualAlias, chain, address, 0);
  }
  if (tables_.regexps.unreadable) return stop(Verdict::kLookupFailure);
  if (!tables_.regexps.empty()) {
    const bool plain = address.plain || is_plain_address(address.text);
    const std::string quoted = plain ? std::string() : external_form(address.text);
    const std::string lowered = plain ? std::string() : ascii::to_lower(quoted);
    const auto hit = plain ? tables_.regexps.find(address.text, address.lowered)
                           : tables_.regexps.find(quoted, lowered);
    if (hit) return take_regexp(*hit, address);
  }
  const Parts parts(address.lowered, options_.recipient_delimiter);
  const std::size_t extension = parts.local.extension.size();
  // 2. user@dom.
  if (extension != 0) {
    const KeyBuffer bare({parts.local.user, "@", parts.domain});
    if (const auto chain = virtuals.find(bare.view()); chain != VirtualTable::kNone) {
      return take(Rule::kVirtualAlias, chain, address, extension);
    }
  }
  // 3. user+ext, then user: only in our own host's domains.
  const Domain domain = tables_.domain(parts.domain);
  if (domain.local || domain.own) {
    const std::string_view whole = address.lowered.substr(0, parts.at);
    if (const auto chain = virtuals.find(whole); chain != VirtualTable::kNone) {
      return take(Rule::kLocalpartAlias, chain, address, 0);
    }
    if (extension != 0) {
      if (const auto chain = virtuals.find(parts.local.user); chain != VirtualTable::kNone) {
        return take(Rule::kLocalpartAlias, chain, address, extension);
      }
    }
  }
  // 4. @dom. Not for real accounts, nor their user+ext@ (Postfix swallows those).
  if (domain.catch_all == VirtualTable::kNone) return false;
  const bool spared =
      !options_.catchall_swallows_accounts && tables_.find_mailbox(address.lowered) != nullptr;
  return !spared && take(Rule::kCatchAll, domain.catch_all, address, 0);
}

bool Resolver::take(Rule rule, std::uint32_t chain, const AddressText& address,
                    std::size_t extension) {
  found_.clear();
  const VirtualTable& virtuals = tables_.virtuals;
  for (; chain != VirtualTable::kNone; chain = virtuals.sources[chain].next) {
    const VirtualTable::Source& source = virtuals.sources[chain];
    const std::size_t before = found_.size();
    for (std::uint32_t i = source.first; i < source.first + source.count; ++i) {
      const AddressText& target = virtuals.targets[i];
      const bool as_it_is = extension == 0 && target.text.front() != '@';
      found_.push_back(as_it_is ? target : substituted(target, address, extension));
    }
    note(rule, address, joined(found_.data() + before, found_.data() + found_.size()), kVirtualFile,
         source.line);
    if (source.unusable) return stop(Verdict::kExpansionError);
  }
  return true;
}

bool Resolver::take_regexp(const RegexpTable::Hit& hit, const AddressText& address) {
  const auto targets = parse_targets(hit.result, options_.hostname);
  if (!targets) {
    note(Rule::kRegexpAlias, address, hit.result, kRegexpFile, hit.line);
    return stop(Verdict::kExpansionError);
  }
  found_.clear();
  for (const std::string& target : *targets) {
    const AddressText kept = scratch_.with_lowered(scratch_.join(target));
    found_.push_back(target.starts_with('@') ? substituted(kept, address, 0) : kept);
  }
  note(Rule::kRegexpAlias, address, joined(found_.data(), found_.data() + found_.size()),
       kRegexpFile, hit.line);
  return true;
}

/// A target `@other` takes the localpart of the address that was looked up, without the extension
/// that the key did not match; all other targets get that extension (its length is given).
AddressText Resolver::substituted(const AddressText& target, const AddressText& address,
                                  std::size_t extension) {
  const std::size_t at = address.text.rfind('@');
  if (target.text.starts_with('@')) {
    return scratch_.with_lowered(
        scratch_.join(address.text.substr(0, at - extension), target.text));
  }
  const std::size_t end = target.text.rfind('@');
  return scratch_.with_lowered(scratch_.join(target.text.substr(0, end),
                                             address.text.substr(at - extension, extension),
                                             target.text.substr(end)));
}

bool Resolver::classify(const Item& item) {
  const AddressText& address = item.address;
  switch (item.kind) {
    case Item::Kind::kDiscard:
      note(Rule::kDiscard, address, std::string(item.target), kAliasesFile, item.line);
      deliver(RecipientKind::kDiscard, shown(address), address);
      return true;
    case Item::Kind::kRefused:
      note(Rule::kRefused, address, std::string(item.target), kAliasesFile, item.line);
      undeliverable(address);
      return true;
    case Item::Kind::kExpand:
    case Item::Kind::kClassify: break;
  }
  if (!classified_.insert(address.lowered)) {
    note(Rule::kDuplicate, address, {}, {}, 0);
    return true;
  }
  if (const Account* account = tables_.find_mailbox(address.lowered)) {
    note(Rule::kMailbox, address, account->address, kAccountsFile, account->line);
    deliver(RecipientKind::kMailbox, account->address, address);
    return true;
  }
  const Domain domain = tables_.domain(domain_of(address.lowered));
  if (domain.local || domain.own) {
    if (tables_.locals.unreadable) return stop(Verdict::kLookupFailure);
    if (const LocalTable::Entry* entry = find_local_alias(address.lowered)) {
      // Each local address gets here once, so circles end.
      push_local_targets(address, *entry);
      return true;
    }
  }
  if (domain.local || domain.managed) {
    note(Rule::kUnknown, address, {}, {}, 0);
    undeliverable(address);
    return true;
  }
  note(Rule::kRemote, address, shown(address), {}, 0);
  deliver(RecipientKind::kRemote, shown(address), address);
  return true;
}

const LocalTable::Entry* Resolver::find_local_alias(std::string_view lowered) const {
  const std::string_view localpart = lowered.substr(0, lowered.rfind('@'));
  if (const LocalTable::Entry* entry = tables_.locals.find(localpart)) return entry;
  return tables_.locals.find(split_localpart(localpart, options_.recipient_delimiter).user);
}

void Resolver::push_local_targets(const AddressText& address, const LocalTable::Entry& entry) {
  using Kind = LocalTable::Target::Kind;
  std::string shown;
  for (const LocalTable::Target& target : entry.targets) {
    if (!shown.empty()) shown += ", ";
    shown += target.kind == Kind::kAddress ? external_form(target.text) : target.text;
  }
  note(Rule::kLocalAlias, address, std::move(shown), kAliasesFile, entry.line);
  for (auto target = entry.targets.rbegin(); target != entry.targets.rend(); ++target) {
    Item item{Item::Kind::kClassify, address, target->text, entry.line};
    switch (target->kind) {
      case Kind::kDiscard: item.kind = Item::Kind::kDiscard; break;
      case Kind::kRefused: item.kind = Item::Kind::kRefused; break;
      case Kind::kAddress:
        item.address = scratch_.with_lowered(target->text);
        item.kind = tables_.domain(domain_of(item.address.lowered)).local ? Item::Kind::kClassify
                                                                          : Item::Kind::kExpand;
        break;
    }
    stack_.push_back(item);
  }
}

void Resolver::deliver(RecipientKind kind, std::string address, const AddressText& final_address) {
  resolution_.recipients.push_back({std::move(address), kind, shown(final_address)});
}

}  // namespace

Resolution resolve_in(const Tables& tables, std::string_view address) {
  return Resolver(tables).run(address);
}

}  // namespace mail::directory
