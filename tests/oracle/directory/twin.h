// The slow, obvious twin of alias resolution: written from reference/dms.md §2.2 sentence by
// sentence, with lists instead of hash maps and without a thought for speed.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace mail::oracle {

struct Regexp {
  enum class Kind { kWhole, kBegins, kContains };
  Kind kind = Kind::kWhole;
  std::string text;
  std::vector<std::string> targets;
};

/// Tables in plain form; addresses unquoted and in lower case.
struct World {
  std::string hostname = "h";
  std::vector<std::string> local_domains = {"h", "localhost"};
  std::vector<std::string> accounts;
  std::vector<std::pair<std::string, std::vector<std::string>>> virtuals;
  std::vector<Regexp> regexps;
  std::vector<std::pair<std::string, std::vector<std::string>>> aliases;
  bool swallows = false;
  bool fail_on_duplicates = false;
  std::size_t expansions = 1000;
  std::size_t nesting = 1000;
};

/// "deliverable mailbox:a@d discard:x@h | unknown:y@d", in the order of expansion.
std::string resolve(const World& world, const std::string& address);

}  // namespace mail::oracle
