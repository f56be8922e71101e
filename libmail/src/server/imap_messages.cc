// FETCH, STORE, SEARCH, COPY, MOVE, EXPUNGE: the commands on messages of the selected mailbox.
//
// Whatever reads message bytes works in batches: read and rendered on a worker, then written to the
// session on the loop, then flushed, so that a FETCH of a whole mailbox holds one batch in memory
// and not the mailbox.
//
// Tested by tests/unit/server/imap_service_test.cc, tests/sim and tests/live.
#include <algorithm>
#include <utility>

#include "server/drive.h"
#include "server/imap_commands.h"
#include "server/quota_watch.h"

namespace mail::server {
namespace {

/// Messages rendered at once: with their bytes, with what the store keeps ready, with neither.
constexpr std::size_t kBatchWithBytes = 32;
constexpr std::size_t kBatchOfSummaries = 256;
constexpr std::size_t kBatchOfFacts = 1000;

constexpr std::string_view kNoSuchMessage = "Invalid message set";
/// RFC 2180 §4.1: another session expunged what this one may still number.
constexpr std::string_view kSomeAreGone = "Some of the messages no longer exist";

struct FetchedMessage {
  std::uint32_t sequence = 0;
  store::MessageInfo info;
  std::vector<FetchedItem> items;
};

struct Batch {
  std::vector<FetchedMessage> messages;
  bool some_are_gone = false;
};

/// Blocks when the plan needs bytes, summaries or dates.
Batch fetch_batch(const store::MailboxView& view, std::span<const store::Uid> uids,
                  const std::vector<imap::FetchAttribute>& attributes, const FetchPlan& plan) {
  Batch batch;
  if (plan.needs_dates) view.mailbox().learn_dates(uids);
  const auto infos = view.mailbox().find(uids);
  std::vector<std::string> email_ids(uids.size());
  if (plan.needs_email_ids) email_ids = view.mailbox().email_ids(uids);
  const bool uses_summaries = plan.needs_summary && !plan.needs_bytes;
  std::vector<std::optional<store::Summary>> summaries;
  if (uses_summaries) summaries = view.mailbox().summaries(uids);
  for (std::size_t i = 0; i < uids.size(); ++i) {
    std::shared_ptr<const store::Content> content;
    if (infos[i] && plan.needs_bytes) {
      auto read = view.mailbox().read(uids[i]);
      if (read.ok()) content = std::move(*read);
    }
    if (!infos[i] || (plan.needs_bytes && !content) || (uses_summaries && !summaries[i]) ||
        (plan.needs_email_ids && email_ids[i].empty())) {
      batch.some_are_gone = true;
      continue;
    }
    FetchedMessage message;
    message.sequence = view.sequence_of(uids[i]).value_or(0);
    message.info = *infos[i];
    const FetchFacts facts{*infos[i], std::move(email_ids[i])};
    message.items = uses_summaries ? render(attributes, facts, *summaries[i])
                                   : render(attributes, facts, content);
    batch.messages.push_back(std::move(message));
  }
  return batch;
}

}  // namespace

store::NamedFlags named_flags(const imap::FlagList& flags) {
  static_assert(imap::FlagList::kAnswered == static_cast<int>(store::kAnswered) &&
                imap::FlagList::kDraft == static_cast<int>(store::kDraft));
  return {flags.system, flags.keywords};
}

Task<Status> ImapService::mark_seen(std::vector<store::Uid> uids) {
  store::Mailbox& mailbox = selected_->view.mailbox();
  const auto infos = mailbox.find(uids);
  std::vector<store::Uid> unseen;
  for (const auto& info : infos) {
    if (info && !info->flags.has(store::kSeen)) unseen.push_back(info->uid);
  }
  if (unseen.empty()) co_return absl::OkStatus();
  selected_->has_changed_flags = true;
  auto job = [&mailbox, &unseen] {
    store::FlagChange change;
    change.mode = store::FlagChange::Mode::kAdd;
    change.flags.system = store::kSeen;
    return mailbox.change_flags(unseen, change);
  };
  auto changed = co_await run_on(connection_.world.worker, std::move(job));
  co_return changed.status();
}

Task<void> ImapService::fetch(Session& session, imap::Fetch& command) {
  const Chosen chosen = choose(command.set, command.by_uid);
  if (!chosen.is_valid) {
    session.bad(kNoSuchMessage);
    co_return;
  }
  const FetchPlan plan(command.attributes);
  if (plan.marks_seen && !selected_->is_read_only) {
    // Told by tell_updates below, as an untagged FETCH with the new flags.
    auto marked = co_await mark_seen(chosen.uids);
    if (!marked.ok()) {
      const ImapRefusal refusal = refusal_of(marked);
      session.no(refusal.code, refusal.text);
      co_return;
    }
  }
  const std::vector<std::string> keywords = selected_->view.mailbox().keywords();
  if (keywords.size() > selected_->keywords_told) tell_keywords(session);
  const bool blocks =
      plan.needs_bytes || plan.needs_summary || plan.needs_dates || plan.needs_email_ids;
  const std::size_t step = plan.needs_bytes     ? kBatchWithBytes
                           : plan.needs_summary ? kBatchOfSummaries
                                                : kBatchOfFacts;
  bool some_are_gone = false;
  for (std::size_t begin = 0; begin < chosen.uids.size(); begin += step) {
    const auto uids =
        std::span(chosen.uids).subspan(begin, std::min(step, chosen.uids.size() - begin));
    Batch batch;
    if (blocks) {
      auto job = [&] { return fetch_batch(selected_->view, uids, command.attributes, plan); };
      batch = co_await run_on(connection_.world.worker, std::move(job));
    } else {
      batch = fetch_batch(selected_->view, uids, command.attributes, plan);
    }
    some_are_gone |= batch.some_are_gone;
    for (FetchedMessage& message : batch.messages) {
      session.fetch_begin(message.sequence);
      if (plan.wants_uid) session.fetch_text("UID", cat(store::number(message.info.uid)));
      if (plan.wants_flags) {
        session.fetch_flags(message.info.flags.system, selected_->view.is_recent(message.info.uid),
                            message.info.flags.keywords, keywords);
        selected_->view.acknowledge(message.info);
      }
      for (FetchedItem& item : message.items) {
        if (item.is_literal) {
          session.fetch_literal(item.attribute->label,
                                imap::make_source(std::move(item.owner), item.octets));
        } else {
          session.fetch_text(item.attribute->label, item.ready_text());
        }
      }
      session.fetch_end();
    }
    const bool is_open = co_await flush(connection_, session);
    if (!is_open) break;  // the peer is gone: the answer below goes nowhere, and drive ends
  }
  co_await tell_updates(session, command.by_uid, command.by_uid);
  if (some_are_gone) {
    session.no("EXPUNGEISSUED", kSomeAreGone);
  } else {
    session.ok("", "FETCH completed");
  }
}

Task<void> ImapService::store(Session& session, imap::Store& command) {
  const Chosen chosen = choose(command.set, command.by_uid);
  if (!chosen.is_valid) {
    session.bad(kNoSuchMessage);
    co_return;
  }
  if (selected_->is_read_only) {
    session.no("READ-ONLY", "The mailbox is read-only");
    co_return;
  }
  store::FlagChange change;
  switch (command.mode) {
    case imap::Store::Mode::kReplace: change.mode = store::FlagChange::Mode::kReplace; break;
    case imap::Store::Mode::kAdd: change.mode = store::FlagChange::Mode::kAdd; break;
    case imap::Store::Mode::kRemove: change.mode = store::FlagChange::Mode::kRemove; break;
  }
  change.flags = named_flags(command.flags);
  store::MailboxView& view = selected_->view;
  selected_->has_changed_flags = true;
  auto job = [&] { return view.mailbox().change_flags(chosen.uids, change); };
  auto changed = co_await run_on(connection_.world.worker, std::move(job));
  if (!changed.ok()) {
    const ImapRefusal refusal = refusal_of(changed.status());
    session.no(refusal.code, refusal.text);
    co_return;
  }
  if (view.mailbox().keywords().size() > selected_->keywords_told) tell_keywords(session);
  for (const store::MessageInfo& info : *changed) {
    const auto sequence = view.sequence_of(info.uid);
    if (!sequence) continue;
    if (!command.is_silent) tell_flags(session, *sequence, info, command.by_uid);
    view.acknowledge(info);
  }
  co_await tell_updates(session, command.by_uid, command.by_uid);
  if (changed->size() < chosen.uids.size()) {
    session.no("EXPUNGEISSUED", kSomeAreGone);
  } else {
    session.ok("", "STORE completed");
  }
}

namespace {

/// Reads the messages that their facts alone did not decide. Blocks.
std::vector<std::uint32_t> search_bytes(const store::MailboxView& view,
                                        const SearchProgram& program,
                                        std::span<const SearchFacts> undecided) {
  std::vector<std::uint32_t> found;
  for (const SearchFacts& facts : undecided) {
    const auto content = view.mailbox().read(facts.info.uid);
    if (content.ok() && program.judge(facts, (*content)->bytes())) found.push_back(facts.sequence);
  }
  return found;
}

/// The same for a program that asks of the header what every summary has: no message is read twice.
std::vector<std::uint32_t> search_summaries(const store::MailboxView& view,
                                            const SearchProgram& program,
                                            std::span<const SearchFacts> undecided) {
  std::vector<store::Uid> uids;
  for (const SearchFacts& facts : undecided) uids.push_back(facts.info.uid);
  const auto summaries = view.mailbox().summaries(uids);
  std::vector<std::uint32_t> found;
  for (std::size_t i = 0; i < uids.size(); ++i) {
    if (summaries[i] && program.judge(undecided[i], summaries[i]->header)) {
      found.push_back(undecided[i].sequence);
    }
  }
  return found;
}

}  // namespace

Task<void> ImapService::search(Session& session, imap::Search& command) {
  const store::MailboxView& view = selected_->view;
  const store::Uid largest = view.size() == 0 ? store::Uid{0} : view.uids().back();
  const SearchProgram program(std::move(command.nodes), view.mailbox().keywords(), view.size(),
                              largest);
  std::vector<std::uint32_t> found;  // sequence numbers
  std::vector<SearchFacts> undecided;
  if (program.needs_dates()) {
    const auto learn = [&view] { return (view.mailbox().learn_dates(view.uids()), true); };
    co_await run_on(connection_.world.worker, learn);
  }
  std::vector<std::string> email_ids(view.uids().size());
  if (program.needs_email_ids()) {
    auto tell = [&view] { return view.mailbox().email_ids(view.uids()); };
    email_ids = co_await run_on(connection_.world.worker, std::move(tell));
  }
  const auto infos = view.mailbox().find(view.uids());
  for (std::size_t i = 0; i < infos.size(); ++i) {
    if (!infos[i]) continue;
    const SearchFacts facts{*infos[i], static_cast<std::uint32_t>(i + 1),
                            view.is_recent(infos[i]->uid), std::move(email_ids[i])};
    switch (program.judge(facts)) {
      case SearchProgram::Answer::kYes: found.push_back(facts.sequence); break;
      case SearchProgram::Answer::kNeedsBytes: undecided.push_back(facts); break;
      case SearchProgram::Answer::kNo: break;
    }
  }
  const bool uses_summaries = program.needs_only_summary();
  const std::size_t step = uses_summaries ? kBatchOfSummaries : kBatchWithBytes;
  for (std::size_t begin = 0; begin < undecided.size(); begin += step) {
    const auto batch =
        std::span(undecided).subspan(begin, std::min(step, undecided.size() - begin));
    auto job = [&] {
      return uses_summaries ? search_summaries(view, program, batch)
                            : search_bytes(view, program, batch);
    };
    auto more = co_await run_on(connection_.world.worker, std::move(job));
    found.insert(found.end(), more.begin(), more.end());
  }
  std::sort(found.begin(), found.end());
  if (command.by_uid) {
    for (std::uint32_t& number : found) number = store::number(view.uid_at(number));
  }
  session.search(found);
  co_await tell_updates(session, command.by_uid, command.by_uid);
  session.ok("", "SEARCH completed");
}

Task<void> ImapService::copy(Session& session, imap::Copy& command) {
  const Chosen chosen = choose(command.set, command.by_uid);
  if (!chosen.is_valid) {
    session.bad(kNoSuchMessage);
    co_return;
  }
  if (command.is_move && selected_->is_read_only) {
    session.no("READ-ONLY", "The mailbox is read-only");
    co_return;
  }
  struct Result {
    store::UidPairs pairs;
    store::UidValidity validity{};
  };
  const store::UsageLimit limit = limit_of(command.mailbox);
  QuotaObserver observer(connection_, login_);
  const auto transfer = [&]() -> StatusOr<Result> {
    const auto& rules = connection_.options().folders;
    MAIL_ASSIGN_OR_RETURN(auto to, open_folder(*account_, rules, command.mailbox));
    store::Mailbox& from = selected_->view.mailbox();
    Result result;
    if (command.is_move) {
      MAIL_ASSIGN_OR_RETURN(result.pairs, from.move(chosen.uids, *to));
    } else {
      MAIL_ASSIGN_OR_RETURN(result.pairs, from.copy(chosen.uids, *to, limit));
    }
    result.validity = to->status().uid_validity;
    return result;
  };
  auto job = [&] { return command.is_move ? transfer() : observer.around(transfer); };
  auto result = co_await run_on(connection_.world.worker, std::move(job));
  if (!result.ok()) {
    const ImapRefusal refusal = refusal_of_destination(result.status());
    session.no(refusal.code, refusal.text);
    co_return;
  }
  std::string code;
  if (!result->pairs.empty()) {
    std::vector<store::Uid> from;
    std::vector<store::Uid> to;
    for (const auto& [source, destination] : result->pairs) {
      from.push_back(source);
      to.push_back(destination);
    }
    code = cat("COPYUID ", store::number(result->validity), ' ', uid_set(from), ' ', uid_set(to));
  }
  if (command.is_move && !code.empty()) {
    // RFC 6851 §4.3: COPYUID comes before the EXPUNGEs, in an untagged OK.
    session.untagged_ok(code, "Moved UIDs.");
    code.clear();
  }
  co_await tell_updates(session, true, false);
  session.ok(code, command.is_move ? "MOVE completed" : "COPY completed");
}

Task<void> ImapService::expunge(Session& session, imap::Expunge& command) {
  if (selected_->is_read_only) {
    session.no("READ-ONLY", "The mailbox is read-only");
    co_return;
  }
  const Chosen chosen =
      command.uids ? choose(*command.uids, true) : Chosen{true, selected_->view.uids()};
  QuotaObserver observer(connection_, login_);
  const auto remove = [&] { return selected_->view.mailbox().expunge(chosen.uids); };
  auto job = [&] { return observer.around(remove); };
  auto expunged = co_await run_on(connection_.world.worker, std::move(job));
  // Also when it failed: some may be gone.
  co_await tell_updates(session, true, false);
  if (!expunged.ok()) {
    const ImapRefusal refusal = refusal_of(expunged.status());
    session.no(refusal.code, refusal.text);
    co_return;
  }
  session.ok("", "EXPUNGE completed");
}

}  // namespace mail::server
