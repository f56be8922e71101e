// GETQUOTA, GETQUOTAROOT, SETQUOTA (RFC 9208): one root, under Dovecot's name, that limits every
// folder of the account. A resource without a limit is not listed.
//
// Tested by tests/unit/server/quota_service_test.cc and tests/live.
#include <array>

#include "mail/directory/current.h"
#include "server/imap_commands.h"
#include "server/quota.h"

namespace mail::server {
namespace {

/// RFC 9208 §5.1: STORAGE counts in units of 1,024 octets.
std::uint64_t kibibytes(std::uint64_t octets) { return octets / 1024 + (octets % 1024 != 0); }

}  // namespace

/// Whether the account has a quota root, which it has even when nothing is limited.
bool ImapService::has_quota_root() const {
  return connection_.world.directory.get()->options().quotas;
}

store::UsageLimit ImapService::limit_of(std::string_view folder) const {
  return saving_limit(quota_of(*connection_.world.directory.get(), login_), folder);
}

Task<Status> ImapService::tell_quota(Session& session) {
  const directory::Quota quota = quota_of(*connection_.world.directory.get(), login_);
  auto job = [&store = connection_.world.store, place = connection_.place_of(login_)] {
    return store.usage(place);
  };
  auto usage = co_await run_on(connection_.world.worker, std::move(job));
  if (!usage.ok()) co_return usage.status();
  std::vector<Session::QuotaResource> resources;
  if (quota.octets != 0) {
    resources.push_back({"STORAGE", kibibytes(usage->octets), kibibytes(quota.octets)});
  }
  if (quota.messages != 0) resources.push_back({"MESSAGE", usage->messages, quota.messages});
  session.quota(kQuotaRoot, resources);
  co_return absl::OkStatus();
}

Task<void> ImapService::get_quota(Session& session, imap::GetQuota& command) {
  if (!has_quota_root() || command.root != kQuotaRoot) {
    session.no("NONEXISTENT", "There is no such quota root");
    co_return;
  }
  auto told = co_await tell_quota(session);
  finish(session, told, "GETQUOTA completed");
}

Task<void> ImapService::get_quota_root(Session& session, imap::GetQuotaRoot& command) {
  if (!has_quota_root()) {
    session.quota_root(command.mailbox, {});
    session.ok("", "GETQUOTAROOT completed");
    co_return;
  }
  const std::array<std::string_view, 1> roots = {kQuotaRoot};
  session.quota_root(command.mailbox, roots);
  auto told = co_await tell_quota(session);
  finish(session, told, "GETQUOTAROOT completed");
}

Task<void> ImapService::set_quota(Session& session) {
  session.no("NOPERM", "Quotas are set by the administrator");
  co_return;
}

}  // namespace mail::server
