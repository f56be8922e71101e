// One session's view of a folder: its sequence numbers (RFC 9051 §2.3.1.2).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "mail/store/store.h"

namespace mail::store {

/// Belongs to one session; not safe from several threads. The numbers change only inside `pull`.
class MailboxView {
 public:
  explicit MailboxView(std::shared_ptr<Mailbox> mailbox);

  Mailbox& mailbox() const { return *mailbox_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(uids().size()); }
  const std::vector<Uid>& uids() const { return shared_ ? *shared_ : uids_; }
  /// `sequence` from 1 to `size()`.
  Uid uid_at(std::uint32_t sequence) const { return uids()[sequence - 1]; }
  std::optional<std::uint32_t> sequence_of(Uid uid) const;
  /// The first message without \Seen when the view was made; 0: none.
  std::uint32_t first_unseen() const { return first_unseen_; }
  bool is_recent(Uid uid) const;
  /// Those that the view has: RECENT never exceeds EXISTS.
  std::uint32_t recent_count() const;
  /// Adds what `Mailbox::claim_recent` gave.
  void add_recent(const std::vector<Uid>& uids);

  struct Update {
    std::vector<std::uint32_t>
        expunged;  // in sending order: each number is right after those before it were applied
    bool has_new = false;  // EXISTS (and RECENT) must be told
    struct Changed {
      std::uint32_t sequence = 0;
      MessageInfo info;
    };
    std::vector<Changed> changed;  // flags changed, ascending
  };
  /// What happened since the last pull. While `may_expunge` is false (FETCH, STORE, SEARCH: RFC
  /// 9051 §7.5.1) removals are held back and the numbers stay.
  Update pull(bool may_expunge);

  /// The view's own doing need not be told again: forget the change of `uid` up to `modseq`.
  void acknowledge(const MessageInfo& info);

 private:
  void own_uids();

  std::shared_ptr<Mailbox> mailbox_;
  ModSeq mark_{};
  std::shared_ptr<const std::vector<Uid>> shared_;  // with the folder, until something changes
  std::vector<Uid> uids_;                           // ascending; ours, once it did
  std::uint32_t first_unseen_ = 0;
  std::vector<Uid> recent_;     // ascending
  std::vector<Uid> held_back_;  // expunged, not yet told; ascending
  std::vector<std::pair<Uid, ModSeq>> acknowledged_;
};

}  // namespace mail::store
