// Dates: of header fields (RFC 5322 §3.3, obsolete zones included) and of IMAP (RFC 3501
// date-time).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "mail/base/time.h"

namespace mail::message {

/// A value: an instant, and the clock it was read from.
struct DateTime {
  WallTime time{};                 // UTC, whole seconds
  std::chrono::minutes offset{0};  // east of UTC

  /// The day on that clock: what SENTON compares, "disregarding time and timezone".
  std::chrono::year_month_day local_day() const;
  bool operator==(const DateTime&) const = default;
};

/// Date: and Resent-Date:, the date of Received:. Day name and seconds may be missing, years may
/// have two or three digits, comments may stand anywhere, an unknown zone counts as +0000
/// (RFC 5322 §4.3). Fails: nullopt.
std::optional<DateTime> parse_date(std::string_view value);
/// "Sat, 21 Nov 2026 23:00:08 +0000"
std::string format_date(const DateTime& date);

/// INTERNALDATE and APPEND: "17-Jul-1996 02:44:25 -0700", without its quotes; the day may have one
/// digit, with or without a space before it.
std::optional<DateTime> parse_internal_date(std::string_view text);
/// Always 26 characters.
std::string format_internal_date(const DateTime& date);

/// SEARCH BEFORE, ON, SINCE…: "1-Feb-1994".
std::optional<std::chrono::year_month_day> parse_imap_day(std::string_view text);

}  // namespace mail::message
