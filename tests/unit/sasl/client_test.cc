#include "mail/sasl/client.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"
#include "mail/crypto/scram.h"
#include "mail/text/base64.h"

namespace mail::sasl {
namespace {

using text::base64_decode;
using text::base64_encode;

std::string response(const ClientStep& step) {
  const auto* respond = std::get_if<Respond>(&step);
  return respond != nullptr ? base64_decode(respond->line).value_or("?") : "no response";
}
bool gives_up(const ClientStep& step) { return std::holds_alternative<GiveUp>(step); }

// RFC 7677 §3
constexpr std::string_view kServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

struct Scram {
  ClientExchange exchange{
      Mechanism::kScramSha256, {"", "user", ""}, "rOprNGfwEbeRWgbNEkqO", nullptr, false};
  Scram() { REQUIRE(exchange.start().ok()); }
};

}  // namespace

TEST_CASE("The dialog of RFC 7677 §3 is spoken to the letter") {
  ClientExchange exchange(Mechanism::kScramSha256, {"", "user", ""}, "rOprNGfwEbeRWgbNEkqO",
                          nullptr, false);
  const auto first = exchange.start();
  REQUIRE(first.ok());
  CHECK(base64_decode(**first) == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  CHECK_FALSE(exchange.finish().ok());
  const auto step = exchange.receive(base64_encode(kServerFirst));
  const auto& asked = std::get<ScramPassword>(step);
  const auto proof =
      crypto::make_scram_proof("pencil", asked.salt, asked.iterations, asked.auth_message);
  CHECK(response(exchange.prove_scram({proof.proof, proof.server_signature})) ==
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  CHECK_FALSE(exchange.finish().ok());
  CHECK(response(exchange.receive(
            base64_encode("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))) == "");
  CHECK(exchange.finish().ok());
}

TEST_CASE("What a server must not say makes the client give up") {
  const std::string too_many = cat("r=rOprNGfwEbeRWgbNEkqOx,s=c2FsdA==,i=", kMaxIterations + 1);
  const std::string_view bad[] = {
      "",
      "e=other-error",
      "r=another,s=c2FsdA==,i=4096",
      "r=rOprNGfwEbeRWgbNEkqO,s=c2FsdA==,i=4096",  // nothing of its own
      "r=rOprNGfwEbeRWgbNEkqOx,s=c2FsdA==,i=4095",
      too_many,
      "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096",
  };
  for (const auto message : bad) {
    CAPTURE(message);
    Scram scram;
    CHECK(gives_up(scram.exchange.receive(base64_encode(message))));
    CHECK_FALSE(scram.exchange.finish().ok());
    CHECK(gives_up(scram.exchange.receive(base64_encode(kServerFirst))));
  }
  Scram most;
  CHECK_FALSE(gives_up(most.exchange.receive(
      base64_encode(cat("r=rOprNGfwEbeRWgbNEkqOx,s=c2FsdA==,i=", kMaxIterations)))));
  Scram broken;
  CHECK(gives_up(broken.exchange.receive("not base64")));
}

TEST_CASE("A wrong signature, an error or more questions end the exchange") {
  for (const std::string_view final : {"v=AAAA", "e=invalid-proof", "v=", "what"}) {
    Scram scram;
    scram.exchange.receive(base64_encode(kServerFirst));
    scram.exchange.prove_scram({std::string(32, 'p'), std::string(32, 's')});
    CHECK(gives_up(scram.exchange.receive(base64_encode(final))));
    CHECK_FALSE(scram.exchange.finish().ok());
  }
  ClientExchange plain(Mechanism::kPlain, {"", "ann", "secret"}, "", nullptr, false);
  REQUIRE(plain.start().ok());
  CHECK(gives_up(plain.receive("")));
}

TEST_CASE("LOGIN answers by position, whatever the questions are called") {
  ClientExchange exchange(Mechanism::kLogin, {"", "ann", "secret"}, "", nullptr, false);
  const auto first = exchange.start();
  REQUIRE(first.ok());
  CHECK_FALSE(first->has_value());
  CHECK(response(exchange.receive(base64_encode("User Name"))) == "ann");
  CHECK_FALSE(exchange.finish().ok());
  CHECK(response(exchange.receive("")) == "secret");
  CHECK(exchange.finish().ok());
}

TEST_CASE("What a mechanism cannot carry is refused before anything is sent") {
  const auto can_start = [](Mechanism mechanism, const ClientIdentity& identity,
                            std::string nonce) {
    return ClientExchange(mechanism, identity, std::move(nonce), nullptr, false).start().ok();
  };
  const std::string with_nul("a\0n", 3);
  CHECK_FALSE(can_start(Mechanism::kPlain, {"", "", "p"}, ""));
  CHECK_FALSE(can_start(Mechanism::kPlain, {"", "ann", with_nul}, ""));
  CHECK_FALSE(can_start(Mechanism::kLogin, {"", "ann", ""}, ""));
  CHECK_FALSE(can_start(Mechanism::kLogin, {"bob", "ann", "p"}, ""));
  CHECK_FALSE(can_start(Mechanism::kScramSha256, {"", "ann", ""}, ""));
  CHECK_FALSE(can_start(Mechanism::kScramSha256, {"", "ann", ""}, "a,b"));
  CHECK_FALSE(can_start(Mechanism::kScramSha256Plus, {"", "ann", ""}, "nonce"));
  CHECK(can_start(Mechanism::kScramSha256, {"", "ann", ""}, "nonce"));
}

}  // namespace mail::sasl
