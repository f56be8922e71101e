// Test data of other projects that is not part of the repository: $MAIL_SUITES, else
// ../shared/suites beside the checkout.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mail::test {

/// The folder `name` of the suites. Absent: nullopt after a warning with its name, or, with
/// MAIL_SUITES_REQUIRED=1, a failure.
std::optional<std::string> suite(const std::string& name);

/// A file that the test needs: fails the test when it cannot be read.
std::string read_test_file(const std::string& path);

/// tests/cases/<name>: "key  reason" a line, "#" comments. Cases where a suite's expectation is not
/// ours, each with the reason. A line that no difference asks for is
/// stale: tests require `unused` to be empty.
class Exceptions {
 public:
  explicit Exceptions(const std::string& name);
  /// True when `key` is listed; marks it as used.
  bool covers(std::string_view key);
  /// Keys that no difference has asked for.
  std::string unused() const;

 private:
  std::map<std::string, bool, std::less<>> keys_;
};

}  // namespace mail::test
