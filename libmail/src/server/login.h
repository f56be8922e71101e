// Who may come in: answers to the questions of SASL, the same for every protocol.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/directory/scram_login.h"
#include "mail/sasl/server.h"
#include "server/connection.h"

namespace mail::server {

/// What a session of this connection offers now.
sasl::ServerPolicy sasl_policy(const Connection& connection);

/// Answers the questions of one connection, one exchange at a time.
class LoginDesk {
 public:
  explicit LoginDesk(Connection& connection) : connection_(connection) {}

  /// For everybody, whether they exist or not. Nullopt: the accounts cannot be read, for now.
  std::optional<sasl::ScramChallenge> challenge(const sasl::ScramUser& user);
  /// ServerSignature, or nullopt: the proof does not fit.
  std::optional<std::string> confirm(const sasl::ScramProof& proof);
  /// The last question. A password is verified by a worker; too many that wait are turned away
  /// (kUnavailable). What is proven was verified before. Name and password outlive the task.
  Task<directory::Login> admit(std::string_view name, std::string_view password, bool is_proven);

  /// A line in the log, and from now on the session ends with its login.
  void welcome(const directory::Login& login, std::string_view mechanism);
  /// A line in the log, and the time that a refusal takes.
  Task<void> refuse(std::string name, const directory::Login& login);
  /// Why `challenge` or `confirm` said no.
  const directory::Login& refused() const { return scram_.login; }

 private:
  Connection& connection_;
  directory::ScramLogin scram_;  // of the exchange under way
};

}  // namespace mail::server
