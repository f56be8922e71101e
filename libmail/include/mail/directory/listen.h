// Where to listen: `127.0.0.1:2525,[::1]:2525`, `unix:/run/lmtp`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/status.h"

namespace mail::directory {

/// A value.
struct ListenAddress {
  std::string host;        // "127.0.0.1", "::1", "0.0.0.0", "::"; empty for a unix socket
  std::uint16_t port = 0;  // 0: any free one
  std::string unix_path;   // "unix:PATH"

  bool operator==(const ListenAddress&) const = default;
};

/// "127.0.0.1:25", "[::1]:25", "unix:/run/x".
std::string to_string(const ListenAddress& address);

/// list    = [ "off" / address *( "," address ) ]  ; blanks around an address are ignored
/// address = IPv4 ":" port / "[" IPv6 "]" ":" port / "*" ":" port / "unix:" path
/// "*" stands for all interfaces of both families. Empty text, as "off", is an empty list.
/// Fails: InvalidArgument with the value and the form it should have.
StatusOr<std::vector<ListenAddress>> parse_listen_list(std::string_view text);

}  // namespace mail::directory
