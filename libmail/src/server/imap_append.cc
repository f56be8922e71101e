// APPEND and MULTIAPPEND (RFC 3501 §6.3.11, RFC 3502): the messages are collected, then stored all
// or none.
//
// Tested by tests/unit/server/imap_service_test.cc and tests/live.
#include <utility>

#include "server/imap_commands.h"
#include "server/quota_watch.h"

namespace mail::server {

/// Whether the folder is there, and room for what was announced. Blocks.
Status ImapService::check_append(const store::AccountPlace& place, const store::UsageLimit& limit) {
  if (append_target_ == nullptr || append_target_name_ != append_->mailbox) {
    append_target_.reset();
    const auto& rules = connection_.options().folders;
    MAIL_ASSIGN_OR_RETURN(append_target_, open_folder(*account_, rules, append_->mailbox));
    append_target_name_ = append_->mailbox;
  }
  if (limit.is_unlimited()) return absl::OkStatus();
  MAIL_ASSIGN_OR_RETURN(const store::Usage used, connection_.world.store.usage(place));
  const bool is_too_much = store::exceeds(limit, used, append_->announced);
  return is_too_much ? store::over_quota(login_) : absl::OkStatus();
}

Task<void> ImapService::begin_append(Session& session, imap::Append& command) {
  if (!append_) {
    append_ = std::make_unique<PendingAppend>(connection_.shared);
    append_->mailbox = command.mailbox;
  }
  append_->announced += {command.octets, 1};
  // Before the client sends megabytes in vain.
  const store::UsageLimit limit = limit_of(append_->mailbox);
  Status status;
  if (append_->messages.empty() || !limit.is_unlimited()) {
    auto job = [this, &limit, place = connection_.place_of(login_)] {
      return check_append(place, limit);
    };
    status = co_await run_on(connection_.world.worker, std::move(job));
  }
  if (!status.ok()) {
    append_.reset();
    const ImapRefusal refusal = refusal_of_destination(status);
    session.no(refusal.code, refusal.text);
    co_return;
  }
  store::NewMessage message;
  message.flags = named_flags(command.flags);
  message.internal_date = command.date.value_or(connection_.world.clock.wall());
  append_->messages.push_back(std::move(message));
  session.proceed();
}

void ImapService::take_append_bytes(std::string_view bytes) {
  if (!append_ || append_->overflowed) return;
  if (append_->lease.extend(bytes.size())) {
    append_->messages.back().bytes += bytes;
    return;
  }
  append_->overflowed = true;
  append_->messages.clear();
  append_->lease.release();
}

Task<void> ImapService::finish_append(Session& session) {
  const std::unique_ptr<PendingAppend> pending = std::move(append_);
  if (pending->overflowed) {
    session.no("LIMIT", "The server has no memory left for messages; try again later");
    co_return;
  }
  struct Result {
    std::vector<store::Uid> uids;
    store::UidValidity validity{};
  };
  const store::UsageLimit limit = limit_of(pending->mailbox);
  QuotaObserver observer(connection_, login_);
  const auto store = [&]() -> StatusOr<Result> {
    Result result;
    MAIL_ASSIGN_OR_RETURN(result.uids, append_target_->append(pending->messages, limit));
    result.validity = append_target_->status().uid_validity;
    return result;
  };
  auto job = [&] { return observer.around(store); };
  auto result = co_await run_on(connection_.world.worker, std::move(job));
  if (!result.ok()) {
    append_target_.reset();
    connection_.log(Logger::Level::kWarning, "message could not be appended",
                    {{"account", login_},
                     {"mailbox", pending->mailbox},
                     {"reason", std::string(message_of(result.status()))}});
    const ImapRefusal refusal = refusal_of_destination(result.status());
    session.no(refusal.code, refusal.text);
    co_return;
  }
  co_await tell_updates(session, true, false);
  session.ok(cat("APPENDUID ", store::number(result->validity), ' ', uid_set(result->uids)),
             "APPEND completed");
}

}  // namespace mail::server
