// Both ends of one handshake must find the same octets to bind to.
#include "net/channel_binding.h"

#include <catch2/catch.hpp>

#include <openssl/digest.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "mail/crypto/digest.h"
#include "mail/net/identity.h"
#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

const std::string kName = "mail.example.com";

Identity make_one() {
  const std::string names[] = {kName};
  auto identity = make_identity(
      names, std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  REQUIRE(identity.ok());
  return *identity;
}

/// Handshakes, then says its bindings: first the exporter's, then the end point's.
Task<void> tell_bindings(std::unique_ptr<Transport> transport) {
  const std::optional<TimePoint> deadline = now() + seconds(10);
  auto info = co_await transport->start_tls(deadline);
  if (info.ok()) {
    const std::string said = cat(info->bindings.exporter, info->bindings.end_point);
    transport->write(said);
  }
  transport->close();
}

std::string client_exporter(SSL* ssl) {
  std::string octets(32, '\0');
  constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
  REQUIRE(SSL_export_keying_material(ssl, reinterpret_cast<std::uint8_t*>(octets.data()), 32,
                                     kLabel.data(), kLabel.size(), nullptr, 0, 0) == 1);
  return octets;
}

std::string der_of_peer(SSL* ssl) {
  bssl::UniquePtr<X509> certificate(SSL_get_peer_certificate(ssl));
  REQUIRE(certificate != nullptr);
  std::uint8_t* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  REQUIRE(size > 0);
  std::string octets(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return octets;
}

}  // namespace

TEST_CASE("Server and client find the same channel bindings, in TLS 1.3 and 1.2") {
  const Identity identity = make_one();
  const TlsPair pair{identity.certificate, "c.pem", identity.key, "k.pem"};
  std::vector<std::string> complaints;
  const auto context = TlsContext::make({&pair, 1}, TlsLevel::kIntermediate, complaints);
  REQUIRE(context.ok());
  const Served served(
      [](Loop&, std::unique_ptr<Transport> transport) {
        return tell_bindings(std::move(transport));
      },
      *context);
  for (const std::uint16_t version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    TlsPeer peer(Peer::connect_to(served.port), identity.authority, kName);
    REQUIRE(SSL_set_max_proto_version(peer.ssl(), version) == 1);
    REQUIRE(peer.handshake());
    const std::string said = peer.receive_all(64);
    REQUIRE(said.size() == 64);
    CHECK(said.substr(0, 32) == client_exporter(peer.ssl()));
    // Our own certificates are signed with SHA-256.
    CHECK(said.substr(32) == crypto::sha256(der_of_peer(peer.ssl())));
  }
}

}  // namespace mail::net::test
