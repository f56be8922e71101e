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
// The slow twin is tests/oracle/directory; tested by tests/unit/directory/resolve_test.cc.
#include "resolver.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "address_text.h"
#include "key_buffer.h"
#include "mail/base/ascii.h"
#include "mail/directory/address.h"

namespace mail::directory {
namespace {

std::string_view domain_of(std::string_view internal) {
  return internal.substr(internal.rfind('@') + 1);
}

std::string joined(const std::vector<std::string>& targets) {
  std::string text;
  for (const std::string& target : targets) {
    if (!text.empty()) text += ", ";
    text += external_form(target);
  }
  return text;
}

/// `ann@x` and `+news` → `ann+news@x`.
std::string with_extension(std::string_view internal, std::string_view extension) {
  const std::size_t at = internal.rfind('@');
  return cat(internal.substr(0, at), extension, internal.substr(at));
}

class Resolver {
 public:
  explicit Resolver(const Tables& tables) : tables_(tables), options_(tables.options) {}

  Resolution run(std::string_view address);

 private:
  struct Item {
    enum class Kind : std::uint8_t { kExpand, kClassify, kDiscard, kRefused };
    Kind kind = Kind::kClassify;
    std::string address;  // kRefused: the local address whose alias was refused
    std::string target;   // kDiscard, kRefused: as written
    std::size_t line = 0;
  };
  /// What one lookup found: the targets, in internal form.
  using Found = std::optional<std::vector<std::string>>;

  // Both answer false when the resolution is over: `failure_` says why.
  bool expand(const std::string& address);
  bool classify(const Item& item);

  Found look_up(const std::string& address);
  Found take(Rule rule, const VirtualTable::Entry& entry, const std::string& address,
             std::string_view extension);
  Found take_regexp(const RegexpTable::Hit& hit, const std::string& address);
  void substitute_domain(std::vector<std::string>& targets, const std::string& address,
                         std::string_view extension) const;

  bool classify_local(const std::string& address);
  void push_local_targets(const std::string& address, const LocalTable::Entry& entry);
  bool repeats(const Item& item);
  void deliver(RecipientKind kind, std::string address, const std::string& final_address);
  void note(Rule rule, std::string_view from, std::string to, std::string_view file,
            std::size_t line);
  Found fail(Verdict verdict) {
    failure_ = verdict;
    return std::nullopt;
  }
  bool stop(Verdict verdict) {
    failure_ = verdict;
    return false;
  }

