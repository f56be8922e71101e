// Keys and certificates that are made here: the self-signed certificate of a new server, and the
// one of a test server.
#pragma once

#include <span>
#include <string>

#include "mail/base/status.h"
#include "mail/base/time.h"

namespace mail::net {

/// PEM texts. A value.
struct Identity {
  std::string certificate;  // of the server; signed by `authority`
  std::string key;          // PKCS #8
  std::string authority;    // the CA's certificate: what a client should trust

  bool operator==(const Identity&) const = default;
};

inline constexpr std::chrono::days kIdentityLifetime{3650};

/// A fresh EC P-256 key with a certificate for `names` (host names or IP addresses, the first is
/// the common name), signed by a CA made for it, whose key is thrown away. Valid from a day before
/// `now`, since clocks differ. Fails: InvalidArgument when there is no name or one is not possible
/// in a certificate.
StatusOr<Identity> make_identity(std::span<const std::string> names, WallTime now);

}  // namespace mail::net
