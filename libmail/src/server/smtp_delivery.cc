// The end of a message: the one place of SMTP and LMTP that touches the disk.
//
// All copies are written by one call of the store, which writes them once where their bytes are the
// same. When that fails SMTP has one answer for all of them. LMTP has one for each recipient, so
// there the copies are tried again one by one: a full mailbox does not keep the others waiting.
//
// RCPT has asked already whether there is room; what fits no longer is refused for good (552), as
// Dovecot does. Only where SMTP's one answer must do for some that fit as well it is temporary: at
// the next try RCPT refuses the others.
//
// Tested by tests/unit/server/smtp_service_test.cc, tests/unit/server/lmtp_service_test.cc and
// tests/sim.
#include "server/smtp_delivery.h"

#include <algorithm>
#include <list>
#include <string>
#include <string_view>
#include <utility>

#include "mail/directory/current.h"
#include "mail/store/store.h"
#include "server/header_edit.h"
#include "server/quota.h"
#include "server/quota_watch.h"
#include "server/smtp_replies.h"

namespace mail::server {
namespace {

bool is_submission(Protocol protocol) {
  return protocol == Protocol::kSubmission || protocol == Protocol::kSubmissions;
}

std::vector<store::Target> targets_of(const Connection& connection,
                                      const Transaction& transaction) {
  const auto snapshot = connection.world.directory.get();
  std::vector<store::Target> targets;
  targets.reserve(transaction.copies.size());
  for (const Copy& copy : transaction.copies) {
    store::Target target;
    target.account = connection.place_of(copy.mailbox);
    target.limit = delivery_limit(quota_of(*snapshot, copy.mailbox));
    target.header = return_path_field(transaction.reverse_path);
    if (connection.options().delivered_to) target.header += delivered_to_field(copy.delivered);
    targets.push_back(std::move(target));
  }
  return targets;
}

/// Why nothing was stored: of each target, since one is over its quota, whether it is that one.
std::vector<Status> sort_out(store::Store& store, const std::vector<store::Target>& targets,
                             std::span<const std::string_view> pieces, const Status& over_quota) {
  store::Usage added{0, 1};
  for (const std::string_view piece : pieces) added.octets += piece.size();
  std::vector<Status> statuses;
  for (const store::Target& target : targets) {
    const auto used = store.usage(target.account);
    const bool is_full = !used.ok() || store::exceeds(target.limit, *used, added);
    statuses.push_back(is_full ? over_quota : unavailable("another mailbox is full"));
  }
  return statuses;
}

/// One status for each target; the same for all unless `each`.
std::vector<Status> store_copies(store::Store& store, const std::vector<store::Target>& targets,
                                 std::span<const std::string_view> pieces, WallTime now,
                                 bool each) {
  if (targets.empty()) return {};  // everybody discards it
  const Status all = store.deliver(targets, pieces, now);
  if (!each && targets.size() > 1 && store::is_over_quota(all)) {
    return sort_out(store, targets, pieces, all);
  }
  std::vector<Status> statuses(targets.size(), all);
  if (all.ok() || !each || targets.size() == 1) return statuses;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    statuses[i] = store.deliver(std::span(&targets[i], 1), pieces, now);
  }
  return statuses;
}

/// Some mailboxes are full, others are not: the message is in none of them.
bool is_mixed(const std::vector<Status>& statuses) {
  const auto full = std::count_if(statuses.begin(), statuses.end(), store::is_over_quota);
  return full != 0 && static_cast<std::size_t>(full) != statuses.size();
}

Status first_failure(const std::vector<Status>& statuses) {
  for (const Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void log_outcome(const Connection& connection, const Transaction& transaction, const Status& status,
                 std::string_view id) {
  std::string to;
  for (const AcceptedRecipient& recipient : transaction.recipients) {
    if (!to.empty()) to += ',';
    to += recipient.forward_path;
  }
  if (status.ok()) {
    connection.log(Logger::Level::kInfo, "message delivered",
                   {{"message", std::string(id)},
                    {"from", transaction.reverse_path},
                    {"to", to},
                    {"octets", cat(transaction.message.bytes().size())},
                    {"copies", cat(transaction.copies.size())}});
  } else {
    connection.log(
        store::is_over_quota(status) ? Logger::Level::kInfo : Logger::Level::kError,
        "message could not be stored",
        {{"message", std::string(id)}, {"to", to}, {"reason", std::string(message_of(status))}});
  }
}

/// What is wrong with the message before anything is done with it.
std::optional<smtp::Reply> refusal_of(const Connection& connection, const MessageBuffer& message) {
  if (message.overflowed()) return smtp::Reply{452, "4.3.1", "Insufficient system storage"};
  if (count_hops(message.bytes()) > connection.options().hops) {
    return smtp::Reply{554, "5.4.6", "Error: too many hops"};
  }
  return std::nullopt;
}

std::vector<smtp::Reply> replies_to(const Transaction& transaction, bool is_lmtp,
                                    const std::vector<Status>& statuses, std::string_view id) {
  if (!is_lmtp) {
    if (is_mixed(statuses)) return {{452, "4.2.2", "Some of the mailboxes are full"}};
    const Status status = first_failure(statuses);
    if (!status.ok()) return {reply_to_failed_delivery(status)};
    return {{250, "2.0.0", cat("Ok: queued as ", id)}};
  }
  std::vector<smtp::Reply> replies;
  for (const AcceptedRecipient& recipient : transaction.recipients) {
    const Status& status = statuses[recipient.copy];
    smtp::Reply reply{250, "2.0.0", cat(id, " Saved")};
    if (!status.ok()) reply = reply_to_failed_delivery(status);
    reply.text = cat("<", recipient.forward_path, "> ", reply.text);
    replies.push_back(std::move(reply));
  }
  return replies;
}

}  // namespace

Task<std::vector<smtp::Reply>> deliver(Connection& connection, const Transaction& transaction,
                                       TraceFacts facts) {
  const bool is_lmtp = connection.protocol == Protocol::kLmtp;
  const MessageBuffer& message = transaction.message;
  if (const auto refused = refusal_of(connection, message)) {
    const std::size_t replies = is_lmtp ? transaction.recipients.size() : 1;
    co_return std::vector<smtp::Reply>(replies, *refused);
  }
  World& world = connection.world;
  const std::string id = make_message_id(world.random);
  HeaderEdit edit;
  edit.is_submission = is_submission(connection.protocol);
  edit.id = id;
  edit.hostname = connection.options().hostname;
  edit.time = world.clock.wall();
  edit.utc_offset = world.clock.utc_offset(edit.time);
  facts.id = id;
  facts.time = edit.time;
  facts.utc_offset = edit.utc_offset;
  const std::string added = received_field(facts) + missing_fields(message.bytes(), edit);
  std::vector<std::string_view> pieces = kept_pieces(message.bytes(), edit);
  pieces.insert(pieces.begin(), added);
  const std::vector<store::Target> targets = targets_of(connection, transaction);
  std::list<QuotaObserver> observers;
  for (const Copy& copy : transaction.copies) observers.emplace_back(connection, copy.mailbox);
  auto job = [&store = world.store, &targets, &pieces, time = edit.time, is_lmtp, &observers] {
    for (QuotaObserver& observer : observers) observer.before();
    auto stored = store_copies(store, targets, pieces, time, is_lmtp);
    for (QuotaObserver& observer : observers) observer.after();
    return stored;
  };
  auto statuses = co_await run_on(world.worker, std::move(job));
  log_outcome(connection, transaction, first_failure(statuses), id);
  co_return replies_to(transaction, is_lmtp, statuses, id);
}

}  // namespace mail::server
