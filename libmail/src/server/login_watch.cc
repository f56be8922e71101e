// A wake-up carries no data: whoever is woken compares what is stored now with what was stored when
// the login was accepted.
//
// Tested by tests/unit/server/login_watch_test.cc.
#include "server/login_watch.h"

#include <optional>

#include "mail/base/absl.h"

namespace mail::server {
namespace {

/// Of the stored password that decided; nothing when there is none any more.
std::optional<std::size_t> fingerprint(const directory::Snapshot& snapshot,
                                       std::string_view address, std::string_view master) {
  const directory::Account* account = snapshot.find_login(address);
  if (account == nullptr || account->address != address) return std::nullopt;
  if (master.empty()) return StringHash{}(account->password);
  const directory::Account* line = snapshot.find_master(master);
  if (line == nullptr) return std::nullopt;
  return StringHash{}(line->password);
}

}  // namespace

std::string login_topic(std::string_view address) { return cat("login/", address); }

void publish_changed_logins(EventBus& events, const directory::Snapshot& before,
                            const directory::Snapshot& after) {
  for (const directory::Account& account : before.accounts()) {
    const directory::Account* now = after.find_login(account.address);
    const bool same =
        now != nullptr && now->address == account.address && now->password == account.password;
    if (!same) events.publish(login_topic(account.address));
  }
  for (const directory::Account& master : before.masters()) {
    const directory::Account* now = after.find_master(master.address);
    const bool same = now != nullptr && now->password == master.password;
    if (!same) events.publish(login_topic(cat("*", master.address)));
  }
}

LoginWatch::LoginWatch(World& world, Transport& transport, const directory::Snapshot& snapshot,
                       const directory::Login& login)
    : address_(login.address),
      master_(login.master),
      password_(fingerprint(snapshot, login.address, login.master).value_or(0)),
      subscription_(world.events.subscribe(login_topic(login.address), transport.waker())) {
  if (master_.empty()) return;
  master_subscription_ =
      world.events.subscribe(login_topic(cat("*", login.master)), transport.waker());
}

bool LoginWatch::is_revoked(const directory::Snapshot& now) const {
  return fingerprint(now, address_, master_) != password_;
}

}  // namespace mail::server
