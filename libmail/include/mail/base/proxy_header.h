// The PROXY protocol: what a proxy says, before the first octet of its client, of whose connection
// it forwards. Versions 1 and 2, as HAProxy specifies them
// (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mail/base/ports.h"
#include "mail/base/status.h"

namespace mail {

/// The whole line of version 1 with its CR LF (§2.1).
inline constexpr std::size_t kMaxProxyLine = 107;
/// Version 2: what follows the first 16 octets. Addresses take 36, the rest is said of TLS.
inline constexpr std::size_t kMaxProxyRest = 4096;

/// Takes a header in, octet by octet if need be, and nothing that follows it.
class ProxyHeader {
 public:
  /// How many octets the next `take` may have: so many belong to the header for certain. 0: it is
  /// complete.
  std::size_t wanted() const;
  /// At most `wanted()` octets. Fails: InvalidArgument, and nobody knows what comes next.
  Status take(std::string_view octets);

  /// Once complete: the client. Nothing where the proxy speaks for itself (LOCAL, as its checks of
  /// our health do) or does not know (UNKNOWN): then it is the client. An IPv4 address inside IPv6
  /// is told as IPv4.
  const std::optional<Endpoint>& client() const { return client_; }

 private:
  Status finish_line();
  Status finish_binary();

  std::string octets_;
  std::optional<Endpoint> client_;
};

}  // namespace mail
