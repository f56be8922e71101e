// SMTP replies (RFC 5321 §4.2) with enhanced status codes (RFC 3463).
#pragma once

#include <string>
#include <string_view>

namespace mail::smtp {

/// A value. `text` may hold several lines separated by '\n'; control characters in it are sent as
/// '?', so that text quoted from a peer cannot forge a reply line.
struct Reply {
  int code = 250;
  std::string enhanced;  // "2.1.0"; empty where RFC 2034 §4 allows none (greeting, EHLO, 354)
  std::string text;

  bool is_positive() const { return code < 400; }
  bool operator==(const Reply&) const = default;
};

/// "250-2.1.0 first\r\n250 2.1.0 last\r\n"
void append_wire(std::string& to, const Reply& reply);

}  // namespace mail::smtp
