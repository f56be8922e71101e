#include "support/suites.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace mail::test {

std::optional<std::string> suite(const std::string& name) {
  const char* chosen = std::getenv("MAIL_SUITES");
  const std::string base = chosen != nullptr ? chosen : MAIL_SOURCE_DIR "/../shared/suites";
  std::string path = base + "/" + name;
  if (std::filesystem::exists(path)) return path;
  const char* required = std::getenv("MAIL_SUITES_REQUIRED");
  if (required != nullptr && std::string_view(required) == "1") FAIL("suite is absent: " << path);
  WARN("skipped, suite is absent: " << name);
  return std::nullopt;
}

std::string read_test_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  INFO(path);
  REQUIRE(file.good());
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

Exceptions::Exceptions(const std::string& name) {
  std::istringstream lines(read_test_file(MAIL_SOURCE_DIR "/tests/cases/" + name));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t blank = line.find("  ");
    INFO("exception without a reason: " << line);
    REQUIRE(blank != std::string::npos);
    keys_[line.substr(0, blank)] = false;
  }
}

bool Exceptions::covers(std::string_view key) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return false;
  found->second = true;
  return true;
}

std::string Exceptions::unused() const {
  std::string names;
  for (const auto& [key, used] : keys_) {
    if (!used) names += key + "\n";
  }
  return names;
}

}  // namespace mail::test
