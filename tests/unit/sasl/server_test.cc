#include "mail/sasl/server.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"
#include "mail/text/base64.h"

namespace mail::sasl {
namespace {

using namespace std::string_literals;
using Reason = Failure::Reason;
using text::base64_encode;

const TlsInfo kTls{.version = "TLSv1.3", .bindings = {.exporter = "EXPORTED", .end_point = "HASH"}};

/// What a step says, in short.
std::string shown(const ServerStep& step) {
  struct Print {
    std::string operator()(const Challenge& c) const {
      return cat("challenge ", text::base64_decode(c.line).value_or("?"));
    }
    std::string operator()(const Authenticate& a) const {
      return cat(a.mechanism, " [", a.authorization, "] [", a.authentication, "] [", a.password,
                 "]", a.is_proven ? " proven" : "");
    }
    std::string operator()(const ScramUser& u) const {
      return cat("user [", u.authorization, "] [", u.authentication, "]");
    }
    std::string operator()(const ScramProof& p) const {
      return cat("proof [", p.authentication, "] ", p.auth_message, " [", p.proof, "]");
    }
    std::string operator()(const Failure& f) const {
      constexpr std::string_view kReasons[] = {"cancelled", "not base64", "too long", "malformed",
                                               "refused"};
      return std::string(kReasons[static_cast<std::size_t>(f.reason)]);
    }
  };
  return std::visit(Print{}, step);
}

const ServerPolicy kScram{.offers_scram = true};
const ScramChallenge kChallenge{.salt = "salt", .iterations = 4096, .nonce = "SERVER"};
const std::string kProof(32, 'P');

}  // namespace

TEST_CASE("PLAIN comes with the first response or after an empty challenge") {
  ServerExchange at_once(Mechanism::kPlain, {}, nullptr);
  CHECK(shown(at_once.start(base64_encode("\0ann\0secret"s))) == "PLAIN [] [ann] [secret]");
  ServerExchange later(Mechanism::kPlain, {}, nullptr);
  CHECK(shown(later.start(std::nullopt)) == "challenge ");
  CHECK(shown(later.receive(base64_encode("ann\0ann\0secret"s))) == "PLAIN [ann] [ann] [secret]");
}

TEST_CASE("LOGIN asks for name and password; the name may come first") {
  ServerExchange asked(Mechanism::kLogin, {}, nullptr);
  CHECK(shown(asked.start(std::nullopt)) == "challenge Username:");
  CHECK(shown(asked.receive(base64_encode("ann"))) == "challenge Password:");
  CHECK(shown(asked.receive(base64_encode("secret"))) == "LOGIN [] [ann] [secret]");
  ServerExchange told(Mechanism::kLogin, {}, nullptr);
  CHECK(shown(told.start(base64_encode("ann"))) == "challenge Password:");
  CHECK(shown(told.receive(base64_encode("secret"))) == "LOGIN [] [ann] [secret]");
  // What Outlook and every printer wait for, letter by letter.
  ServerExchange spelled(Mechanism::kLogin, {}, nullptr);
  CHECK(std::get<Challenge>(spelled.start(std::nullopt)).line == "VXNlcm5hbWU6");
  CHECK(std::get<Challenge>(spelled.receive("YW5u")).line == "UGFzc3dvcmQ6");
}

TEST_CASE("An empty, endless or NUL-bearing name or password of LOGIN is malformed") {
  const std::string longest(255, 'x');
  const struct {
    std::string name, password;
    bool is_good;
  } cases[] = {
      {"ann", "secret", true},    {longest, longest, true},    {"", "secret", false},
      {"ann", "", false},         {longest + "x", "p", false}, {"ann", longest + "x", false},
      {"a\0n"s, "secret", false}, {"ann", "p\0"s, false},
  };
  for (const auto& c : cases) {
    ServerExchange exchange(Mechanism::kLogin, {}, nullptr);
    exchange.start(base64_encode(c.name));
    const std::string last = shown(exchange.receive(base64_encode(c.password)));
    CHECK((last != "malformed") == c.is_good);
  }
}

TEST_CASE("To act for somebody else is refused unless the caller allows it") {
  const std::string bob_by_ann = base64_encode("bob\0ann\0secret"s);
  ServerExchange strict(Mechanism::kPlain, {}, nullptr);
  CHECK(shown(strict.start(bob_by_ann)) == "refused");
  ServerExchange lenient(Mechanism::kPlain, {.allows_authorization_identity = true}, nullptr);
  CHECK(shown(lenient.start(bob_by_ann)) == "PLAIN [bob] [ann] [secret]");
  ServerExchange scram(Mechanism::kScramSha256, kScram, nullptr);
  CHECK(shown(scram.start(base64_encode("n,a=bob,n=ann,r=x"))) == "refused");
  ServerExchange oneself(Mechanism::kScramSha256, kScram, nullptr);
  CHECK(shown(oneself.start(base64_encode("n,a=ann,n=ann,r=x"))) == "user [ann] [ann]");
}

TEST_CASE("SCRAM asks for the user, then for the proof, then ends with an empty response") {
  ServerExchange exchange(Mechanism::kScramSha256, kScram, nullptr);
  CHECK(shown(exchange.start(std::nullopt)) == "challenge ");
  CHECK(shown(exchange.receive(base64_encode("n,,n=ann,r=CLIENT"))) == "user [] [ann]");
  CHECK(shown(exchange.challenge_scram(kChallenge)) ==
        "challenge r=CLIENTSERVER,s=c2FsdA==,i=4096");
  const std::string final = cat("c=biws,r=CLIENTSERVER,p=", base64_encode(kProof));
  CHECK(shown(exchange.receive(base64_encode(final))) ==
        cat("proof [ann] n=ann,r=CLIENT,r=CLIENTSERVER,s=c2FsdA==,i=4096,c=biws,r=CLIENTSERVER [",
            kProof, "]"));
  CHECK(shown(exchange.confirm_scram("signature")) == "challenge v=c2lnbmF0dXJl");
  CHECK(shown(exchange.receive("")) == "SCRAM-SHA-256 [] [ann] [] proven");
}

TEST_CASE("After the proof nothing but an empty response is taken") {
  ServerExchange exchange(Mechanism::kScramSha256, kScram, nullptr);
  exchange.start(base64_encode("n,,n=ann,r=CLIENT"));
  exchange.challenge_scram(kChallenge);
  exchange.receive(base64_encode(cat("c=biws,r=CLIENTSERVER,p=", base64_encode(kProof))));
  exchange.confirm_scram("signature");
  CHECK(shown(exchange.receive("AAAA")) == "malformed");
}

TEST_CASE("Every malformed field of a client-final-message ends SCRAM") {
  const std::string proof = base64_encode(kProof);
  const struct {
    std::string message;
    std::string_view expected;
  } cases[] = {
      {cat("c=biws,r=CLIENTSERVER,p=", proof), "proof"},
      {cat("c=biws,r=CLIENTSERVER,x=y,p=", proof), "proof"},
      {cat("c=biws,r=CLIENT,p=", proof), "refused"},
      {cat("c=biws,r=CLIENTSERVERx,p=", proof), "refused"},
      {cat("c=biws,r=SERVERCLIENT,p=", proof), "refused"},
      {cat("c=eSws,r=CLIENTSERVER,p=", proof), "refused"},      // y,,
      {cat("c=biwsYWFh,r=CLIENTSERVER,p=", proof), "refused"},  // n,,aaa
      {cat("c=,r=CLIENTSERVER,p=", proof), "refused"},
      {cat("c=!,r=CLIENTSERVER,p=", proof), "malformed"},
      {"c=biws,r=CLIENTSERVER,p=", "malformed"},
      {"c=biws,r=CLIENTSERVER,p=!", "malformed"},
      {cat("c=biws,r=CLIENTSERVER,p=", base64_encode(kProof.substr(1))), "malformed"},
      {cat("c=biws,r=CLIENTSERVER,p=", base64_encode(kProof + "x")), "malformed"},
      {"c=biws,r=CLIENTSERVER", "malformed"},
      {"", "malformed"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.message);
    ServerExchange exchange(Mechanism::kScramSha256, kScram, nullptr);
    exchange.start(base64_encode("n,,n=ann,r=CLIENT"));
    exchange.challenge_scram(kChallenge);
    CHECK(shown(exchange.receive(base64_encode(c.message))).starts_with(c.expected));
  }
}

TEST_CASE("The channel-binding flag must go with mechanism, TLS and what was offered") {
  constexpr auto kBare = Mechanism::kScramSha256;
  constexpr auto kPlus = Mechanism::kScramSha256Plus;
  const TlsInfo unbound{.version = "TLSv1.2"};
  const TlsInfo only_end_point{.version = "TLSv1.2",
                               .bindings = {.exporter = {}, .end_point = "HASH"}};
  const struct {
    Mechanism mechanism;
    const TlsInfo* tls;
    std::string_view header;
    std::string_view expected;
  } cases[] = {
      {kBare, nullptr, "n,,", "user"},
      {kBare, nullptr, "y,,", "user"},  // it could bind, and we really cannot
      {kBare, &unbound, "y,,", "user"},
      {kBare, &kTls, "n,,", "user"},
      {kBare, &kTls, "y,,", "refused"},  // somebody took -PLUS out of our offer
      {kBare, &kTls, "p=tls-exporter,,", "refused"},
      {kPlus, &kTls, "p=tls-exporter,,", "user"},
      {kPlus, &kTls, "p=tls-server-end-point,,", "user"},
      {kPlus, &kTls, "p=tls-unique,,", "refused"},
      {kPlus, &kTls, "n,,", "refused"},
      {kPlus, &kTls, "y,,", "refused"},
      {kPlus, &only_end_point, "p=tls-exporter,,", "refused"},
      {kPlus, &only_end_point, "p=tls-server-end-point,,", "user"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.header, to_string(c.mechanism));
    ServerExchange exchange(c.mechanism, kScram, c.tls);
    const auto step = exchange.start(base64_encode(cat(c.header, "n=ann,r=CLIENT")));
    CHECK(shown(step).starts_with(c.expected));
  }
}

TEST_CASE("The data of another TLS connection does not bind") {
  const std::string proof = base64_encode(kProof);
  const struct {
    std::string_view type, data, expected;
  } cases[] = {
      {"tls-exporter", "EXPORTED", "proof"},    {"tls-server-end-point", "HASH", "proof"},
      {"tls-exporter", "HASH", "refused"},      {"tls-exporter", "", "refused"},
      {"tls-exporter", "EXPORTEDx", "refused"}, {"tls-server-end-point", "EXPORTED", "refused"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.type, c.data);
    ServerExchange exchange(Mechanism::kScramSha256Plus, kScram, &kTls);
    const std::string header = cat("p=", c.type, ",,");
    exchange.start(base64_encode(header + "n=ann,r=CLIENT"));
    exchange.challenge_scram(kChallenge);
    const std::string final =
        cat("c=", base64_encode(cat(header, c.data)), ",r=CLIENTSERVER,p=", proof);
    CHECK(shown(exchange.receive(base64_encode(final))).starts_with(c.expected));
  }
}

TEST_CASE("A star cancels at every step, and what is not base64 fails") {
  for (const Mechanism mechanism : kMechanisms) {
    ServerExchange first(mechanism, kScram, &kTls);
    first.start(std::nullopt);
    CHECK(shown(first.receive("*")) == "cancelled");
    for (const std::string_view bad : {"!", "A", "AB=C", "AAA", "AAA=\n", " AAAA", "AAB="}) {
      CAPTURE(bad);
      ServerExchange exchange(mechanism, kScram, &kTls);
      CHECK(shown(exchange.start(bad)) == "not base64");
    }
  }
  ServerExchange login(Mechanism::kLogin, {}, nullptr);
  login.start("YW5u");
  CHECK(shown(login.receive("*")) == "cancelled");
  ServerExchange scram(Mechanism::kScramSha256, kScram, nullptr);
  scram.start(base64_encode("n,,n=ann,r=CLIENT"));
  scram.challenge_scram(kChallenge);
  CHECK(shown(scram.receive("*")) == "cancelled");
}

TEST_CASE("A response within the limit is looked at, one octet more is not") {
  ServerExchange at(Mechanism::kPlain, {}, nullptr);
  CHECK(shown(at.start(std::string(kResponseLimit, 'A'))) == "malformed");
  ServerExchange above(Mechanism::kPlain, {}, nullptr);
  CHECK(shown(above.start(std::string(kResponseLimit + 1, 'A'))) == "too long");
}

TEST_CASE("A nonce within the limit is taken, one character more is malformed") {
  for (const std::size_t extra : {0, 1}) {
    ServerExchange exchange(Mechanism::kScramSha256, kScram, nullptr);
    const auto step =
        exchange.start(base64_encode(cat("n,,n=ann,r=", std::string(kNonceLimit + extra, 'r'))));
    CHECK(shown(step) == (extra == 0 ? "user [] [ann]" : "malformed"));
  }
}

TEST_CASE("An initial response of no octets is written as an equals sign") {
  ServerExchange plain(Mechanism::kPlain, {}, nullptr);
  CHECK(shown(plain.start("=")) == "malformed");
  ServerExchange login(Mechanism::kLogin, {}, nullptr);
  CHECK(shown(login.start("=")) == "challenge Password:");
}

TEST_CASE("No failure repeats what the peer sent") {
  ServerExchange exchange(Mechanism::kPlain, {}, nullptr);
  const auto step = exchange.start(base64_encode("bob\0ann\0secret"s));
  const std::string_view text = std::get<Failure>(step).text;
  CHECK(text.find("bob") == text.npos);
  CHECK(text.find("secret") == text.npos);
}

}  // namespace mail::sasl
