#include "oracle/directory/twin.h"

#include <algorithm>
#include <optional>

namespace mail::oracle {
namespace {

using Strings = std::vector<std::string>;

bool contains(const Strings& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}
std::string local_of(const std::string& address) { return address.substr(0, address.rfind('@')); }
std::string domain_of(const std::string& address) { return address.substr(address.rfind('@') + 1); }
bool has_domain(const std::string& address) { return address.find('@') != std::string::npos; }

/// "not split if it is the first char of the localpart; mailer-daemon, double-bounce, postmaster
/// are never split"
std::size_t plus_of(const std::string& local) {
  if (local == "mailer-daemon" || local == "double-bounce" || local == "postmaster") {
    return std::string::npos;
  }
  const std::size_t plus = local.find('+');
  return plus == 0 ? std::string::npos : plus;
}
std::string user_of(const std::string& local) { return local.substr(0, plus_of(local)); }
std::string extension_of(const std::string& local) {
  const std::size_t plus = plus_of(local);
  return plus == std::string::npos ? "" : local.substr(plus);
}

enum class Outcome { kFound, kNothing, kLookupFailure };

struct Lookup {
  Outcome outcome = Outcome::kNothing;
  Strings targets;        // as written
  std::string extension;  // unmatched
};

bool table_is_broken(const World& world) {
  if (!world.fail_on_duplicates) return false;
  for (std::size_t i = 0; i < world.virtuals.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (world.virtuals[i].first == world.virtuals[j].first) return true;
    }
  }
  return false;
}

std::string at_origin(const World& world, const std::string& target) {
  return has_domain(target) ? target : target + "@" + world.hostname;
}

/// All lines of the key; a target is kept once ("a successor may merge duplicates").
std::optional<Strings> find_key(const World& world, const std::string& key) {
  std::optional<Strings> found;
  for (const auto& [name, targets] : world.virtuals) {
    if (name != key) continue;
    if (!found) {
      found = targets;
      continue;
    }
    Strings earlier;
    for (const std::string& target : *found) earlier.push_back(at_origin(world, target));
    for (const std::string& target : targets) {
      if (!contains(earlier, at_origin(world, target))) found->push_back(target);
    }
  }
  return found;
}

bool matches(const Regexp& regexp, const std::string& address) {
  switch (regexp.kind) {
    case Regexp::Kind::kWhole: return address == regexp.text;
    case Regexp::Kind::kBegins: return address.rfind(regexp.text, 0) == 0;
    case Regexp::Kind::kContains: return address.find(regexp.text) != std::string::npos;
  }
  return false;
}

bool is_account(const World& world, const std::string& address) {
  return contains(world.accounts, address) ||
         contains(world.accounts, user_of(local_of(address)) + "@" + domain_of(address));
}

/// "Lookup order for recipient user+ext@dom"
Lookup look_up(const World& world, const std::string& address) {
  if (table_is_broken(world)) return {Outcome::kLookupFailure, {}, {}};
  const std::string local = local_of(address);
  const std::string domain = domain_of(address);
  const std::string user = user_of(local);
  const std::string extension = extension_of(local);
  // 1. user+ext@dom: texthash, then regexp file.
  if (const auto found = find_key(world, address)) return {Outcome::kFound, *found, ""};
  for (const Regexp& regexp : world.regexps) {
    if (matches(regexp, address)) return {Outcome::kFound, regexp.targets, ""};
  }
  // 2. user@dom: texthash only.
  if (!extension.empty()) {
    if (const auto found = find_key(world, user + "@" + domain)) {
      return {Outcome::kFound, *found, extension};
    }
  }
  // 3. only if dom = $myorigin or is in $mydestination: user+ext, then user.
  if (domain == world.hostname || contains(world.local_domains, domain)) {
    if (const auto found = find_key(world, local)) return {Outcome::kFound, *found, ""};
    if (!extension.empty()) {
      if (const auto found = find_key(world, user)) return {Outcome::kFound, *found, extension};
    }
  }
  // 4. @dom, which does not swallow real accounts nor their user+ext@ (DESIGN.md §5).
  if (!world.swallows && is_account(world, address)) return {};
  if (const auto found = find_key(world, "@" + domain)) return {Outcome::kFound, *found, ""};
  return {};
}

/// "An extension not matched by the key is appended to every result address"; "Result @other:
/// same localpart at other domain, unmatched extension dropped"; "address without domain gets
/// @$myorigin".
Strings results_of(const World& world, const Lookup& lookup, const std::string& address) {
  Strings results;
  for (const std::string& target : lookup.targets) {
    if (target.front() == '@') {
      const std::string local = local_of(address);
      results.push_back(local.substr(0, local.size() - lookup.extension.size()) + target);
      continue;
    }
    const std::string full = at_origin(world, target);
    results.push_back(local_of(full) + lookup.extension + "@" + domain_of(full));
  }
  return results;
}

class Run {
 public:
  explicit Run(const World& world) : world_(world) {}

