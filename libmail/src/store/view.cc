// Sequence numbers are positions in an ascending list of UIDs that changes only inside `pull`.
// Expunges may have to wait (RFC 9051 §7.5.1): they are kept in `held_back_`, and the list still
// has them, so that numbers stay true for the client.
//
// Tested by tests/store/view_test.cc.
#include "mail/store/view.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mail::store {
namespace {

void merge(std::vector<Uid>& into, const std::vector<Uid>& more) {
  if (more.empty()) return;
  if (into.empty() || into.back() < more.front()) {
    into.insert(into.end(), more.begin(), more.end());
    return;
  }
  std::vector<Uid> merged;
  merged.reserve(into.size() + more.size());
  std::set_union(into.begin(), into.end(), more.begin(), more.end(), std::back_inserter(merged));
  into = std::move(merged);
}

bool contains(const std::vector<Uid>& ascending, Uid uid) {
  return std::binary_search(ascending.begin(), ascending.end(), uid);
}

}  // namespace

MailboxView::MailboxView(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {
  UidSet all = mailbox_->uids();
  mark_ = all.now;
  shared_ = std::move(all.uids);
  first_unseen_ = all.first_unseen;
}

void MailboxView::own_uids() {
  if (shared_ == nullptr) return;
  uids_ = *shared_;
  shared_.reset();
}

std::optional<std::uint32_t> MailboxView::sequence_of(Uid uid) const {
  const std::vector<Uid>& all = uids();
  const auto at = std::lower_bound(all.begin(), all.end(), uid);
  if (at == all.end() || *at != uid) return std::nullopt;
  return static_cast<std::uint32_t>(at - all.begin()) + 1;
}

bool MailboxView::is_recent(Uid uid) const { return contains(recent_, uid); }

void MailboxView::add_recent(const std::vector<Uid>& uids) { merge(recent_, uids); }

std::uint32_t MailboxView::recent_count() const {
  return static_cast<std::uint32_t>(std::count_if(
      recent_.begin(), recent_.end(), [this](Uid uid) { return sequence_of(uid).has_value(); }));
}

MailboxView::Update MailboxView::pull(bool may_expunge) {
  Changes changes = mailbox_->changes(mark_);
  mark_ = changes.now;
  Update update;
  merge(held_back_, changes.expunged);
  // What came and went between two pulls was never seen here.
  std::erase_if(held_back_, [this](Uid uid) { return !sequence_of(uid); });
  if (may_expunge && !held_back_.empty()) {
    own_uids();
    std::uint32_t told = 0;
    for (const Uid uid : held_back_) update.expunged.push_back(*sequence_of(uid) - told++);
    const auto is_gone = [this](Uid uid) { return contains(held_back_, uid); };
    std::erase_if(uids_, is_gone);
    std::erase_if(recent_, is_gone);
    held_back_.clear();
  }
  std::vector<Uid> fresh;
  for (const MessageInfo& message : changes.messages) {
    if (!sequence_of(message.uid)) fresh.push_back(message.uid);
  }
  update.has_new = !fresh.empty();
  if (update.has_new) own_uids();
  merge(uids_, fresh);
  std::sort(acknowledged_.begin(), acknowledged_.end());
  for (MessageInfo& message : changes.messages) {
    if (contains(fresh, message.uid)) continue;
    const auto own = std::lower_bound(acknowledged_.begin(), acknowledged_.end(),
                                      std::pair(message.uid, message.modseq));
    if (own != acknowledged_.end() && own->first == message.uid) continue;
    update.changed.push_back({*sequence_of(message.uid), std::move(message)});
  }
  acknowledged_.clear();
  return update;
}

void MailboxView::acknowledge(const MessageInfo& info) {
  if (info.modseq > mark_) acknowledged_.emplace_back(info.uid, info.modseq);
}

}  // namespace mail::store
