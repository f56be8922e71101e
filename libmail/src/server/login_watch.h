#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "mail/directory/authenticate.h"
#include "mail/server/logins.h"
#include "mail/server/world.h"

namespace mail::server {

/// Knows what a session's login rested on. Belongs to one connection.
class LoginWatch {
 public:
  /// From now on the connection is woken when the login changes.
  LoginWatch(World& world, Transport& transport, const directory::Login& login);

  /// True when the account is gone, it or its master has another password now, or the app password
  /// has gone, changed or expired.
  bool is_revoked(const directory::Snapshot& snapshot, TimePoint now) const;
  /// When the app password expires.
  std::optional<TimePoint> ends() const { return ends_; }

 private:
  std::string address_;
  std::string master_;
  std::string app_password_;
  std::size_t mark_ = 0;
  std::optional<TimePoint> ends_;
  std::unique_ptr<EventBus::Subscription> subscription_;
  std::unique_ptr<EventBus::Subscription> master_subscription_;
};

}  // namespace mail::server
