// Warnings are docker-mailserver's (90-quota.conf, quota-warning): a message at 80 % and at 95 %,
// and one when the account falls below 100 % again. They are about octets; a number of messages has
// none.
//
// Tested by tests/unit/server/quota_service_test.cc.
#include "server/quota_watch.h"

#include <array>

#include "mail/directory/current.h"
#include "mail/message/builder.h"
#include "server/connection.h"
#include "server/quota.h"
#include "server/trace_header.h"

namespace mail::server {
namespace {

/// Accounts that are remembered; beyond so many, those that nobody changes now are forgotten and
/// looked at again before their next change.
constexpr std::size_t kRemembered = 10'000;

constexpr std::uint64_t percent_of(std::uint64_t limit, std::uint64_t percent) {
  return limit / 100 * percent + limit % 100 * percent / 100;
}

std::string_view sentence_of(QuotaMark mark) {
  switch (mark) {
    case QuotaMark::kNearlyFull: return "Your mailbox is now 80% full.\n";
    case QuotaMark::kAlmostFull: return "Your mailbox is now 95% full.\n";
    case QuotaMark::kNoLongerFull: break;
  }
  return "Your mailbox is no longer full.\n";
}

}  // namespace

std::optional<QuotaMark> passed_mark(std::uint64_t before, std::uint64_t after,
                                     std::uint64_t limit) {
  if (limit == 0) return std::nullopt;
  const auto rises_to = [&](std::uint64_t mark) { return before < mark && after >= mark; };
  if (rises_to(percent_of(limit, 95))) return QuotaMark::kAlmostFull;
  if (rises_to(percent_of(limit, 80))) return QuotaMark::kNearlyFull;
  if (before >= limit && after < limit) return QuotaMark::kNoLongerFull;
  return std::nullopt;
}

std::shared_ptr<QuotaWatch::Entry> QuotaWatch::of(const std::string& address) {
  const MutexLock lock(mutex_);
  if (const auto at = entries_.find(address); at != entries_.end()) return at->second;
  if (entries_.size() >= kRemembered) {
    absl::erase_if(entries_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  return entries_.emplace(address, std::make_shared<Entry>()).first->second;
}

QuotaObserver::QuotaObserver(const Connection& connection, const std::string& address)
    : connection_(connection) {
  limit_ = quota_of(*connection.world.directory.get(), address).octets;
  if (limit_ == 0) return;
  place_ = connection.place_of(address);
  entry_ = connection.shared->quota_watch().of(address);
}

void QuotaObserver::before() {
  if (entry_ == nullptr) return;
  const MutexLock lock(entry_->mutex);
  if (entry_->octets) return;
  const auto usage = connection_.world.store.usage(place_);
  if (usage.ok()) entry_->octets = usage->octets;
}

void QuotaObserver::after() {
  if (entry_ == nullptr) return;
  std::optional<QuotaMark> mark;
  {
    const MutexLock lock(entry_->mutex);
    const auto usage = connection_.world.store.usage(place_);
    if (!usage.ok()) return;  // the next change will see what this one did
    if (entry_->octets) mark = passed_mark(*entry_->octets, usage->octets, limit_);
    entry_->octets = usage->octets;
  }
  if (!mark) return;
  const Status warned = warn(*mark);
  connection_.log(warned.ok() ? Logger::Level::kInfo : Logger::Level::kError,
                  warned.ok() ? "quota warning delivered" : "quota warning could not be delivered",
                  {{"account", place_.address},
                   {"reason", std::string(warned.ok() ? sentence_of(*mark).substr(
                                                            0, sentence_of(*mark).size() - 1)
                                                      : message_of(warned))}});
}

Status QuotaObserver::warn(QuotaMark mark) const {
  const World& world = connection_.world;
  const std::string domain = place_.address.substr(place_.address.rfind('@') + 1);
  const WallTime now = world.clock.wall();
  const std::string id = make_message_id(world.random);
  message::HeaderBuilder header;
  MAIL_RETURN_IF_ERROR(
      header.add_date("Date", {std::chrono::floor<seconds>(now), world.clock.utc_offset(now)}));
  MAIL_RETURN_IF_ERROR(header.add("From", cat("postmaster@", domain)));
  MAIL_RETURN_IF_ERROR(header.add("To", place_.address));
  MAIL_RETURN_IF_ERROR(header.add("Subject", "quota warning"));
  MAIL_RETURN_IF_ERROR(
      header.add("Message-ID", cat("<", id, "@", connection_.options().hostname, ">")));
  // RFC 3834 §5: nobody's vacation answers it.
  MAIL_RETURN_IF_ERROR(header.add("Auto-Submitted", "auto-generated"));
  const std::string bytes = message::text_message(header, sentence_of(mark));
  store::Target target;
  target.account = place_;
  target.header = return_path_field("");
  if (connection_.options().delivered_to) target.header += delivered_to_field(place_.address);
  const std::array<std::string_view, 1> pieces = {bytes};
  return world.store.deliver(std::span(&target, 1), pieces, now);
}

}  // namespace mail::server
