// Passwords are verified by workers, and each costs milliseconds on purpose. So a flood of logins
// is a queue; beyond `ServiceOptions::waiting_logins` of them the next is told to come back, before
// it costs anything.
//
// A SCRAM proof costs three HMACs: that is not worth a thread.
//
// Tested by tests/unit/server/login_test.cc.
#include "server/login.h"

#include <utility>

#include "mail/directory/current.h"
#include "mail/directory/snapshot.h"

namespace mail::server {
namespace {

using directory::LoginVerdict;

/// A place in the queue.
class Place {
 public:
  explicit Place(Shared& shared) : shared_(shared), is_taken_(shared.take_login_place()) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (is_taken_) shared_.give_login_place_back();
  }
  bool is_taken() const { return is_taken_; }

 private:
  Shared& shared_;
  const bool is_taken_;
};

directory::LoginService service_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::kImap:
    case Protocol::kImaps: return directory::LoginService::kImap;
    case Protocol::kPop3:
    case Protocol::kPop3s: return directory::LoginService::kPop3;
    case Protocol::kSmtp:
    case Protocol::kSubmission:
    case Protocol::kSubmissions:
    case Protocol::kLmtp: break;
  }
  return directory::LoginService::kSmtp;
}

/// 24 characters of base64 without the need for base64: any printable one but a comma is allowed.
std::string make_nonce(Random& random) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::byte octets[24];
  random.fill(octets);
  std::string nonce;
  for (const std::byte octet : octets) nonce += kAlphabet[static_cast<unsigned>(octet) % 64];
  return nonce;
}

}  // namespace

sasl::ServerPolicy sasl_policy(const Connection& connection) {
  sasl::ServerPolicy policy;
  switch (connection.options().sasl_scram) {
    case SaslScram::kOff: break;
    case SaslScram::kOn: policy.offers_scram = true; break;
    case SaslScram::kAuto:
      policy.offers_scram = connection.world.directory.get()->every_account_has_scram();
      break;
  }
  return policy;
}

std::optional<sasl::ScramChallenge> LoginDesk::challenge(const sasl::ScramUser& user) {
  const auto snapshot = connection_.world.directory.get();
  scram_ = directory::scram_login(*snapshot, user.authentication, connection_.shared->secret());
  if (scram_.login.verdict == LoginVerdict::kUnavailable) return std::nullopt;
  return sasl::ScramChallenge{scram_.credential.salt, scram_.credential.iterations,
                              make_nonce(connection_.world.random)};
}

std::optional<std::string> LoginDesk::confirm(const sasl::ScramProof& proof) {
  auto signature = crypto::verify_scram_proof(scram_.credential, proof.auth_message, proof.proof);
  if (signature && scram_.login.verdict == LoginVerdict::kAccepted) return signature;
  if (scram_.login.verdict == LoginVerdict::kAccepted) {
    scram_.login = {.verdict = LoginVerdict::kRefused, .address = {}, .reason = "another password"};
  }
  return std::nullopt;
}

Task<directory::Login> LoginDesk::admit(std::string_view name, std::string_view password,
                                        bool is_proven) {
  if (is_proven) co_return std::exchange(scram_, {}).login;
  const Place place(*connection_.shared);
  if (!place.is_taken()) {
    co_return directory::Login{.verdict = LoginVerdict::kUnavailable,
                               .address = {},
                               .reason = "too many logins are waiting"};
  }
  const directory::LoginAttempt attempt{service_of(connection_.protocol),
                                        connection_.world.clock.wall()};
  auto verify = [shared = connection_.shared, snapshot = connection_.world.directory.get(), name,
                 password, attempt] {
    shared->begin_password();
    auto login = directory::authenticate(*snapshot, name, password, attempt);
    shared->end_password();
    return login;
  };
  auto login = co_await run_on(connection_.world.worker, std::move(verify));
  co_return login;
}

void LoginDesk::welcome(const directory::Login& login, std::string_view mechanism) {
  connection_.watch_login(login);
  std::vector<Logger::Field> fields = {{"account", login.address},
                                       {"mechanism", std::string(mechanism)}};
  if (!login.master.empty()) fields.push_back({"master", login.master});
  if (!login.app_password.empty()) fields.push_back({"app_password", login.app_password});
  connection_.log(Logger::Level::kInfo, "logged in", fields);
}

Task<void> LoginDesk::refuse(std::string name, const directory::Login& login) {
  connection_.log(Logger::Level::kWarning, "login refused",
                  {{"login", std::move(name)}, {"reason", login.reason}});
  co_await pause(connection_, connection_.options().auth_failure_delay);
}

}  // namespace mail::server
