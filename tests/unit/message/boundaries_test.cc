#include "message/boundaries.h"

#include <catch2/catch.hpp>

namespace mail::message {
namespace {

/// The obvious loop.
std::optional<std::size_t> slow_match(const Boundaries& boundaries, std::string_view line) {
  std::optional<std::size_t> best;
  for (std::size_t i = boundaries.size(); i-- > 0;) {
    if (!line.starts_with(boundaries.at(i))) continue;
    if (!best || boundaries.at(i).size() > boundaries.at(*best).size()) best = i;
  }
  return best;
}

/// All words over {a, b} of up to `length` letters.
std::vector<std::string> words(std::size_t length) {
  std::vector<std::string> all = {""};
  for (std::size_t i = 0; i < all.size() && all[i].size() < length; ++i) {
    all.push_back(all[i] + "a");
    all.push_back(all[i] + "b");
  }
  return all;
}

TEST_CASE("the longest boundary is found, whatever stack and line") {
  const std::vector<std::string> lines = words(4);
  const std::vector<std::string> names = words(3);
  for (std::size_t a = 1; a < names.size(); ++a) {
    for (std::size_t b = 1; b < names.size(); ++b) {
      for (std::size_t c = 1; c < names.size(); ++c) {
        Boundaries boundaries;
        for (const std::size_t name : {a, b, c}) boundaries.push(names[name]);
        for (std::size_t levels = 3; levels > 0; --levels) {
          boundaries.shrink(levels);
          for (const std::string& line : lines) {
            if (boundaries.match(line) == slow_match(boundaries, line)) continue;
            FAIL(names[a] << " " << names[b] << " " << names[c] << " / " << line);
          }
        }
      }
    }
  }
}

TEST_CASE("no boundary matches when none is open") {
  Boundaries boundaries;
  CHECK_FALSE(boundaries.match("x").has_value());
  boundaries.push("x");
  CHECK(boundaries.match("x") == std::size_t{0});
  boundaries.shrink(0);
  CHECK(boundaries.empty());
  CHECK_FALSE(boundaries.match("x").has_value());
}

}  // namespace
}  // namespace mail::message
