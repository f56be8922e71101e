// Sizes of quotas, and where an account's quota comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mail::directory {

/// A value.
struct Quota {
  std::uint64_t octets = 0;        // 0: unlimited
  std::uint64_t grace_octets = 0;  // what the last message may go over it: a tenth
  std::uint64_t messages = 0;      // 0: unlimited
  /// "dovecot-quotas.cf", "postfix-accounts.cf", or empty: the server's default.
  std::string file;
  std::size_t line = 0;

  bool operator==(const Quota&) const = default;
};

/// size = 1*DIGIT ( "B" / "k" / "M" / "G" / "T" ) / "0"      ; binary units, "K" is "k"
/// nullopt: not of this form, or more than 2^63 octets.
std::optional<std::uint64_t> parse_quota_size(std::string_view text);

/// "5G", "1536k", "0": the greatest unit that needs no fraction.
std::string quota_size_text(std::uint64_t octets);

}  // namespace mail::directory