  const Tables& tables_;
  const Options& options_;
  Resolution resolution_;
  std::vector<Item> stack_;
  StringSet expanded_;    // roots of virtual expansions, lower case
  StringSet classified_;  // final addresses, lower case
  std::optional<Verdict> failure_;
};

Resolution Resolver::run(std::string_view address) {
  const std::string original = qualified(address, options_.hostname);
  if (tables_.accounts.unreadable || tables_.virtuals.unreadable) {
    // Nobody can say now which domains are ours.
    resolution_.verdict = Verdict::kLookupFailure;
    return std::move(resolution_);
  }
  const std::string_view domain = domain_of(original);
  const bool ours = tables_.is_managed(domain) || tables_.is_local(domain);
  if (!is_plausible_address(original)) {
    resolution_.verdict = ours ? Verdict::kUnknownUser : Verdict::kRelayDenied;
    return std::move(resolution_);
  }
  stack_.push_back({Item::Kind::kExpand, original, {}, 0});
  while (!stack_.empty() && !failure_) {
    const Item item = std::move(stack_.back());
    stack_.pop_back();
    const bool going = item.kind == Item::Kind::kExpand ? expand(item.address) : classify(item);
    if (!going) break;
  }
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
bool Resolver::expand(const std::string& address) {
  if (!expanded_.insert(ascii::to_lower(address)).second) return true;
  const ExpansionLimits& limits = options_.expansion;
  std::vector<std::string> slots = {address};
  StringSet final_slots;  // addresses that mapped to themselves, lower case
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots.size() > limits.expansions) return stop(Verdict::kExpansionError);
    for (std::size_t lookups = 0;; ++lookups) {
      const std::string current = slots[i];
      if (final_slots.contains(ascii::to_lower(current))) break;
      if (lookups >= limits.nesting) return stop(Verdict::kExpansionError);
      Found found = look_up(current);
      if (failure_) return false;
      if (!found) break;
      for (std::size_t n = 0; n < found->size(); ++n) {
        std::string& target = (*found)[n];
        if (target.size() > limits.address_octets) {
          return stop(Verdict::kExpansionError);
        }
        if (ascii::equal_ignoring_case(target, current)) {
          final_slots.insert(ascii::to_lower(current));
        }
        if (n == 0) {
          slots[i] = std::move(target);
        } else {
          slots.push_back(std::move(target));
        }
      }
    }
  }
  // The stack gives the last pushed first.
  for (auto slot = slots.rbegin(); slot != slots.rend(); ++slot) {
    stack_.push_back({Item::Kind::kClassify, std::move(*slot), {}, 0});
  }
  return true;
}

// Postfix: mail_addr_find. Each step asks all tables that may answer it; the first hit wins.
Resolver::Found Resolver::look_up(const std::string& address) {
  if (tables_.virtuals.broken) return fail(Verdict::kLookupFailure);
  const SplitAddress split{std::string_view(address).substr(0, address.rfind('@')),
                           domain_of(address), true};
  const SplitLocalpart local = split_localpart(split.localpart, options_.recipient_delimiter);

  // 1. user+ext@dom: virtual, then regexp, which sees whole addresses only.
  if (const auto* entry = tables_.virtuals.find(KeyBuffer({address}).view())) {
    return take(Rule::kVirtualAlias, *entry, address, {});
  }
  if (tables_.regexps.unreadable) return fail(Verdict::kLookupFailure);
  if (const auto hit = tables_.regexps.find(external_form(address))) {
    return take_regexp(*hit, address);
  }
  // 2. user@dom.
  if (!local.extension.empty()) {
    const KeyBuffer bare({local.user, "@", split.domain});
    if (const auto* entry = tables_.virtuals.find(bare.view())) {
      return take(Rule::kVirtualAlias, *entry, address, local.extension);
    }
  }
  // 3. user+ext, then user: only in our own host's domains.
  if (tables_.is_local(split.domain) ||
      ascii::equal_ignoring_case(split.domain, options_.hostname)) {
    if (const auto* entry = tables_.virtuals.find(KeyBuffer({split.localpart}).view())) {
      return take(Rule::kLocalpartAlias, *entry, address, {});
    }
    if (!local.extension.empty()) {
      if (const auto* entry = tables_.virtuals.find(KeyBuffer({local.user}).view())) {
        return take(Rule::kLocalpartAlias, *entry, address, local.extension);
      }
    }
  }
  // 4. @dom. Not for real accounts, nor their user+ext@ (Postfix swallows those).
  const auto* entry = tables_.virtuals.find(KeyBuffer({"@", split.domain}).view());
  if (entry == nullptr) return std::nullopt;
  const bool spared =
      !options_.catchall_swallows_accounts && tables_.find_mailbox(address) != nullptr;
  if (spared) return std::nullopt;
  return take(Rule::kCatchAll, *entry, address, {});
}

Resolver::Found Resolver::take(Rule rule, const VirtualTable::Entry& entry,
                               const std::string& address, std::string_view extension) {
  std::vector<std::string> all;
  for (const VirtualTable::Source& source : entry) {
    std::vector<std::string> targets = source.targets.value_or(std::vector<std::string>{});
    substitute_domain(targets, address, extension);
    note(rule, address, joined(targets), kVirtualFile, source.line);
    if (!source.targets) return fail(Verdict::kExpansionError);
    all.insert(all.end(), std::make_move_iterator(targets.begin()),
               std::make_move_iterator(targets.end()));
  }
  return all;
}

Resolver::Found Resolver::take_regexp(const RegexpTable::Hit& hit, const std::string& address) {
  std::optional<std::vector<std::string>> targets = parse_targets(hit.result, options_.hostname);
  if (!targets) {
    note(Rule::kRegexpAlias, address, hit.result, kRegexpFile, hit.line);
    return fail(Verdict::kExpansionError);
  }
  substitute_domain(*targets, address, {});
  note(Rule::kRegexpAlias, address, joined(*targets), kRegexpFile, hit.line);
  return targets;
}

/// A target `@other` takes the localpart of the address that was looked up, without the extension
/// that the key did not match; all other targets get that extension.
void Resolver::substitute_domain(std::vector<std::string>& targets, const std::string& address,
                                 std::string_view extension) const {
  const std::size_t at = address.rfind('@');
  for (std::string& target : targets) {
    if (target.starts_with('@')) {
      target = cat(std::string_view(address).substr(0, at - extension.size()), target);
    } else if (!extension.empty()) {
      target = with_extension(target, extension);
    }
  }
}

bool Resolver::repeats(const Item& item) {
  if (classified_.insert(ascii::to_lower(item.address)).second) return false;
  note(Rule::kDuplicate, item.address, {}, {}, 0);
  return true;
}

bool Resolver::classify(const Item& item) {
  const std::string& address = item.address;
  switch (item.kind) {
    case Item::Kind::kDiscard:
      note(Rule::kDiscard, address, item.target, kAliasesFile, item.line);
      deliver(RecipientKind::kDiscard, external_form(address), address);
      return true;
    case Item::Kind::kRefused:
      note(Rule::kRefused, address, item.target, kAliasesFile, item.line);
      resolution_.undeliverable.push_back(external_form(address));
      return true;
    case Item::Kind::kExpand:
    case Item::Kind::kClassify: break;
  }
  if (repeats(item)) return true;
  if (const Account* account = tables_.find_mailbox(address)) {
    note(Rule::kMailbox, address, account->address, kAccountsFile, account->line);
    deliver(RecipientKind::kMailbox, account->address, address);
    return true;
  }
  const std::string_view domain = domain_of(address);
  if (tables_.is_local(domain)) return classify_local(address);
  if (tables_.is_managed(domain)) {
    note(Rule::kUnknown, address, {}, {}, 0);
    resolution_.undeliverable.push_back(external_form(address));
    return true;
  }
  note(Rule::kRemote, address, external_form(address), {}, 0);
  deliver(RecipientKind::kRemote, external_form(address), address);
  return true;
}

bool Resolver::classify_local(const std::string& address) {
  if (tables_.locals.unreadable) return stop(Verdict::kLookupFailure);
  const std::string_view localpart = std::string_view(address).substr(0, address.rfind('@'));
  const LocalTable::Entry* entry = tables_.locals.find(KeyBuffer({localpart}).view());
  if (entry == nullptr) {
    const SplitLocalpart local = split_localpart(localpart, options_.recipient_delimiter);
    entry = tables_.locals.find(KeyBuffer({local.user}).view());
  }
  if (entry == nullptr) {
    note(Rule::kUnknown, address, {}, {}, 0);
    resolution_.undeliverable.push_back(external_form(address));
    return true;
  }
  // Each local address gets here once, so circles end.
  push_local_targets(address, *entry);
  return true;
}

void Resolver::push_local_targets(const std::string& address, const LocalTable::Entry& entry) {
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
        item.address = target->text;
        item.kind =
            tables_.is_local(domain_of(target->text)) ? Item::Kind::kClassify : Item::Kind::kExpand;
        break;
    }
    stack_.push_back(std::move(item));
  }
}

void Resolver::deliver(RecipientKind kind, std::string address, const std::string& final_address) {
  resolution_.recipients.push_back({std::move(address), kind, external_form(final_address)});
}

void Resolver::note(Rule rule, std::string_view from, std::string to, std::string_view file,
                    std::size_t line) {
  resolution_.path.push_back({rule, external_form(from), std::move(to), std::string(file), line});
}

}  // namespace

Resolution resolve_in(const Tables& tables, std::string_view address) {
  return Resolver(tables).run(address);
}

}  // namespace mail::directory
