#include <catch2/catch.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "net/client_offer.h"
#include "unit/net/pairs.h"
#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

std::shared_ptr<const TlsContext> context_of(const std::vector<TlsPair>& pairs) {
  std::vector<std::string> complaints;
  auto context = TlsContext::make(pairs, TlsLevel::kModern, complaints);
  INFO(message_of(context.status()));
  REQUIRE(context.ok());
  CHECK(complaints.empty());
  return *context;
}

Task<void> greet_over_tls(std::unique_ptr<Transport> transport) {
  const std::optional<TimePoint> deadline = now() + seconds(10);
  auto shaken = co_await transport->start_tls(deadline);
  if (shaken.ok()) transport->write("hello\n");
  transport->close();
}

Handler greeting() {
  return [](Loop&, std::unique_ptr<Transport> transport) {
    return greet_over_tls(std::move(transport));
  };
}

/// A client that checks nothing and tells what it got.
struct Client {
  explicit Client(std::uint16_t port) : peer(Peer::connect_to(port)) {
    context.reset(SSL_CTX_new(TLS_client_method()));
    ssl.reset(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), peer.descriptor());
  }
  bool handshake() { return SSL_connect(ssl.get()) == 1 && greeted(); }
  bool greeted() {
    char byte = 0;
    return SSL_read(ssl.get(), &byte, 1) == 1;
  }
  int key_type() {
    bssl::UniquePtr<X509> got(SSL_get_peer_certificate(ssl.get()));
    bssl::UniquePtr<EVP_PKEY> key(X509_get_pubkey(got.get()));
    return EVP_PKEY_id(key.get());
  }
  bool is_for(const std::string& name) {
    bssl::UniquePtr<X509> got(SSL_get_peer_certificate(ssl.get()));
    return X509_check_host(got.get(), name.data(), name.size(), 0, nullptr) == 1;
  }

  Peer peer;
  bssl::UniquePtr<SSL_CTX> context;
  bssl::UniquePtr<SSL> ssl;
};

}  // namespace

TEST_CASE("An ECDSA client and an RSA client each get theirs") {
  const TlsPair ecdsa = ecdsa_pair({"mail.example.com"});
  const TlsPair rsa = rsa_pair({"mail.example.com"});
  struct Row {
    std::vector<std::uint16_t> signatures;  // that the client can check; none: all
    const char* suites;                     // of TLS 1.2; null: TLS 1.3
    int expected;
  };
  const Row rows[] = {
      {{}, nullptr, EVP_PKEY_EC},
      {{SSL_SIGN_ECDSA_SECP256R1_SHA256}, nullptr, EVP_PKEY_EC},
      {{SSL_SIGN_RSA_PSS_RSAE_SHA256}, nullptr, EVP_PKEY_RSA},
      {{}, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", EVP_PKEY_EC},
      {{}, "ECDHE-ECDSA-AES128-GCM-SHA256", EVP_PKEY_EC},
      {{}, "ECDHE-RSA-AES128-GCM-SHA256", EVP_PKEY_RSA},
      {{SSL_SIGN_RSA_PKCS1_SHA256}, "ECDHE-RSA-AES128-GCM-SHA256", EVP_PKEY_RSA},
  };
  for (const auto& pairs : {std::vector{ecdsa, rsa}, std::vector{rsa, ecdsa}}) {
    Served served(greeting(), context_of(pairs));
    for (const Row& row : rows) {
      INFO((row.suites != nullptr ? row.suites : "TLS 1.3"));
      Client client(served.port);
      if (!row.signatures.empty()) {
        REQUIRE(SSL_set_verify_algorithm_prefs(client.ssl.get(), row.signatures.data(),
                                               row.signatures.size()) == 1);
      }
      if (row.suites != nullptr) {
        SSL_set_max_proto_version(client.ssl.get(), TLS1_2_VERSION);
        REQUIRE(SSL_set_strict_cipher_list(client.ssl.get(), row.suites) == 1);
      }
      REQUIRE(client.handshake());
      CHECK(client.key_type() == row.expected);
    }
  }
}

TEST_CASE("A client gets the certificate of the name that it asks for") {
  std::vector<TlsPair> pairs = {ecdsa_pair({"mail.example.com"}), rsa_pair({"mail.example.com"}),
                                ecdsa_pair({"mail.other.example", "imap.other.example"}),
                                ecdsa_pair({"*.wild.example"})};
  for (std::size_t i = 1; i < pairs.size(); ++i) pairs[i].is_default = false;
  Served served(greeting(), context_of(pairs));
  struct Row {
    const char* asked;
    const char* got;
  };
  const Row rows[] = {{"", "mail.example.com"},
                      {"mail.example.com", "mail.example.com"},
                      {"imap.other.example", "imap.other.example"},
                      {"IMAP.Other.Example", "imap.other.example"},
                      {"a.wild.example", "a.wild.example"},
                      {"b.a.wild.example", "mail.example.com"},
                      {"wild.example", "mail.example.com"},
                      {"nobody.example", "mail.example.com"}};
  for (const Row& row : rows) {
    INFO(row.asked);
    Client client(served.port);
    if (*row.asked != '\0') SSL_set_tlsext_host_name(client.ssl.get(), row.asked);
    REQUIRE(client.handshake());
    CHECK(client.is_for(row.got));
  }
  // The twin of the default pair is there for those who cannot check ECDSA.
  Client client(served.port);
  const std::uint16_t rsa = SSL_SIGN_RSA_PSS_RSAE_SHA256;
  SSL_set_verify_algorithm_prefs(client.ssl.get(), &rsa, 1);
  REQUIRE(client.handshake());
  CHECK(client.key_type() == EVP_PKEY_RSA);
}

TEST_CASE("A pair beside the default that cannot be used is left out with a word") {
  std::vector<TlsPair> pairs = {ecdsa_pair({"mail.example.com"}), ecdsa_pair({"b.example"})};
  pairs[1].is_default = false;
  pairs[1].key = pairs[0].key;
  pairs[1].key_name = "/live/b.example/privkey.pem";
  std::vector<std::string> complaints;
  REQUIRE(TlsContext::make(pairs, TlsLevel::kModern, complaints).ok());
  REQUIRE(complaints.size() == 1);
  CHECK_THAT(complaints[0], Catch::Contains("/live/b.example/privkey.pem"));
  CHECK_FALSE(TlsContext::make({}, TlsLevel::kModern, complaints).ok());
}

// Attack A14: a browser that is led here by another protocol's certificate (ALPACA) says in ALPN
// what it expects.
TEST_CASE("A client that expects another protocol is refused, one that names none is served") {
  struct Row {
    std::string offered;  // as in the extension; empty: none
    bool served;
    std::string agreed;
  };
  const Row rows[] = {
      {"", true, ""},
      {"\x04imap", true, "imap"},
      {"\x04smtp\x04imap", true, "imap"},
      {"\x08http/1.1", false, ""},
      {"\x02h2\x08http/1.1", false, ""},
      {"\x04smtp", false, ""},
      {"\x05imaps", false, ""},
      {"\x03ima", false, ""},
  };
  Served served(greeting(), context_of({ecdsa_pair({"mail.example.com"})}), {.loops = 1}, "imap");
  for (const Row& row : rows) {
    INFO(row.offered);
    Client client(served.port);
    SSL_set_alpn_protos(client.ssl.get(), reinterpret_cast<const std::uint8_t*>(row.offered.data()),
                        static_cast<unsigned>(row.offered.size()));
    REQUIRE(client.handshake() == row.served);
    const std::uint8_t* agreed = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client.ssl.get(), &agreed, &size);
    CHECK(std::string(reinterpret_cast<const char*>(agreed), size) == row.agreed);
  }
}

