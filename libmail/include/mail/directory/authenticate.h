#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mail/directory/snapshot.h"

namespace mail::directory {

enum class LoginVerdict : std::uint8_t {
  kAccepted,
  kRefused,      // no such login, or another password: the peer must not learn which
  kUnavailable,  // the accounts cannot be read: temporary
};

/// A value.
struct Login {
  LoginVerdict verdict = LoginVerdict::kRefused;
  std::string address;  // the account's, when accepted
  std::string master;   // who opened it, where `user*master` logged in
  /// For the log, never for the peer: "no such account", "postfix-accounts.cf:3: unknown scheme".
  std::string reason;
};

/// `login` is an account's address, or `address*master` with the master's password.
/// A refusal takes the time of one password hash whether the login exists or not: milliseconds;
/// call it through the `Worker` port.
Login authenticate(const Snapshot& snapshot, std::string_view login, std::string_view password);

}  // namespace mail::directory
