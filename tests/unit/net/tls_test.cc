#include <catch2/catch.hpp>

#include "mail/net/identity.h"
#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

const std::string kName = "mail.example.com";

Identity identity_for(std::vector<std::string> names) {
  auto identity = make_identity(
      names, std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  REQUIRE(identity.ok());
  return *identity;
}

const Identity& our_identity() {
  static const Identity kIdentity = identity_for({kName, "127.0.0.1", "::1"});
  return kIdentity;
}

StatusOr<std::shared_ptr<const TlsContext>> try_context(const std::string& certificate,
                                                        const std::string& key, TlsLevel level) {
  TlsPair pair;
  pair.certificate = certificate;
  pair.certificate_name = "c.pem";
  pair.key = key;
  pair.key_name = "k.pem";
  std::vector<std::string> complaints;
  return TlsContext::make({&pair, 1}, level, complaints);
}

std::shared_ptr<const TlsContext> context_of(const Identity& identity,
                                             TlsLevel level = TlsLevel::kIntermediate) {
  auto context = try_context(identity.certificate, identity.key, level);
  REQUIRE(context.ok());
  return *context;
}

Task<void> echo_over_tls(std::unique_ptr<Transport> transport) {
  const std::optional<TimePoint> deadline = now() + seconds(10);
  auto shaken = co_await transport->start_tls(deadline);
  if (!shaken.ok()) {
    transport->close();
    co_return;
  }
  Task<void> serving = echo(std::move(transport));
  co_await serving;
}

Handler tls_echo() {
  return [](Loop&, std::unique_ptr<Transport> transport) {
    return echo_over_tls(std::move(transport));
  };
}

/// One handshake; what the server's side says about it goes to the peer in the clear.
Task<void> handshake_only(std::unique_ptr<Transport> transport, Duration patience) {
  const std::optional<TimePoint> deadline = now() + patience;
  auto shaken = co_await transport->start_tls(deadline);
  if (shaken.ok()) {
    const std::string said =
        cat(shaken->version, " ", shaken->cipher, " ", shaken->server_name, "\n");
    transport->write(said);
  } else {
    transport->write(message_of(shaken.status()));
  }
  transport->close();
}

Handler handshaking(Duration patience) {
  return [patience](Loop&, std::unique_ptr<Transport> transport) {
    return handshake_only(std::move(transport), patience);
  };
}

}  // namespace

