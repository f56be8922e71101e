// Client and server back to back, with the cryptography of mail::crypto.
#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "mail/base/absl.h"
#include "mail/crypto/scram.h"
#include "mail/sasl.h"
#include "mail/text/base64.h"

namespace mail::sasl {
namespace {

struct Setting {
  Mechanism mechanism;
  TlsInfo client_tls, server_tls;
  std::string authorization;
  std::string password = "secret, \xc3\xa4=";
  bool with_initial_response = true;
  bool server_offers_plus = true;
  bool server_lies = false;  // it says OK without having the key
};

struct Outcome {
  std::string authentication;  // as the server sees it; empty: refused
  bool client_believes = false;
  bool client_gave_up = false;
};

class BackToBack {
 public:
  explicit BackToBack(const Setting& setting)
      : setting_(setting),
        client_(setting.mechanism, {setting.authorization, "a,n=n", setting.password},
                "client-nonce", &setting_.client_tls, setting.server_offers_plus),
        server_(setting.mechanism, {.offers_scram = true}, &setting_.server_tls) {}

  Outcome run() {
    const auto initial = client_.start();
    REQUIRE(initial.ok());
    const bool is_sent = setting_.with_initial_response && initial->has_value();
    ServerStep step =
        server_.start(is_sent ? std::optional<std::string_view>(**initial) : std::nullopt);
    if (!is_sent && initial->has_value()) {
      // The protocol has no initial responses: it answers the empty challenge.
      REQUIRE(std::get<Challenge>(step).line.empty());
      step = server_.receive(**initial == "=" ? std::string() : **initial);
    }
    for (;;) {
      if (const auto* challenge = std::get_if<Challenge>(&step)) {
        const auto line = respond(challenge->line);
        if (!line) return outcome_;
        step = server_.receive(*line);
      } else if (std::holds_alternative<ScramUser>(step)) {
        step = server_.challenge_scram({credential_.salt, credential_.iterations, "server-nonce"});
      } else if (const auto* proof = std::get_if<ScramProof>(&step)) {
        auto signature = crypto::verify_scram_proof(credential_, proof->auth_message, proof->proof);
        if (setting_.server_lies) signature = std::string(32, 'x');
        if (!signature) return outcome_;
        step = server_.confirm_scram(*signature);
      } else if (const auto* login = std::get_if<Authenticate>(&step)) {
        if (login->is_proven || login->password == kRight) {
          outcome_.authentication = login->authentication;
          outcome_.client_believes = client_.finish().ok();
        }
        return outcome_;
      } else {
        return outcome_;
      }
    }
  }

 private:
  static constexpr std::string_view kRight = "secret, \xc3\xa4=";

  std::optional<std::string> respond(std::string_view challenge) {
    ClientStep step = client_.receive(challenge);
    if (const auto* asked = std::get_if<ScramPassword>(&step)) {
      const auto proof = crypto::make_scram_proof(setting_.password, asked->salt, asked->iterations,
                                                  asked->auth_message);
      step = client_.prove_scram({proof.proof, proof.server_signature});
    }
    if (const auto* response = std::get_if<Respond>(&step)) return response->line;
    outcome_.client_gave_up = true;
    return std::nullopt;
  }

  const Setting setting_;
  const crypto::ScramCredential credential_ =
      crypto::make_scram_credential(kRight, "0123456789abcdef", 4096);
  ClientExchange client_;
  ServerExchange server_;
  Outcome outcome_;
};

TlsInfo tls(std::string exporter, std::string end_point) {
  return {.version = "TLSv1.3",
          .bindings = {.exporter = std::move(exporter), .end_point = std::move(end_point)}};
}

}  // namespace

TEST_CASE("Client and server of every mechanism understand each other") {
  for (const Mechanism mechanism : kMechanisms) {
    for (const bool with_initial_response : {true, false}) {
      CAPTURE(to_string(mechanism), with_initial_response);
      Setting setting{
          .mechanism = mechanism, .client_tls = tls("e", "p"), .server_tls = tls("e", "p")};
      setting.with_initial_response = with_initial_response;
      const Outcome outcome = BackToBack(setting).run();
      CHECK(outcome.authentication == "a,n=n");
      CHECK(outcome.client_believes);
      setting.password = "wrong";
      CHECK(BackToBack(setting).run().authentication.empty());
    }
  }
}

TEST_CASE("A client may name itself as the one to act for") {
  for (const Mechanism mechanism :
       {Mechanism::kPlain, Mechanism::kScramSha256, Mechanism::kScramSha256Plus}) {
    Setting setting{
        .mechanism = mechanism, .client_tls = tls("e", "p"), .server_tls = tls("e", "p")};
    setting.authorization = "a,n=n";
    CHECK(BackToBack(setting).run().client_believes);
    setting.authorization = "somebody else";
    CHECK(BackToBack(setting).run().authentication.empty());
  }
}

TEST_CASE("An attacker between two TLS connections cannot pass SCRAM-SHA-256-PLUS on") {
  // Different sessions, then different certificates where there is nothing else to compare.
  const Setting exporter{.mechanism = Mechanism::kScramSha256Plus,
                         .client_tls = tls("one", "p"),
                         .server_tls = tls("two", "p")};
  CHECK(BackToBack(exporter).run().authentication.empty());
  const Setting certificate{.mechanism = Mechanism::kScramSha256Plus,
                            .client_tls = tls("", "one"),
                            .server_tls = tls("", "two")};
  CHECK(BackToBack(certificate).run().authentication.empty());
  const Setting same{.mechanism = Mechanism::kScramSha256Plus,
                     .client_tls = tls("", "one"),
                     .server_tls = tls("ours", "one")};
  CHECK(BackToBack(same).run().client_believes);
}

TEST_CASE("A hidden -PLUS is noticed by the server, and its absence is not") {
  Setting hidden{.mechanism = Mechanism::kScramSha256,
                 .client_tls = tls("e", "p"),
                 .server_tls = tls("e", "p"),
                 .authorization = {}};
  hidden.server_offers_plus = false;  // as the client was made to see it
  CHECK(BackToBack(hidden).run().authentication.empty());
  Setting absent{.mechanism = Mechanism::kScramSha256,
                 .client_tls = tls("e", "p"),
                 .server_tls = {},
                 .authorization = {}};
  absent.server_offers_plus = false;
  CHECK(BackToBack(absent).run().client_believes);
}

TEST_CASE("A client does not believe a server that has not got the key") {
  const Setting setting{.mechanism = Mechanism::kScramSha256,
                        .client_tls = {},
                        .server_tls = {},
                        .authorization = {},
                        .server_lies = true};
  const Outcome outcome = BackToBack(setting).run();
  CHECK(outcome.client_gave_up);
  CHECK_FALSE(outcome.client_believes);
}

}  // namespace mail::sasl
