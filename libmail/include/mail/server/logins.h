// Sessions end when their credentials do (attack B13): a deleted account, a changed password.
#pragma once

#include <string>
#include <string_view>

#include "mail/base/ports.h"
#include "mail/directory/snapshot.h"

namespace mail::server {

/// The EventBus topic of a login: published when its account or password changed. A master's is
/// that of "*name".
std::string login_topic(std::string_view address);

/// Wakes the sessions of every account and master that `after` does not have as `before` had it.
/// Call it once `after` is in force. Compares all accounts: for a worker.
void publish_changed_logins(EventBus& events, const directory::Snapshot& before,
                            const directory::Snapshot& after);

}  // namespace mail::server
