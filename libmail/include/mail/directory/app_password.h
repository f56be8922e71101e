// App passwords: one for each device or program, beside the account's own.
//
// app-passwords.cf, one a line:
//   ann@example.com|{SSHA512}…|phone|imap,smtp|2027-01-31
// that is address, stored password, label, services (none: all), expiry (none: never).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mail/base/time.h"

namespace mail::directory {

/// What a login is for.
enum class LoginService : std::uint8_t { kImap, kPop3, kSmtp };
/// "imap", "pop3", "smtp".
std::string_view to_string(LoginService service);

/// A set of services. A value.
class LoginScope {
 public:
  /// "imap,smtp", in any case, blanks around the commas; empty: all of them. Fails: nullopt.
  static std::optional<LoginScope> parse(std::string_view text);
  bool has(LoginService service) const {
    return (bits_ >> static_cast<unsigned>(service) & 1) != 0;
  }
  /// As `parse` reads it; empty for all.
  std::string text() const;
  bool operator==(const LoginScope&) const = default;

 private:
  static constexpr std::uint8_t kAll = 7;
  std::uint8_t bits_ = kAll;
};

/// Until when a password holds: "2027-01-31" is the end of that day in UTC, "2027-01-31T12:00:00Z"
/// that second. Fails: nullopt.
std::optional<WallTime> parse_expiry(std::string_view text);
/// As `parse_expiry` reads it, the short form for the end of a day.
std::string expiry_text(WallTime expires);

/// Of one account; more would make each of its refused logins dearer. Lines beyond are reported
/// and do not count.
inline constexpr std::size_t kMaxAppPasswords = 32;
inline constexpr std::size_t kMaxLabelOctets = 64;

/// What may stand in the file: 1 to kMaxLabelOctets octets of UTF-8, no control characters, no
/// "|", no blanks around it.
bool is_possible_label(std::string_view label);

/// A line of app-passwords.cf. A value.
struct AppPassword {
  std::string address;   // lower case
  std::string label;     // unique in its account, whatever the case
  std::string password;  // as stored: "{SSHA512}…"
  LoginScope scope;
  std::optional<WallTime> expires;
  std::size_t line = 0;

  bool has_expired(WallTime now) const { return expires && *expires <= now; }
  bool operator==(const AppPassword&) const = default;
};

}  // namespace mail::directory
