// The other end of a connection, blocking and simple, and a network with an echo on it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mail/base/ports.h"
#include "net/network.h"
#include "net/tls.h"

namespace mail::net::test {

class SilentLogger final : public Logger {
 public:
  void log(Level, std::string_view, std::span<const Field>) override {}
};

/// A client socket. Blocks at most ten seconds for anything: a hanging test fails.
class Peer {
 public:
  static Peer connect_to(std::uint16_t port);
  static Peer connect_to_unix(const std::string& path);

  bool send(std::string_view bytes);
  /// Up to `size` octets; empty at the end or an error.
  std::string receive(std::size_t size = 64 * 1024);
  /// All of `size` octets, or what came before the end.
  std::string receive_all(std::size_t size);
  std::string receive_until_closed();
  void shut_down_writing();
  int descriptor() const { return socket_.get(); }

 private:
  Descriptor socket_;
};

/// TLS on a Peer, by BoringSSL's client.
class TlsPeer {
 public:
  /// Trusts `authority` and asks for `name`.
  TlsPeer(Peer peer, const std::string& authority, const std::string& name);
  bool handshake();
  bool send(std::string_view bytes);
  std::string receive_all(std::size_t size);
  /// True when the peer said close_notify.
  bool saw_orderly_end();
  std::string version() const { return SSL_get_version(ssl_.get()); }
  std::string suite() const;
  SSL_CTX* context() { return context_.get(); }
  SSL* ssl() { return ssl_.get(); }
  Peer& peer() { return peer_; }

 private:
  Peer peer_;
  bssl::UniquePtr<SSL_CTX> context_;
  bssl::UniquePtr<SSL> ssl_;
};

/// A network that serves `handler` on one free loopback port.
struct Served {
  explicit Served(Handler handler, std::shared_ptr<const TlsContext> tls = nullptr,
                  Limits limits = {.loops = 2}, std::string protocol = {});
  ~Served() { network->stop(seconds(1)); }

  SilentLogger logger;
  std::unique_ptr<Network> network;
  std::uint16_t port = 0;
};

/// Sends back what it reads, until the peer closes.
Task<void> echo(std::unique_ptr<Transport> transport);
Handler echo_handler();

TimePoint now();

// Named, for co_await takes no aggregates (STYLE).
inline constexpr Transport::Interest kReadable{.readable = true};
inline constexpr Transport::Interest kWritable{.writable = true};
inline constexpr std::optional<TimePoint> kNever;

}  // namespace mail::net::test
