#include "unit/net/peer.h"

#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/time.h>
#include <sys/un.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <catch2/catch.hpp>

namespace mail::net::test {
namespace {

Descriptor connected(int family, const sockaddr* address, socklen_t size) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(socket.get(), address, size) != 0) return {};
  return socket;
}

}  // namespace

Peer Peer::connect_to(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Peer peer;
  peer.socket_ = connected(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof address);
  return peer;
}

Peer Peer::connect_to_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  Peer peer;
  peer.socket_ = connected(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof address);
  return peer;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::string Peer::receive(std::size_t size) {
  std::string bytes(size, '\0');
  const auto n = recv(socket_.get(), bytes.data(), bytes.size(), 0);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

std::string Peer::receive_all(std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const std::string some = receive(size - all.size());
    if (some.empty()) break;
    all += some;
  }
  return all;
}

std::string Peer::receive_until_closed() {
  std::string all;
  while (true) {
    const std::string some = receive();
    if (some.empty()) return all;
    all += some;
  }
}

void Peer::shut_down_writing() { shutdown(socket_.get(), SHUT_WR); }

TlsPeer::TlsPeer(Peer peer, const std::string& authority, const std::string& name)
    : peer_(std::move(peer)), context_(SSL_CTX_new(TLS_client_method())) {
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(authority.data(), static_cast<int>(authority.size())));
  bssl::UniquePtr<X509> ca(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  REQUIRE(ca);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), ca.get());
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  X509_VERIFY_PARAM_set1_host(SSL_get0_param(ssl_.get()), name.data(), name.size());
  SSL_set_fd(ssl_.get(), peer_.descriptor());
}

bool TlsPeer::handshake() { return SSL_connect(ssl_.get()) == 1; }

bool TlsPeer::send(std::string_view bytes) {
  return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
         static_cast<int>(bytes.size());
}

std::string TlsPeer::receive_all(std::size_t size) {
  std::string all(size, '\0');
  std::size_t at = 0;
  while (at < size) {
    const int n = SSL_read(ssl_.get(), all.data() + at, static_cast<int>(size - at));
    if (n <= 0) break;
    at += static_cast<std::size_t>(n);
  }
  all.resize(at);
  return all;
}

bool TlsPeer::saw_orderly_end() {
  char byte = 0;
  const int n = SSL_read(ssl_.get(), &byte, 1);
  return n == 0 && SSL_get_error(ssl_.get(), n) == SSL_ERROR_ZERO_RETURN;
}

std::string TlsPeer::suite() const {
  return SSL_CIPHER_get_name(SSL_get_current_cipher(ssl_.get()));
}

Served::Served(Handler handler, std::shared_ptr<const TlsContext> tls, Limits limits,
               std::string protocol) {
  auto started = Network::start(limits, logger);
  REQUIRE(started.ok());
  network = std::move(started).value();
  auto socket = listen_on({.host = "127.0.0.1", .port = 0, .unix_path = {}});
  REQUIRE(socket.ok());
  port = socket->address.port;
  Network::Service service{
      .handler = std::move(handler), .tls = [tls] { return tls; }, .protocol = std::move(protocol)};
  network->listen(std::move(socket->descriptor), std::move(service));
}

Task<void> echo(std::unique_ptr<Transport> transport) {
  std::string kept;
  char bytes[4096];
  bool open = true;
  while (open || !kept.empty()) {
    if (open && kept.empty()) {
      const auto got = transport->read(bytes);
      kept.append(bytes, got.octets);
      open = got.open;
      if (open && got.octets == 0) {
        const auto why = co_await transport->wait(kReadable, kNever);
        if (why == Transport::Readiness::kStopping) open = false;
      }
      continue;
    }
    const auto sent = transport->write(kept);
    kept.erase(0, sent.octets);
    if (!sent.open) break;
    if (!kept.empty()) co_await transport->wait(kWritable, kNever);
  }
  transport->close();
}

Handler echo_handler() {
  return [](Loop&, std::unique_ptr<Transport> transport) { return echo(std::move(transport)); };
}

TimePoint now() { return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()); }

}  // namespace mail::net::test
