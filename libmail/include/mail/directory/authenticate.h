#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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
  std::string address;            // the account's, when accepted
  std::string master;             // who opened it, where `user*master` logged in
  std::string app_password = {};  // the label of the one that was given, if any
  /// For the log, never for the peer: "no such account", "postfix-accounts.cf:3: unknown scheme".
  std::string reason;
  /// When accepted: `credential_mark` of the snapshot that accepted it.
  std::size_t mark = 0;
  /// When accepted by an app password that expires.
  std::optional<WallTime> expires = {};
};

/// Tells whether the password that a login rested on is still the one that is stored: equal marks,
/// the same stored password, for the same services. Of the account, its master, or the app
/// password; nullopt: one of them is gone. Holds within one process.
std::optional<std::size_t> credential_mark(const Snapshot& snapshot, std::string_view address,
                                           std::string_view master = {},
                                           std::string_view app_password = {});

/// What a login is for. A value.
struct LoginAttempt {
  LoginService service = LoginService::kImap;
  WallTime now{};
};

/// `login` is an account's address, or `address*master` with the master's password. App passwords
/// count only where `attempt` says what for.
/// A refusal takes the time of one password hash whether the login exists or not, and of one more
/// for each app password of the account: milliseconds; call it through the `Worker` port.
Login authenticate(const Snapshot& snapshot, std::string_view login, std::string_view password,
                   const std::optional<LoginAttempt>& attempt = std::nullopt);

}  // namespace mail::directory
