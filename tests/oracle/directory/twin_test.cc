// Resolver against twin: all small tables over a tiny alphabet, then random larger ones.
#include "oracle/directory/twin.h"

#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "mail/directory/snapshot.h"

namespace {

using namespace mail::directory;
using mail::oracle::Regexp;
using mail::oracle::World;
using Strings = std::vector<std::string>;

std::string joined(const Strings& targets) {
  std::string text;
  for (const std::string& target : targets) text += (text.empty() ? "" : ",") + target;
  return text;
}

std::string escaped(const std::string& text) {
  std::string pattern;
  for (const char c : text) pattern += c == '+' ? std::string("\\+") : std::string(1, c);
  return pattern;
}

std::shared_ptr<const Snapshot> snapshot_of(const World& world) {
  Snapshot::Texts texts{"", "", "", ""};
  for (const std::string& account : world.accounts) *texts.accounts += account + "|{PLAIN}x\n";
  for (const auto& [key, targets] : world.virtuals) {
    *texts.virtual_aliases += key + " " + joined(targets) + "\n";
  }
  for (const Regexp& regexp : world.regexps) {
    const char* begin = regexp.kind == Regexp::Kind::kContains ? "/" : "/^";
    const char* end = regexp.kind == Regexp::Kind::kWhole ? "$/ " : "/ ";
    *texts.regexp_aliases += begin + escaped(regexp.text) + end + joined(regexp.targets) + "\n";
  }
  for (const auto& [name, targets] : world.aliases) {
    *texts.local_aliases += name + ": " + joined(targets) + "\n";
  }
  Options options;
  options.hostname = world.hostname;
  options.domain = world.hostname;
  options.mydestination = world.local_domains;
  options.catchall_swallows_accounts = world.swallows;
  options.alias_duplicates =
      world.fail_on_duplicates ? Options::Duplicates::kFail : Options::Duplicates::kMerge;
  options.expansion.expansions = world.expansions;
  options.expansion.nesting = world.nesting;
  return Snapshot::from_texts(texts, options);
}

std::string shown(const Resolution& resolution) {
  std::string text(to_string(resolution.verdict));
  for (const Recipient& recipient : resolution.recipients) {
    text += " " + std::string(to_string(recipient.kind)) + ":" + recipient.final_address;
  }
  if (!resolution.undeliverable.empty()) text += " |";
  for (const std::string& unknown : resolution.undeliverable) text += " unknown:" + unknown;
  return text;
}

const Strings kQueries = {"a@d",   "a+x@d", "b@d", "b+x@d",       "c@d", "a@h",
                          "a+x@h", "a",     "b@e", "a@localhost", "z@g"};

/// Number of differences, each reported with the whole world.
std::size_t differences(const World& world) {
  const auto snapshot = snapshot_of(world);
  std::size_t count = 0;
  for (const std::string& query : kQueries) {
    const std::string ours = shown(snapshot->resolve(query));
    const std::string twins = mail::oracle::resolve(world, query);
    if (ours == twins) continue;
    ++count;
    UNSCOPED_INFO(query << ": " << ours << " but the twin says " << twins);
    for (const auto& [key, targets] : world.virtuals) UNSCOPED_INFO(key << " " << joined(targets));
    for (const auto& [name, targets] : world.aliases)
      UNSCOPED_INFO(name << ": " << joined(targets));
    for (const Regexp& regexp : world.regexps) UNSCOPED_INFO("/" << regexp.text << "/");
    UNSCOPED_INFO("accounts " << joined(world.accounts) << " swallows " << world.swallows);
  }
  return count;
}

const Strings kKeys = {"a@d", "a+x@d", "@d", "b@d", "a", "a+x", "@h", "a@e"};
const std::vector<Strings> kTargets = {
    {"a@d"},        {"a+x@d"},           {"b@d"}, {"a"}, {"@h"}, {"@d"}, {"z@g"},
    {"a@d", "b@d"}, {"b@d", "a", "z@g"},
};
// `root` and `postmaster` are generated for the resolver; the twin is told of them.
const std::vector<std::pair<std::string, Strings>> kGenerated = {{"root", {"postmaster@h"}},
                                                                 {"postmaster", {"root"}}};

World small_world() {
  World world;
  world.expansions = 12;
  world.nesting = 12;
  world.aliases = kGenerated;
  return world;
}

std::vector<World> surroundings() {
  std::vector<World> worlds;
  const std::vector<Strings> account_lists = {{}, {"a@d"}, {"a@d", "b@d"}, {"a+x@d", "a@h"}};
  const std::vector<std::vector<Regexp>> regexp_lists = {
      {}, {{Regexp::Kind::kBegins, "a+", {"b@d"}}, {Regexp::Kind::kContains, "@d", {"a@h"}}}};
  const std::vector<Strings> a_targets = {{}, {"/dev/null"}, {"a", "a@d", "b"}};
  for (const Strings& accounts : account_lists) {
    for (const auto& regexps : regexp_lists) {
      for (const Strings& targets : a_targets) {
        for (const bool swallows : {false, true}) {
          World world = small_world();
          world.accounts = accounts;
          world.regexps = regexps;
          if (!targets.empty()) world.aliases.emplace_back("a", targets);
          world.swallows = swallows;
          worlds.push_back(world);
        }
      }
    }
  }
  return worlds;
}

template <class T>
const T& pick(const std::vector<T>& from, std::mt19937& random) {
  return from[random() % from.size()];
}

World random_world(std::mt19937& random) {
  const Strings locals = {"a", "b", "c", "a+x", "b+x+y", "+a", "postmaster", "postmaster+x"};
  const Strings domains = {"d", "e", "h", "g"};
  const auto address = [&] { return pick(locals, random) + "@" + pick(domains, random); };
  const auto target = [&] { return random() % 4 == 0 ? pick(locals, random) : address(); };
  World world = small_world();
  world.swallows = random() % 2 == 0;
  if (random() % 4 == 0) world.local_domains = {"localhost"};  // a bare domain
  world.fail_on_duplicates = random() % 8 == 0;
  for (std::size_t n = random() % 5; n > 0; --n) {
    const std::string account = address();
    // "g" stays another server's.
    if (!account.ends_with("@g")) world.accounts.push_back(account);
  }
  for (std::size_t n = random() % 10; n > 0; --n) {
    const std::size_t form = random() % 6;
    std::string key = form == 0   ? "@" + pick(domains, random)
                      : form == 1 ? pick(locals, random)
                                  : address();
    Strings targets = {random() % 8 == 0 ? "@" + pick(domains, random) : target()};
    for (std::size_t more = random() % 3; more > 0; --more) targets.push_back(target());
    world.virtuals.emplace_back(key, targets);
  }
  for (std::size_t n = random() % 3; n > 0; --n) {
    world.regexps.push_back({static_cast<Regexp::Kind>(random() % 3),
                             random() % 2 == 0 ? address() : pick(locals, random),
                             {target()}});
  }
  for (const char* name : {"a", "b", "c", "a+x"}) {
    if (random() % 2 == 0) continue;
    Strings targets = {random() % 3 == 0 ? "/dev/null" : target()};
    if (random() % 2 == 0) targets.push_back(target());
    world.aliases.emplace_back(name, targets);
  }
  return world;
}

}  // namespace

TEST_CASE("the resolver agrees with its twin on every table of one alias") {
  std::size_t wrong = 0;
  for (World world : surroundings()) {
    for (const std::string& key : kKeys) {
      for (const Strings& targets : kTargets) {
        world.virtuals = {{key, targets}};
        if (wrong < 3) wrong += differences(world);
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("the resolver agrees with its twin on every table of two aliases") {
  std::size_t wrong = 0;
  World world = small_world();
  world.accounts = {"a@d", "c@d"};
  world.aliases.emplace_back("a", Strings{"/dev/null", "b"});
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    for (std::size_t j = i; j < kKeys.size(); ++j) {
      for (const Strings& first : kTargets) {
        for (const Strings& second : kTargets) {
          world.virtuals = {{kKeys[i], first}, {kKeys[j], second}};
          if (wrong < 3) wrong += differences(world);
        }
      }
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("the resolver agrees with its twin on random tables") {
  std::mt19937 random(20261121);
  std::size_t wrong = 0;
  for (int round = 0; round < 4000 && wrong < 3; ++round)
    wrong += differences(random_world(random));
  CHECK(wrong == 0);
}