  std::string answer(const std::string& given) {
    const std::string address = at_origin(world_, given);
    const bool ours = is_ours(domain_of(address));
    expand(address);
    std::string text = ours ? verdict() : "relay denied";
    if (!failure_.empty()) return text;
    for (const std::string& recipient : recipients_) text += " " + recipient;
    if (!unknown_.empty()) text += " |";
    for (const std::string& unknown : unknown_) text += " unknown:" + unknown;
    return text;
  }

 private:
  std::string verdict() {
    if (failure_.empty() && recipients_.empty() && unknown_.empty()) failure_ = "expansion error";
    if (!failure_.empty()) return failure_;
    return recipients_.empty() ? "unknown user" : "deliverable";
  }

  bool is_managed(const std::string& domain) const {
    for (const std::string& account : world_.accounts) {
      if (domain_of(account) == domain) return true;
    }
    for (const auto& [key, targets] : world_.virtuals) {
      if (has_domain(key) && domain_of(key) == domain) return true;
    }
    return false;
  }
  bool is_local(const std::string& domain) const { return contains(world_.local_domains, domain); }
  bool is_ours(const std::string& domain) const { return is_managed(domain) || is_local(domain); }

  void expand(const std::string& root) {
    if (!failure_.empty() || contains(expanded_, root)) return;
    expanded_.push_back(root);
    Strings list = {root};
    Strings self_mapped;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list.size() > world_.expansions) return fail("expansion error");
      for (std::size_t depth = 0; !contains(self_mapped, list[i]); ++depth) {
        if (depth >= world_.nesting) return fail("expansion error");
        const Lookup lookup = look_up(world_, list[i]);
        if (lookup.outcome == Outcome::kLookupFailure) return fail("lookup failure");
        if (lookup.outcome == Outcome::kNothing) break;
        const std::string from = list[i];
        const Strings results = results_of(world_, lookup, from);
        list[i] = results[0];
        list.insert(list.end(), results.begin() + 1, results.end());
        if (contains(results, from)) self_mapped.push_back(from);
      }
    }
    for (const std::string& address : list) classify(address);
  }

  void classify(const std::string& address) {
    if (!failure_.empty() || contains(classified_, address)) return;
    classified_.push_back(address);
    if (is_account(world_, address)) {
      recipients_.push_back("mailbox:" + address);
      return;
    }
    // "Applies to localparts in $mydestination and to targets without domain", which are those at
    // the host's name.
    const std::string domain = domain_of(address);
    if ((is_local(domain) || domain == world_.hostname) && local_alias(address)) return;
    if (is_local(domain) || is_managed(domain)) {
      unknown_.push_back(address);
    } else {
      recipients_.push_back("remote:" + address);
    }
  }

  bool local_alias(const std::string& address) {
    const std::string local = local_of(address);
    for (const std::string& name : {local, user_of(local)}) {
      for (const auto& [key, targets] : world_.aliases) {
        if (key != name) continue;
        for (const std::string& target : targets) local_target(address, target);
        return true;
      }
    }
    return false;
  }

  void local_target(const std::string& address, const std::string& target) {
    if (target == "/dev/null") {
      recipients_.push_back("discard:" + address);
      return;
    }
    const std::string full = at_origin(world_, target);
    is_local(domain_of(full)) ? classify(full) : expand(full);
  }

  void fail(const std::string& why) {
    if (failure_.empty()) failure_ = why;
  }

  const World& world_;
  Strings expanded_;
  Strings classified_;
  Strings recipients_;
  Strings unknown_;
  std::string failure_;
};

}  // namespace

std::string resolve(const World& world, const std::string& address) {
  return Run(world).answer(address);
}

}  // namespace mail::oracle
