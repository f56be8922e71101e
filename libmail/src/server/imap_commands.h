// One IMAP connection's service: who is logged in, what is selected, and an answer to every
// question of the session. The commands are spread over imap_service.cc (login, dispatch),
// imap_selected.cc (the selected mailbox), imap_messages.cc (FETCH, STORE, SEARCH, COPY, EXPUNGE),
// imap_folders.cc, imap_append.cc and imap_quota.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/imap/server_session.h"
#include "mail/store/view.h"
#include "server/connection.h"
#include "server/imap_fetch.h"
#include "server/imap_replies.h"
#include "server/imap_search.h"
#include "server/login.h"

namespace mail::server {

class ImapService {
 public:
  using Session = imap::ServerSession;

  explicit ImapService(Connection& connection) : connection_(connection), desk_(connection) {}

  Task<void> handle(Session& session, Session::Event& event);
  /// IDLE: a topic was published, or it is time to look for what other programs did.
  Task<void> woken(Session& session);
  std::optional<TimePoint> attention_at() const { return next_refresh_; }

 private:
  struct Selected {
    std::string name;
    bool is_read_only = false;
    store::MailboxView view;
    std::unique_ptr<EventBus::Subscription> subscription;
    std::size_t keywords_told = 0;
    bool has_changed_flags = false;
  };
  struct PendingAppend {
    explicit PendingAppend(std::shared_ptr<Shared> shared) : lease(std::move(shared)) {}
    std::string mailbox;
    std::vector<store::NewMessage> messages;
    store::Usage announced;
    MemoryLease lease;
    bool overflowed = false;
  };
  /// The messages that a sequence set names in the selected mailbox.
  struct Chosen {
    bool is_valid = true;  // false: a sequence number beyond the mailbox
    std::vector<store::Uid> uids;
  };

  // imap_service.cc
  Task<void> start(Session& session, Session::Event& event);
  Task<void> login(Session& session, std::string name, std::string_view password,
                   std::string_view mechanism, bool is_proven);
  Task<void> challenge(Session& session, const imap::ScramUser& user);
  Task<void> confirm(Session& session, const imap::ScramProof& proof);
  Task<void> refuse_login(Session& session, std::string name, directory::Login login);
  Task<void> noop(Session& session, std::string_view done);

  // imap_selected.cc
  Task<void> select(Session& session, imap::Select& command);
  Task<void> close(Session& session, bool expunges);
  /// Leaves the mailbox, if one is selected: its flags are where other programs see them then.
  Task<void> deselect();
  Task<void> begin_idle(Session& session);
  Task<void> end_idle(Session& session);
  Task<void> refresh_and_tell(Session& session);
  Task<void> tell_updates(Session& session, bool may_expunge, bool with_uid);
  void tell_flags(Session& session, std::uint32_t sequence, const store::MessageInfo& info,
                  bool with_uid);
  void tell_keywords(Session& session);
  Chosen choose(const imap::SequenceSet& set, bool by_uid) const;

  // imap_messages.cc
  Task<void> fetch(Session& session, imap::Fetch& command);
  Task<Status> mark_seen(std::vector<store::Uid> uids);
  Task<void> store(Session& session, imap::Store& command);
  Task<void> search(Session& session, imap::Search& command);
  Task<void> copy(Session& session, imap::Copy& command);
  Task<void> expunge(Session& session, imap::Expunge& command);

  // imap_folders.cc
  Task<void> list(Session& session, imap::List& command);
  Task<void> status(Session& session, imap::Status& command);
  Task<void> create(Session& session, imap::Create& command);
  Task<void> remove(Session& session, imap::Delete& command);
  Task<void> rename(Session& session, imap::Rename& command);
  Task<void> subscribe(Session& session, imap::Subscribe& command);
  void finish(Session& session, const Status& status, std::string_view done);

  // imap_append.cc
  Status check_append(const store::AccountPlace& place, const store::UsageLimit& limit);
  Task<void> begin_append(Session& session, imap::Append& command);
  void take_append_bytes(std::string_view bytes);
  Task<void> finish_append(Session& session);

  // imap_quota.cc
  bool has_quota_root() const;
  Task<Status> tell_quota(Session& session);
  Task<void> get_quota(Session& session, imap::GetQuota& command);
  Task<void> get_quota_root(Session& session, imap::GetQuotaRoot& command);
  Task<void> set_quota(Session& session);
  store::UsageLimit limit_of(std::string_view folder) const;

  Connection& connection_;
  LoginDesk desk_;
  std::string login_;
  LoginCounts::Lease lease_;
  std::shared_ptr<store::Account> account_;
  std::unique_ptr<Selected> selected_;
  std::unique_ptr<PendingAppend> append_;
  /// Open from the first APPEND to the last of a row: a client that uploads a folder opens it once.
  std::shared_ptr<store::Mailbox> append_target_;
  std::string append_target_name_;
  bool is_idle_ = false;
  // Set while idle in a mailbox:
  std::optional<TimePoint> next_refresh_;
  std::shared_ptr<const void> watch_;  // none: it cannot be watched
};

/// Opens a folder; one that every account has is made when it is missing. Blocks.
StatusOr<std::shared_ptr<store::Mailbox>> open_folder(
    store::Account& account, const std::vector<directory::FolderRule>& rules,
    const std::string& name);

/// The store's words for the client's.
store::NamedFlags named_flags(const imap::FlagList& flags);

}  // namespace mail::server
