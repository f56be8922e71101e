// The selected mailbox: opening it, telling what happened to it, idling in it, leaving it.
//
// Numbers change only where the client can know: `tell_updates(may_expunge)` is the only caller of
// MailboxView::pull.
//
// Tested by tests/unit/server/imap_service_test.cc and tests/sim.
#include <algorithm>
#include <utility>

#include "server/imap_commands.h"
#include "server/quota_watch.h"

namespace mail::server {
namespace {

/// What a worker brings back from opening a folder.
struct Opened {
  std::shared_ptr<store::Mailbox> mailbox;
  std::vector<store::Uid> recent;
  std::string mailbox_id;
};

StatusOr<Opened> open_for_selection(store::Account& account,
                                    const std::vector<directory::FolderRule>& rules,
                                    const std::string& name, bool is_read_only) {
  Opened opened;
  MAIL_ASSIGN_OR_RETURN(opened.mailbox, open_folder(account, rules, name));
  if (!is_read_only) {
    MAIL_ASSIGN_OR_RETURN(opened.recent, opened.mailbox->claim_recent());
  }
  opened.mailbox_id = opened.mailbox->mailbox_id();
  return opened;
}

}  // namespace

Task<void> ImapService::select(Session& session, imap::Select& command) {
  // RFC 3501 §6.3.1: a SELECT deselects what was selected, even when it fails.
  co_await deselect();
  World& world = connection_.world;
  const auto& rules = connection_.options().folders;
  auto job = [&] {
    return open_for_selection(*account_, rules, command.mailbox, command.is_read_only);
  };
  auto opened = co_await run_on(world.worker, std::move(job));
  if (!opened.ok()) {
    const ImapRefusal refusal = refusal_of(opened.status());
    session.no(refusal.code, refusal.text);
    co_return;
  }
  selected_ = std::make_unique<Selected>(Selected{command.mailbox, command.is_read_only,
                                                  store::MailboxView(opened->mailbox), nullptr, 0});
  store::MailboxView& view = selected_->view;
  view.add_recent(opened->recent);
  selected_->subscription = world.events.subscribe(store::mailbox_topic(login_, command.mailbox),
                                                   connection_.transport->waker());
  const store::FolderStatus status = view.mailbox().status();
  tell_keywords(session);
  session.exists(view.size());
  session.recent(view.recent_count());
  if (view.first_unseen() != 0) {  // RFC 3501 §6.3.1
    session.untagged_ok(cat("UNSEEN ", view.first_unseen()), "First unseen.");
  }
  session.untagged_ok(cat("UIDVALIDITY ", store::number(status.uid_validity)), "UIDs valid");
  session.untagged_ok(cat("UIDNEXT ", store::number(status.uid_next)), "Predicted next UID");
  session.untagged_ok(cat("MAILBOXID (", opened->mailbox_id, ")"), "Its name may change");
  session.ok(command.is_read_only ? "READ-ONLY" : "READ-WRITE",
             command.is_read_only ? "EXAMINE completed" : "SELECT completed");
}

void ImapService::tell_keywords(Session& session) {
  const std::vector<std::string> keywords = selected_->view.mailbox().keywords();
  selected_->keywords_told = keywords.size();
  session.flags(keywords);
  if (selected_->is_read_only) {
    session.untagged_ok("PERMANENTFLAGS ()", "Read-only mailbox.");
    return;
  }
  std::string permanent = "PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft";
  for (const std::string& keyword : keywords) append(permanent, ' ', keyword);
  permanent += " \\*)";
  session.untagged_ok(permanent, "Flags permitted.");
}

void ImapService::tell_flags(Session& session, std::uint32_t sequence,
                             const store::MessageInfo& info, bool with_uid) {
  const std::vector<std::string> keywords = selected_->view.mailbox().keywords();
  session.fetch_begin(sequence);
  if (with_uid) session.fetch_text("UID", cat(store::number(info.uid)));
  session.fetch_flags(info.flags.system, selected_->view.is_recent(info.uid), info.flags.keywords,
                      keywords);
  session.fetch_end();
}

Task<void> ImapService::tell_updates(Session& session, bool may_expunge, bool with_uid) {
  if (!selected_) co_return;
  store::MailboxView& view = selected_->view;
  const store::MailboxView::Update update = view.pull(may_expunge);
  for (const std::uint32_t sequence : update.expunged) session.expunge(sequence);
  if (update.has_new) {
    if (!selected_->is_read_only) {
      auto claim = [&view] { return view.mailbox().claim_recent(); };
      auto recent = co_await run_on(connection_.world.worker, std::move(claim));
      // Without it the messages are merely not \Recent here; some other session will claim them.
      if (recent.ok()) view.add_recent(*recent);
    }
    session.exists(view.size());
    session.recent(view.recent_count());
  }
  if (view.mailbox().keywords().size() > selected_->keywords_told) tell_keywords(session);
  for (const auto& changed : update.changed) {
    tell_flags(session, changed.sequence, changed.info, with_uid);
  }
}

Task<void> ImapService::refresh_and_tell(Session& session) {
  if (!selected_) co_return;
  auto refresh = [this] { return selected_->view.mailbox().refresh(); };
  auto status = co_await run_on(connection_.world.worker, std::move(refresh));
  if (!status.ok()) {
    connection_.log(Logger::Level::kWarning, "mailbox cannot be read",
                    {{"mailbox", selected_->name}, {"reason", std::string(message_of(status))}});
  }
  co_await tell_updates(session, true, false);
}

Task<void> ImapService::begin_idle(Session& session) {
  session.proceed();
  is_idle_ = true;
  if (selected_) {
    auto begin = [this] { return selected_->view.mailbox().watch(); };
    watch_ = co_await run_on(connection_.world.worker, std::move(begin));
  }
  // What happened since the last command is told at once (RFC 2177 §3).
  co_await woken(session);
}

Task<void> ImapService::end_idle(Session& session) {
  is_idle_ = false;
  watch_.reset();
  next_refresh_.reset();
  co_await tell_updates(session, true, false);
  session.ok("", "Idle completed");
}

Task<void> ImapService::woken(Session& session) {
  if (!is_idle_ || !selected_) co_return;
  co_await refresh_and_tell(session);
  const ServiceOptions& options = connection_.options();
  next_refresh_ = connection_.world.clock.now() +
                  (watch_ == nullptr ? options.idle_refresh : options.idle_refresh_watched);
}

Task<void> ImapService::close(Session& session, bool expunges) {
  if (expunges && !selected_->is_read_only) {
    QuotaObserver observer(connection_, login_);
    const auto remove = [this] {
      store::MailboxView& view = selected_->view;
      return view.mailbox().expunge(view.uids());
    };
    auto job = [&] { return observer.around(remove); };
    auto expunged = co_await run_on(connection_.world.worker, std::move(job));
    if (!expunged.ok()) {
      const ImapRefusal refusal = refusal_of(expunged.status());
      session.no(refusal.code, refusal.text);
      co_return;
    }
  }
  co_await deselect();
  session.ok("", expunges ? "CLOSE completed" : "UNSELECT completed");
}

Task<void> ImapService::deselect() {
  if (selected_ && selected_->has_changed_flags) {
    auto settle = [this] { return selected_->view.mailbox().settle(); };
    const Status settled = co_await run_on(connection_.world.worker, std::move(settle));
    if (!settled.ok()) {  // it is tried again, without anybody waiting
      connection_.log(Logger::Level::kWarning, "flags do not reach the files",
                      {{"mailbox", selected_->name}, {"reason", std::string(message_of(settled))}});
    }
  }
  selected_.reset();
}

ImapService::Chosen ImapService::choose(const imap::SequenceSet& set, bool by_uid) const {
  const store::MailboxView& view = selected_->view;
  Chosen chosen;
  if (view.size() == 0) {
    // "*" means the largest number in use; there is none. 1:* of an empty mailbox names nothing, 1
    // names a message that cannot be.
    chosen.is_valid =
        by_uid || std::all_of(set.ranges.begin(), set.ranges.end(), [](auto& r) {
          return r.first == imap::SequenceSet::kStar || r.last == imap::SequenceSet::kStar;
        });
    return chosen;
  }
  const std::vector<store::Uid>& uids = view.uids();
  const std::uint32_t largest = by_uid ? store::number(uids.back()) : view.size();
  for (const auto& range : set.resolved(largest)) {
    if (!by_uid) {
      if (range.last > largest) {
        chosen.is_valid = false;
        return chosen;
      }
      chosen.uids.insert(chosen.uids.end(), uids.begin() + (range.first - 1),
                         uids.begin() + range.last);
      continue;
    }
    const auto first = std::lower_bound(uids.begin(), uids.end(), store::Uid{range.first});
    const auto last = std::upper_bound(first, uids.end(), store::Uid{range.last});
    chosen.uids.insert(chosen.uids.end(), first, last);
  }
  return chosen;
}

}  // namespace mail::server
