#include "mail/directory/scram_login.h"

#include <catch2/catch.hpp>

#include "mail/base/absl.h"
#include "mail/crypto/password.h"

namespace mail::directory {
namespace {

const crypto::Secret kSecret("server secret");

std::string stored(std::string_view password, std::uint32_t iterations = 4096) {
  return cat("{SCRAM-SHA-256}", crypto::to_string(crypto::make_scram_credential(
                                    password, "salt of 16 octet", iterations)));
}

std::shared_ptr<const Snapshot> snapshot(std::string accounts) {
  Snapshot::Texts texts;
  texts.accounts = std::move(accounts);
  return Snapshot::from_texts(texts, {});
}

bool accepts(const ScramLogin& login, std::string_view password) {
  const auto proof = crypto::make_scram_proof(password, login.credential.salt,
                                              login.credential.iterations, "message");
  return crypto::verify_scram_proof(login.credential, "message", proof.proof).has_value();
}

}  // namespace

TEST_CASE("An account with a SCRAM password is found by its login name in any case") {
  const auto directory = snapshot(cat("ann@example.com|", stored("secret"), "\n"));
  CHECK(directory->every_account_has_scram());
  const ScramLogin login = scram_login(*directory, "Ann@Example.com", kSecret);
  CHECK(login.login.verdict == LoginVerdict::kAccepted);
  CHECK(login.login.address == "ann@example.com");
  CHECK(accepts(login, "secret"));
  CHECK_FALSE(accepts(login, "another"));
}

TEST_CASE("The same account logs in with its password in the clear") {
  const auto directory = snapshot(cat("ann@example.com|", stored("secret"), "\n"));
  CHECK(authenticate(*directory, "ann@example.com", "secret").verdict == LoginVerdict::kAccepted);
  CHECK(authenticate(*directory, "ann@example.com", "Secret").verdict == LoginVerdict::kRefused);
}

TEST_CASE("Who does not exist looks like those who do, the same each time (attack B8)") {
  const auto directory = snapshot(cat("ann@example.com|", stored("secret", 5000), "\n"));
  const ScramLogin real = scram_login(*directory, "ann@example.com", kSecret);
  const ScramLogin nobody = scram_login(*directory, "nobody@example.com", kSecret);
  CHECK(nobody.login.verdict == LoginVerdict::kRefused);
  CHECK(nobody.credential.iterations == real.credential.iterations);
  CHECK(nobody.credential.salt.size() == real.credential.salt.size());
  CHECK_FALSE(accepts(nobody, "secret"));
  // Also after another account was added, and in another case.
  const auto later = snapshot(cat("ann@example.com|", stored("secret", 5000), "\n",
                                  "bob@example.com|", stored("secret", 5000), "\n"));
  CHECK(scram_login(*later, "NOBODY@example.com", kSecret).credential == nobody.credential);
  CHECK(scram_login(*later, "somebody@example.com", kSecret).credential.salt !=
        nobody.credential.salt);
}

TEST_CASE("An account whose password is stored otherwise looks like nobody; the log says why") {
  const auto directory =
      snapshot(cat("ann@example.com|{PLAIN}secret\nbob@example.com|", stored("x"), "\n"));
  CHECK_FALSE(directory->every_account_has_scram());
  const ScramLogin login = scram_login(*directory, "ann@example.com", kSecret);
  CHECK(login.login.verdict == LoginVerdict::kRefused);
  CHECK(login.login.reason == "postfix-accounts.cf:1: the password is not stored for SCRAM");
  CHECK_FALSE(accepts(login, "secret"));
}

TEST_CASE("Without accounts not every account has SCRAM") {
  CHECK_FALSE(snapshot("")->every_account_has_scram());
  CHECK_FALSE(snapshot("ann@example.com|{SCRAM-SHA-256}4096,broken\n")->every_account_has_scram());
}

TEST_CASE("An unknown scheme is reported with file and line, and that account cannot log in") {
  const auto directory = snapshot("bob@example.com|{PLAIN}b\nann@example.com|{MD4}abc\n");
  REQUIRE(directory->diagnostics().size() == 1);
  CHECK(directory->diagnostics()[0].file == "postfix-accounts.cf");
  CHECK(directory->diagnostics()[0].line == 2);
  const Login login = authenticate(*directory, "ann@example.com", "abc");
  CHECK(login.verdict == LoginVerdict::kRefused);
  CHECK(login.reason.find("postfix-accounts.cf:2") != std::string::npos);
  CHECK(authenticate(*directory, "bob@example.com", "b").verdict == LoginVerdict::kAccepted);
}

}  // namespace mail::directory