// Attack B14.
TEST_CASE("Names that are too long or malformed end the handshake, and the next client is served") {
  Served served(greeting(), context_of({ecdsa_pair({"mail.example.com"})}));
  Client client(served.port);
  // BoringSSL's client refuses such names itself: the hello is made here.
  const std::string host(300, 'a');
  for (const std::string& name : {host, std::string("a\0b", 3), std::string()}) {
    INFO(name.size());
    const auto u16 = [](std::size_t n) {
      return std::string{static_cast<char>(n >> 8), static_cast<char>(n & 255)};
    };
    const std::string entry = cat(std::string(1, '\0'), u16(name.size()), name);
    const std::string sni = cat(u16(0), u16(entry.size() + 2), u16(entry.size()), entry);
    const std::string groups = cat(u16(10), u16(4), u16(2), u16(23));
    const std::string schemes = cat(u16(13), u16(4), u16(2), u16(0x0403));
    const std::string extensions = cat(sni, groups, schemes);
    const std::string body =
        cat("\x03\x03", std::string(32, 'r'), std::string(1, '\0'), u16(2), u16(0xC02B), "\x01",
            std::string(1, '\0'), u16(extensions.size()), extensions);
    const std::string message = cat("\x01", std::string(1, '\0'), u16(body.size()), body);
    const std::string record = cat("\x16\x03\x01", u16(message.size()), message);
    Peer peer = Peer::connect_to(served.port);
    REQUIRE(peer.send(record));
    const std::string answer = peer.receive_until_closed();
    REQUIRE(!answer.empty());
    CHECK(answer[0] == '\x15');  // an alert
  }
  CHECK(client.handshake());
}

TEST_CASE("A client may not renegotiate, nor is it asked for a certificate") {
  Served served(
      [](Loop&, std::unique_ptr<Transport> transport) -> Task<void> {
        const std::optional<TimePoint> deadline = now() + seconds(10);
        auto shaken = co_await transport->start_tls(deadline);
        if (!shaken.ok()) co_return;
        Task<void> serving = echo(std::move(transport));
        co_await serving;
      },
      context_of({ecdsa_pair({"mail.example.com"})}));
  Client client(served.port);
  SSL_set_max_proto_version(client.ssl.get(), TLS1_2_VERSION);
  REQUIRE(SSL_connect(client.ssl.get()) == 1);
  CHECK(SSL_get_client_CA_list(client.ssl.get()) == nullptr);
  // RFC 5246 §7.4.1: a ClientHello inside the connection asks for it. BoringSSL's client cannot, so
  // a raw handshake record goes through the socket: it is not even decrypted.
  REQUIRE(client.peer.send(std::string("\x16\x03\x03\x00\x04\x01\x00\x00\x00", 9)));
  char byte = 0;
  CHECK(SSL_read(client.ssl.get(), &byte, 1) <= 0);
}

}  // namespace mail::net::test