TEST_CASE("A client that trusts the CA and knows the name talks over TLS 1.3") {
  Served served(tls_echo(), context_of(our_identity()));
  TlsPeer peer(Peer::connect_to(served.port), our_identity().authority, kName);
  REQUIRE(peer.handshake());
  CHECK(peer.version() == "TLSv1.3");
  const std::string sent(100'000, 'x');  // several records
  REQUIRE(peer.send(sent));
  CHECK(peer.receive_all(sent.size()) == sent);
  SSL_shutdown(peer.ssl());
  CHECK(peer.saw_orderly_end());
}

TEST_CASE("Records arrive whole however the network cuts them") {
  Served served(tls_echo(), context_of(our_identity()));
  TlsPeer peer(Peer::connect_to(served.port), our_identity().authority, kName);
  REQUIRE(peer.handshake());
  // The ciphertext goes through a memory BIO and then octet by octet.
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set0_wbio(peer.ssl(), out);
  REQUIRE(peer.send("cut into single octets"));
  const std::uint8_t* record = nullptr;
  std::size_t size = 0;
  REQUIRE(BIO_mem_contents(out, &record, &size) == 1);
  for (std::size_t i = 0; i < size; ++i) {
    REQUIRE(peer.peer().send({reinterpret_cast<const char*>(record) + i, 1}));
  }
  CHECK(peer.receive_all(22) == "cut into single octets");
}

TEST_CASE("A record bigger than the reader's buffer is read to its end without new input") {
  Served served(tls_echo(), context_of(our_identity()));
  TlsPeer peer(Peer::connect_to(served.port), our_identity().authority, kName);
  REQUIRE(peer.handshake());
  const std::string sent(16'000, 'y');  // one record; the echo reads 4096 octets at a time
  REQUIRE(peer.send(sent));
  CHECK(peer.receive_all(sent.size()) == sent);
}

TEST_CASE("A handshake tells version, suite and the name that was asked for") {
  Served served(handshaking(seconds(10)), context_of(our_identity(), TlsLevel::kModern));
  TlsPeer peer(Peer::connect_to(served.port), our_identity().authority, kName);
  SSL_set_max_proto_version(peer.ssl(), TLS1_2_VERSION);
  REQUIRE(peer.handshake());
  CHECK(peer.receive_all(1000) ==
        "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 mail.example.com\n");
}

TEST_CASE("The server's order of suites decides, by level") {
  struct Row {
    TlsLevel level;
    const char* suite;
  };
  const Row rows[] = {{TlsLevel::kModern, "ECDHE-ECDSA-AES128-GCM-SHA256"},
                      {TlsLevel::kIntermediate, "ECDHE-ECDSA-CHACHA20-POLY1305"}};
  for (const Row& row : rows) {
    Served served(tls_echo(), context_of(our_identity(), row.level));
    TlsPeer peer(Peer::connect_to(served.port), our_identity().authority, kName);
    SSL_set_max_proto_version(peer.ssl(), TLS1_2_VERSION);
    REQUIRE(peer.handshake());
    CHECK(peer.suite() == row.suite);
  }
}

TEST_CASE("TLS 1.1 and older are refused") {
  Served served(tls_echo(), context_of(our_identity()));
  TlsPeer peer(Peer::connect_to(served.port), our_identity().authority, kName);
  SSL_set_min_proto_version(peer.ssl(), TLS1_VERSION);
  SSL_set_max_proto_version(peer.ssl(), TLS1_1_VERSION);
  CHECK_FALSE(peer.handshake());
}

TEST_CASE("A client that trusts another CA, or expects another name, leaves; the next is served") {
  Served served(tls_echo(), context_of(our_identity()));
  const Identity other = identity_for({kName});
  TlsPeer stranger(Peer::connect_to(served.port), other.authority, kName);
  CHECK_FALSE(stranger.handshake());
  TlsPeer misled(Peer::connect_to(served.port), our_identity().authority, "mail.example.org");
  CHECK_FALSE(misled.handshake());
  TlsPeer friendly(Peer::connect_to(served.port), our_identity().authority, kName);
  CHECK(friendly.handshake());
}

TEST_CASE("A handshake fails in words") {
  SECTION("when the peer says nothing until the deadline") {
    Served served(handshaking(milliseconds(5)), context_of(our_identity()));
    CHECK(Peer::connect_to(served.port).receive_until_closed() ==
          "the TLS handshake took too long");
  }
  SECTION("when the peer speaks another protocol") {
    Served served(handshaking(seconds(10)), context_of(our_identity()));
    Peer peer = Peer::connect_to(served.port);
    peer.send("GET / HTTP/1.1\r\n\r\n");
    CHECK_THAT(peer.receive_until_closed(), Catch::Contains("HTTP_REQUEST"));
  }
  SECTION("when there is no certificate") {
    Served served(handshaking(seconds(10)));
    CHECK_THAT(Peer::connect_to(served.port).receive_until_closed(),
               Catch::Contains("TLS is not possible"));
  }
  SECTION("when the server stops") {
    Served served(handshaking(hours(1)), context_of(our_identity()));
    Peer peer = Peer::connect_to(served.port);
    while (served.network->connections() == 0) {
    }
    served.network->stop(seconds(10));
    CHECK(peer.receive_until_closed() == "the server stops");
  }
}

TEST_CASE("A pair that cannot be used names the file at fault") {
  const Identity other = identity_for({kName});
  const Identity& ours = our_identity();
  const std::string damaged = cat(ours.certificate, "-----BEGIN CERTIFICATE-----\n!\n");
  struct Row {
    std::string certificate;
    std::string key;
    std::string message;
  };
  const Row rows[] = {
      {"", ours.key, "c.pem: no usable certificate"},
      {ours.key, ours.key, "c.pem: no usable certificate"},
      {damaged, ours.key, "c.pem: the chain"},
      {ours.certificate, "", "k.pem: no private key"},
      {ours.certificate, ours.certificate, "k.pem: no private key"},
      {ours.certificate, other.key, "k.pem: this key does not belong to the certificate in c.pem"},
  };
  for (const Row& row : rows) {
    INFO(row.message);
    const auto context = try_context(row.certificate, row.key, TlsLevel::kModern);
    REQUIRE_FALSE(context.ok());
    CHECK_THAT(std::string(message_of(context.status())), Catch::StartsWith(row.message));
  }
}

TEST_CASE("A certificate is made for names that can stand in one") {
  const WallTime now{};
  const std::vector<std::string> good[] = {
      {"a"}, {"mail.example.com", "*.example.com"}, {"127.0.0.1", "::1"}, {std::string(250, 'a')}};
  for (const auto& names : good) CHECK(make_identity(names, now).ok());
  const std::vector<std::string> bad[] = {{},      {""},    {"a,DNS:evil"},
                                          {"a b"}, {"a:b"}, {std::string(254, 'a')}};
  for (const auto& names : bad) {
    CHECK(make_identity(names, now).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace mail::net::test
