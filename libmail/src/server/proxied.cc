// The header comes before everything else, also before a TLS handshake, so exactly its octets are
// read and not one more.
//
// Tested by tests/unit/server/proxied_test.cc.
#include "server/proxied.h"

#include <algorithm>
#include <array>

#include "mail/base/proxy_header.h"

namespace mail::server {
namespace {

bool expects_header(const ServiceOptions& options, Protocol protocol) {
  const auto& proxied = options.proxied;
  return std::find(proxied.begin(), proxied.end(), protocol) != proxied.end();
}

/// Until it is complete. Fails: what is wrong with it, in words.
Task<Status> read_header(Connection& connection, ProxyHeader& header) {
  Transport& transport = *connection.transport;
  const TimePoint deadline = connection.world.clock.now() + connection.options().proxy_timeout;
  std::array<char, 256> buffer;
  const Transport::Interest input{.readable = true, .writable = false};
  while (header.wanted() != 0) {
    const Transport::Moved moved =
        transport.read({buffer.data(), std::min(header.wanted(), buffer.size())});
    if (moved.octets != 0) {
      const Status taken = header.take({buffer.data(), moved.octets});
      if (!taken.ok()) co_return taken;
      continue;
    }
    if (!moved.open) co_return unavailable("the peer left before its PROXY header was complete");
    const auto readiness = co_await transport.wait(input, deadline);
    if (readiness == Transport::Readiness::kDeadline) {
      co_return absl::DeadlineExceededError("no PROXY header came in time");
    }
    if (readiness == Transport::Readiness::kStopping) co_return unavailable("the server stops");
    if (readiness == Transport::Readiness::kWoken) connection.was_woken = true;
  }
  co_return absl::OkStatus();
}

}  // namespace

bool is_proxy(const Shared& shared, Protocol protocol, std::string_view address) {
  return expects_header(shared.options(), protocol) &&
         shared.options().proxy_networks.contains(address);
}

Task<bool> hear_proxy(Connection& connection) {
  const ServiceOptions& options = connection.options();
  if (!expects_header(options, connection.protocol)) co_return true;
  const std::string proxy = connection.transport->peer().address;
  if (!options.proxy_networks.contains(proxy)) {
    connection.log(Logger::Level::kWarning, "refused a connection that no trusted proxy forwards",
                   {{"fix", "name the proxy in PROXY_TRUSTED_NETWORKS"}});
    co_return false;
  }
  ProxyHeader header;
  const Status heard = co_await read_header(connection, header);
  if (!heard.ok()) {
    connection.log(Logger::Level::kWarning, "refused a connection without a usable PROXY header",
                   {{"reason", std::string(message_of(heard))}});
    co_return false;
  }
  if (!header.client()) co_return true;
  connection.vouched = *header.client();
  if (!connection.transport->count_as(connection.vouched->address)) {
    connection.log(Logger::Level::kWarning,
                   "too many connections from one address, closed a new one", {{"proxy", proxy}});
    co_return false;
  }
  co_return true;
}

}  // namespace mail::server
