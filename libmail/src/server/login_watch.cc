// A wake-up carries no data: whoever is woken compares what is stored now with what was stored when
// the login was accepted.
//
// Tested by tests/unit/server/login_watch_test.cc.
#include "server/login_watch.h"

#include "mail/base/absl.h"

namespace mail::server {
std::string login_topic(std::string_view address) { return cat("login/", address); }

void publish_changed_logins(EventBus& events, const directory::Snapshot& before,
                            const directory::Snapshot& after) {
  for (const directory::Account& account : before.accounts()) {
    const directory::Account* now = after.find_login(account.address);
    const bool same =
        now != nullptr && now->address == account.address && now->password == account.password;
    if (!same) events.publish(login_topic(account.address));
  }
  for (const directory::AppPassword& entry : before.app_passwords()) {
    const directory::AppPassword* now = after.find_app_password(entry.address, entry.label);
    const bool same = now != nullptr && now->password == entry.password &&
                      now->scope == entry.scope && now->expires == entry.expires;
    if (!same) events.publish(login_topic(entry.address));
  }
  for (const directory::Account& master : before.masters()) {
    const directory::Account* now = after.find_master(master.address);
    const bool same = now != nullptr && now->password == master.password;
    if (!same) events.publish(login_topic(cat("*", master.address)));
  }
}

LoginWatch::LoginWatch(World& world, Transport& transport, const directory::Login& login)
    : address_(login.address),
      master_(login.master),
      app_password_(login.app_password),
      mark_(login.mark),
      subscription_(world.events.subscribe(login_topic(login.address), transport.waker())) {
  if (login.expires) ends_ = world.clock.now() + (*login.expires - world.clock.wall());
  if (master_.empty()) return;
  master_subscription_ =
      world.events.subscribe(login_topic(cat("*", login.master)), transport.waker());
}

bool LoginWatch::is_revoked(const directory::Snapshot& snapshot, TimePoint now) const {
  if (ends_ && *ends_ <= now) return true;
  return directory::credential_mark(snapshot, address_, master_, app_password_) != mark_;
}

}  // namespace mail::server
