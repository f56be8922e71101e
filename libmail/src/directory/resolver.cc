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
#include <forward_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <absl/container/inlined_vector.h>

#include "address_text.h"
#include "key_buffer.h"
#include "mail/base/ascii.h"
#include "mail/directory/address.h"
#include "path_text.h"

namespace mail::directory {
namespace {

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
  const Link* keep(const Link& link) {
    if (links_used_ < links_.size()) return &(links_[links_used_++] = link);
    return &more_links_.emplace_front(link);
  }

 private:
  char* take(std::size_t octets) {
    if (octets > buffer_.size() - used_) return more_.emplace_front(octets, '\0').data();
    return buffer_.data() + std::exchange(used_, used_ + octets);
  }

  std::array<char, 512> buffer_;
  std::size_t used_ = 0;
  std::forward_list<std::string> more_;
  std::array<Link, 2> links_;
  std::size_t links_used_ = 0;
  std::forward_list<Link> more_links_;
};

/// A set of texts that live elsewhere: a list while it is short.
class Seen {
 public:
  bool contains(std::string_view text) const {
    if (few_.empty()) return false;
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
  // These answer false when the resolution is over: `failure_` says why.
  bool expand(const AddressText& root);
  bool expand_slot(absl::InlinedVector<AddressText, 8>& slots, std::size_t i, Seen& final_slots);
  bool classify(const Item& item);

  /// True when a rule was found: its targets are in `found_`.
  bool look_up(const AddressText& address);
  bool take(Rule rule, std::uint32_t chain, const AddressText& address, std::size_t extension);
  /// A rule of postfix-regexp.cf, which sees whole addresses only, in external form.
  std::optional<RegexpTable::Hit> match(const AddressText& address) const;
  bool take_regexp(const RegexpTable::Hit& hit, const AddressText& address);
  /// An address that was not in the tables: `text` outlives the resolver or is in `scratch_`.
  AddressText linked(std::string_view text) {
    return linked_as(is_simple_address(text) ? AddressText{text, text, true}
                                             : scratch_.with_lowered(text));
  }
  AddressText linked_as(AddressText address) {
    address.link = scratch_.keep(tables_.link_of(address.lowered));
    return address;
  }
  AddressText substituted(const AddressText& target, const AddressText& address,
                          std::size_t extension);

  const LocalTable::Entry* find_local_alias(std::string_view lowered) const;
  void push_local_targets(const AddressText& address, const LocalTable::Entry& entry);
  void deliver(RecipientKind kind, std::string address, const AddressText& final_address);
  void undeliverable(const AddressText& address) {
    resolution_.undeliverable.push_back(shown(address));
  }
  /// `to` is kept already.
  void note(Rule rule, const AddressText& from, std::string_view to, std::string_view file,
            std::size_t line) {
    path_.push_back({rule, kept(from), to, file, line});
  }
  /// In external form, for a step. Most steps begin where the one before ended.
  std::string_view kept(const AddressText& address) {
    if (!address.plain) return text_->add(external_form(address.text));
    if (!path_.empty() && path_.back().to == address.text) {
      return path_.back().to;
    }
    return text_->add(address.text);
  }
  std::string_view kept(std::span<const AddressText> addresses) {
    if (addresses.size() == 1) return kept(addresses.front());
    std::string text;
    for (const AddressText& address : addresses) {
      append(text, text.empty() ? "" : ", ", shown(address));
    }
    return text_->add(text);
  }
  bool stop(Verdict verdict) {
    failure_ = verdict;
    return false;
  }
  Resolution finish(bool ours);

  const Tables& tables_;
  const Options& options_;
  Resolution resolution_;
  std::shared_ptr<PathText> text_ = std::make_shared<PathText>();
  absl::InlinedVector<Step, 4>& path_ = text_->steps;
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
  const bool simple = is_simple_address(address);
  const AddressText original = simple
                                   ? linked_as({address, address, true})
                                   : linked(scratch_.join(qualified(address, options_.hostname)));
  const Domain& domain = original.link->domain;
  const bool ours = domain.managed || domain.local;
  if (!simple && !is_plausible_address(original.text)) {
    resolution_.verdict = ours ? Verdict::kUnknownUser : Verdict::kRelayDenied;
    return std::move(resolution_);
  }
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
    if (path_.size() > kMaxStepsOfFailure) path_.resize(kMaxStepsOfFailure);
  }
  if (!ours) {
    resolution_.verdict = Verdict::kRelayDenied;
  } else if (failure_) {
    resolution_.verdict = *failure_;
  } else {
    resolution_.verdict =
        resolution_.recipients.empty() ? Verdict::kUnknownUser : Verdict::kDeliverable;
  }
  resolution_.path = Path(std::move(text_));
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
  if (tables_.virtuals.broken) return stop(Verdict::kLookupFailure);
  const Link& link = *address.link;
  // 1. user+ext@dom: virtual, then regexp.
  if (link.name.chain != Name::kNone) {
    return take(Rule::kVirtualAlias, link.name.chain, address, 0);
  }
  if (tables_.regexps.unreadable) return stop(Verdict::kLookupFailure);
  if (link.may_match != Link::MayMatch::kNo) {
    if (const auto hit = match(address)) return take_regexp(*hit, address);
  }
  // 2. user@dom.
  const auto local = [&] {
    return split_localpart(address.lowered.substr(0, address.lowered.rfind('@')),
                           options_.recipient_delimiter);
  };
  if (link.bare.chain != Name::kNone) {
    return take(Rule::kVirtualAlias, link.bare.chain, address, local().extension.size());
  }
  // 3. user+ext, then user: only in our own host's domains.
  if (link.domain.local || link.domain.own) {
    const std::string_view whole = address.lowered.substr(0, address.lowered.rfind('@'));
    if (const auto name = tables_.names.find(whole); name.chain != Name::kNone) {
      return take(Rule::kLocalpartAlias, name.chain, address, 0);
    }
    const SplitLocalpart split = local();
    const Name user = split.extension.empty() ? Name() : tables_.names.find(split.user);
    if (user.chain != Name::kNone) {
      return take(Rule::kLocalpartAlias, user.chain, address, split.extension.size());
    }
  }
  // 4. @dom. Not for real accounts, nor their user+ext@ (Postfix swallows those).
  if (link.domain.catch_all == Name::kNone) return false;
  const bool spared = !options_.catchall_swallows_accounts && link.mailbox() != Name::kNone;
  return !spared && take(Rule::kCatchAll, link.domain.catch_all, address, 0);
}

std::optional<RegexpTable::Hit> Resolver::match(const AddressText& address) const {
  if (tables_.regexps.empty()) return std::nullopt;
  if (address.plain) return tables_.regexps.find(address.text, address.lowered);
  const std::string quoted = external_form(address.text);
  return tables_.regexps.find(quoted, ascii::to_lower(quoted));
}

bool Resolver::take(Rule rule, std::uint32_t chain, const AddressText& address,
                    std::size_t extension) {
  found_.clear();
  const VirtualTable& virtuals = tables_.virtuals;
  for (; chain != VirtualTable::kNone; chain = virtuals.sources[chain].next) {
    const VirtualTable::Source& source = virtuals.sources[chain];
    const std::size_t before = found_.size();
    for (std::uint32_t n = 0; n < source.count; ++n) {
      const AddressText& target = virtuals.target(source, n).address;
      virtuals.prefetch(target.link->name.chain);
      const bool as_it_is = extension == 0 && target.text.front() != '@';
      found_.push_back(as_it_is ? target : substituted(target, address, extension));
    }
    note(rule, address, kept(std::span(found_).subspan(before)), kVirtualFile, source.line);
    if (source.unusable) return stop(Verdict::kExpansionError);
  }
  return true;
}

bool Resolver::take_regexp(const RegexpTable::Hit& hit, const AddressText& address) {
  const auto targets = parse_targets(hit.result, options_.hostname);
  if (!targets) {
    note(Rule::kRegexpAlias, address, text_->add(hit.result), kRegexpFile, hit.line);
    return stop(Verdict::kExpansionError);
  }
  found_.clear();
  for (const std::string& target : *targets) {
    const std::string_view kept = scratch_.join(target);
    const bool is_whole = !target.starts_with('@');
    found_.push_back(is_whole ? linked(kept) : substituted({kept, kept}, address, 0));
  }
  note(Rule::kRegexpAlias, address, kept(std::span(found_)), kRegexpFile, hit.line);
  return true;
}

/// A target `@other` takes the localpart of the address that was looked up, without the extension
/// that the key did not match; all other targets get that extension (its length is given).
AddressText Resolver::substituted(const AddressText& target, const AddressText& address,
                                  std::size_t extension) {
  const std::size_t at = address.text.rfind('@');
  if (target.text.starts_with('@')) {
    return linked(scratch_.join(address.text.substr(0, at - extension), target.text));
  }
  const std::size_t end = target.text.rfind('@');
  return linked(scratch_.join(target.text.substr(0, end),
                              address.text.substr(at - extension, extension),
                              target.text.substr(end)));
}

bool Resolver::classify(const Item& item) {
  const AddressText& address = item.address;
  switch (item.kind) {
    case Item::Kind::kDiscard:
      note(Rule::kDiscard, address, text_->add(item.target), kAliasesFile, item.line);
      deliver(RecipientKind::kDiscard, shown(address), address);
      return true;
    case Item::Kind::kRefused:
      note(Rule::kRefused, address, text_->add(item.target), kAliasesFile, item.line);
      undeliverable(address);
      return true;
    case Item::Kind::kExpand:
    case Item::Kind::kClassify: break;
  }
  if (!classified_.insert(address.lowered)) {
    note(Rule::kDuplicate, address, {}, {}, 0);
    return true;
  }
  if (const Name& name = address.link->mailbox_name(); name.account != Name::kNone) {
    // The whole address is the account's, or all but its extension.
    const bool whole = &name == &address.link->name;
    const std::string_view account =
        whole ? address.lowered : tables_.accounts.accounts[name.account].address;
    const std::string_view from = kept(address);
    const std::string_view to = from == account ? from : text_->add(account);
    path_.push_back({Rule::kMailbox, from, to, kAccountsFile, name.line});
    deliver(RecipientKind::kMailbox, std::string(account), address);
    return true;
  }
  const Domain& domain = address.link->domain;
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
  note(Rule::kRemote, address, kept(address), {}, 0);
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
  note(Rule::kLocalAlias, address, text_->add(shown), kAliasesFile, entry.line);
  for (auto target = entry.targets.rbegin(); target != entry.targets.rend(); ++target) {
    Item item{Item::Kind::kClassify, address, target->text, entry.line};
    switch (target->kind) {
      case Kind::kDiscard: item.kind = Item::Kind::kDiscard; break;
      case Kind::kRefused: item.kind = Item::Kind::kRefused; break;
      case Kind::kAddress:
        item.address = linked(target->text);
        item.kind = item.address.link->domain.local ? Item::Kind::kClassify : Item::Kind::kExpand;
        break;
    }
    stack_.push_back(item);
  }
}

void Resolver::deliver(RecipientKind kind, std::string address, const AddressText& final_address) {
  if (resolution_.recipients.empty()) resolution_.recipients.reserve(1);
  resolution_.recipients.push_back({std::move(address), kind, shown(final_address)});
}

}  // namespace

Resolution resolve_in(const Tables& tables, std::string_view address) {
  return Resolver(tables).run(address);
}

}  // namespace mail::directory
