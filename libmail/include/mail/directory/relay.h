// postfix-relaymap.cf and postfix-sasl-password.cf: through which host mail leaves, and as whom.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mail/base/status.h"
#include "mail/crypto/secret.h"

namespace mail::directory {

/// relay = ( "[" host "]" / host ) [ ":" port ]. A value.
struct RelayHost {
  std::string host;         // lower case, without brackets
  std::uint16_t port = 25;  // by number; "smtp", "submission" and "submissions" are known names
  bool looks_up_mx = true;  // false: brackets, the host's own address
  std::string text;         // as written: the key of its credentials

  bool operator==(const RelayHost&) const = default;
};
/// Fails: InvalidArgument with the value and the form it should have.
StatusOr<RelayHost> parse_relay_host(std::string_view text);

/// One line of postfix-relaymap.cf. A value.
struct RelayRoute {
  std::string key;        // "@example.com" or "ann@example.com", lower case
  bool opts_out = false;  // a key alone: RELAY_HOST does not apply to these senders
  RelayHost host;         // unless opts_out
  std::size_t line = 0;

  bool operator==(const RelayRoute&) const = default;
};

/// One line of postfix-sasl-password.cf. Not copied: it holds a password.
struct RelayCredentials {
  std::string key;  // a sender, "@domain", or a relay host as it is written elsewhere
  std::string user;
  crypto::Secret password;
  std::size_t line = 0;
};

}  // namespace mail::directory
