// Login, the maildrop, RETR, and the deletions of QUIT.
//
// As Dovecot does by default:
//
//  1. There is no lock on the maildrop: two sessions of one mailbox may run side by side, and
//     beside IMAP. Each sees the messages that were there at its login. What another session
//     deletes meanwhile is answered -ERR at RETR, and passed over by QUIT. (RFC 1939 §4 asks for an
//     exclusive lock; a client that was cut off would then be kept out by its own dead session.)
//  2. RETR sets \Seen, TOP does not; messages cease to be \Recent. All flags of a session change at
//     its end, in one go, also when it ends without QUIT.
//  3. Nothing is deleted without QUIT.
//
// QUIT marks the messages as \Deleted, then expunges them. When not all can be marked, the marks
// are taken back and nothing is deleted; when the expunge fails halfway, the rest stays marked, and
// the client is told so with -ERR [SYS/TEMP].
//
// Tested by tests/unit/server/pop3_service_test.cc and tests/live.
#include "server/pop3_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mail/base/overloaded.h"
#include "mail/base/wipe.h"
#include "mail/directory/current.h"
#include "mail/pop3.h"
#include "mail/store/store.h"
#include "server/drive.h"
#include "server/login.h"
#include "server/quota_watch.h"

namespace mail::server {
namespace {

/// What a worker brings back from opening a mailbox.
struct OpenedMaildrop {
  std::shared_ptr<store::Account> account;
  std::shared_ptr<store::Mailbox> mailbox;
  std::vector<store::Pop3Message> messages;
};

StatusOr<OpenedMaildrop> open_maildrop(store::Store& store, const store::AccountPlace& place) {
  OpenedMaildrop opened;
  MAIL_ASSIGN_OR_RETURN(opened.account, store.account(place));
  MAIL_ASSIGN_OR_RETURN(opened.mailbox, opened.account->open("INBOX"));
  MAIL_RETURN_IF_ERROR(opened.mailbox->refresh());
  MAIL_RETURN_IF_ERROR(opened.mailbox->claim_recent().status());
  opened.messages = opened.mailbox->pop3_messages();
  return opened;
}

store::FlagChange change_of(store::FlagChange::Mode mode, store::SystemFlag flag) {
  store::FlagChange change;
  change.mode = mode;
  change.flags.system = flag;
  return change;
}

/// Deletes these messages; when not all can be marked, none. Blocks.
Status delete_messages(store::Mailbox& mailbox, const std::vector<store::Uid>& uids) {
  using Mode = store::FlagChange::Mode;
  if (uids.empty()) return absl::OkStatus();
  std::vector<store::Uid> unmarked;
  for (const auto& info : mailbox.find(uids)) {
    if (info && !info->flags.has(store::kDeleted)) unmarked.push_back(info->uid);
  }
  const auto marked = mailbox.change_flags(unmarked, change_of(Mode::kAdd, store::kDeleted));
  if (!marked.ok()) {
    // Best effort: a mark that stays deletes nothing by itself.
    mailbox.change_flags(unmarked, change_of(Mode::kRemove, store::kDeleted)).IgnoreError();
    return marked.status();
  }
  return mailbox.expunge(uids).status();
}

/// Sets \Seen where it is not. Blocks.
Status mark_seen(store::Mailbox& mailbox, const std::vector<store::Uid>& uids) {
  std::vector<store::Uid> unseen;
  for (const auto& info : mailbox.find(uids)) {
    if (info && !info->flags.has(store::kSeen)) unseen.push_back(info->uid);
  }
  if (unseen.empty()) return absl::OkStatus();
  MAIL_RETURN_IF_ERROR(
      mailbox.change_flags(unseen, change_of(store::FlagChange::Mode::kAdd, store::kSeen))
          .status());
  return mailbox.settle();
}

class Pop3Service {
 public:
  using Session = pop3::ServerSession;

  explicit Pop3Service(Connection& connection) : connection_(connection), desk_(connection) {}

  Task<void> handle(Session& session, Session::Event& event) {
    Task<void> answer = start(session, event);
    co_await answer;
  }
  Task<void> woken(Session&) { co_return; }
  std::optional<TimePoint> attention_at() const { return std::nullopt; }

  /// The connection is over, however it ended.
  Task<void> finish() {
    if (retrieved_.empty()) co_return;
    auto job = [this] { return mark_seen(*maildrop_.mailbox, retrieved_); };
    auto status = co_await run_on(connection_.world.worker, std::move(job));
    if (!status.ok()) log_failure("messages could not be marked as seen", status);
  }

 private:
  static Task<void> nothing() { co_return; }

  Task<void> start(Session& session, Session::Event& event) {
    return std::visit(
        Overloaded{
            [&](pop3::Connected&) {
              session.accept();
              return nothing();
            },
            [&](pop3::Login& login) { return log_in(session, login); },
            [&](sasl::ScramUser& user) { return challenge(session, user); },
            [&](sasl::ScramProof& proof) { return confirm(session, proof); },
            [&](pop3::Retrieve& retrieve) { return this->retrieve(session, retrieve); },
            [&](pop3::Update& update) { return this->update(session, update); },
            [&](pop3::Violated& violated) {
              connection_.log(Logger::Level::kInfo, "the peer broke a rule",
                              {{"rule", std::string(to_string(violated.violation))}});
              return nothing();
            },
            [&](pop3::Quit&) { return nothing(); },
        },
        event);
  }

  Task<void> challenge(Session& session, const sasl::ScramUser& user) {
    const auto challenge = desk_.challenge(user);
    if (challenge) {
      session.challenge_scram(*challenge);
      co_return;
    }
    co_await refuse_login(session, std::string(user.authentication), desk_.refused());
  }

  Task<void> confirm(Session& session, const sasl::ScramProof& proof) {
    const auto signature = desk_.confirm(proof);
    if (signature) {
      session.confirm_scram(*signature);
      co_return;
    }
    co_await refuse_login(session, std::string(proof.authentication), desk_.refused());
  }

  Task<void> refuse_login(Session& session, std::string name, directory::Login login) {
    co_await desk_.refuse(std::move(name), login);
    if (login.verdict == directory::LoginVerdict::kRefused) {
      session.refuse("AUTH", "Authentication failed.");
    } else {
      session.refuse("SYS/TEMP", "Try again later");
    }
  }

  Task<void> log_in(Session& session, pop3::Login& asked) {
    World& world = connection_.world;
    auto login = co_await desk_.admit(asked.user, asked.password, asked.is_proven);
    wipe(asked.password);
    if (login.verdict != directory::LoginVerdict::kAccepted) {
      co_await refuse_login(session, asked.user, std::move(login));
      co_return;
    }
    const std::size_t limit = connection_.options().connections_per_user;
    lease_ = connection_.shared->logins().admit("pop3", login.address, connection_.peer().address,
                                                limit);
    if (!lease_) {
      connection_.log(Logger::Level::kWarning, "too many connections of one user from one address",
                      {{"account", login.address}, {"limit", cat(limit)}});
      session.refuse("SYS/TEMP", cat("Maximum number of connections from user+IP exceeded "
                                     "(mail_max_userip_connections=",
                                     limit, ")"));
      co_return;
    }
    connection_.establish();
    login_ = login.address;
    auto open = [&world, place = connection_.place_of(login_)] {
      return open_maildrop(world.store, place);
    };
    auto opened = co_await run_on(world.worker, std::move(open));
    if (!opened.ok()) {
      log_failure("mail folder cannot be opened", opened.status());
      session.refuse("SYS/TEMP", "Your mail cannot be opened now; try again later");
      co_return;
    }
    maildrop_ = std::move(*opened);
    desk_.welcome(login, asked.mechanism);
    session.open(listing());
  }

  /// What the session needs to know; only the UIDs stay here.
  pop3::Maildrop listing() {
    pop3::Maildrop listing;
    listing.reserve(maildrop_.messages.size());
    uids_.reserve(maildrop_.messages.size());
    for (const store::Pop3Message& message : maildrop_.messages) {
      listing.add(message.size, message.unique_id);
      uids_.push_back(message.uid);
    }
    maildrop_.messages = {};
    return listing;
  }

  Task<void> retrieve(Session& session, pop3::Retrieve& asked) {
    const store::Uid uid = uids_[asked.number - 1];
    auto job = [this, uid] { return maildrop_.mailbox->read(uid); };
    auto content = co_await run_on(connection_.world.worker, std::move(job));
    if (!content.ok()) {
      const bool is_gone = absl::IsNotFound(content.status());
      if (!is_gone) log_failure("message cannot be read", content.status());
      session.refuse(is_gone ? "" : "SYS/TEMP", is_gone ? cat("Message ", asked.number, " is gone")
                                                        : "The message cannot be read now");
      co_return;
    }
    if (!asked.lines) retrieved_.push_back(uid);
    const std::string_view bytes = (*content)->bytes();
    session.send(pop3::make_source(std::move(*content), bytes));
  }

  Task<void> update(Session& session, pop3::Update& asked) {
    std::vector<store::Uid> uids;
    uids.reserve(asked.deleted.size());
    for (const std::uint32_t number : asked.deleted) uids.push_back(uids_[number - 1]);
    std::sort(uids.begin(), uids.end());
    QuotaObserver observer(connection_, login_);
    const auto remove = [this, &uids] { return delete_messages(*maildrop_.mailbox, uids); };
    auto job = [&] { return observer.around(remove); };
    auto status = co_await run_on(connection_.world.worker, std::move(job));
    connection_.log(Logger::Level::kInfo, "logged out",
                    {{"account", login_},
                     {"retrieved", cat(retrieved_.size())},
                     {"deleted", cat(status.ok() ? uids.size() : 0)}});
    if (!status.ok()) {
      log_failure("messages could not be deleted", status);
      session.refuse("SYS/TEMP", "Some deleted messages were not removed");
      co_return;
    }
    session.accept();
  }

  void log_failure(std::string_view sentence, const Status& status) const {
    connection_.log(Logger::Level::kError, sentence,
                    {{"account", login_}, {"reason", std::string(message_of(status))}});
  }

  Connection& connection_;
  LoginDesk desk_;
  std::string login_;
  LoginCounts::Lease lease_;
  OpenedMaildrop maildrop_;
  std::vector<store::Uid> uids_;       // by message number - 1
  std::vector<store::Uid> retrieved_;  // by RETR
};

pop3::ServerOptions session_options(const Connection& connection) {
  const ServiceOptions& options = connection.options();
  pop3::ServerOptions session;
  session.hostname = options.hostname;
  session.offers_stls = options.has_tls && !has_implicit_tls(connection.protocol);
  session.allows_cleartext_auth = options.allows_cleartext_auth;
  session.sasl = sasl_policy(connection);
  return session;
}

}  // namespace

Task<void> serve_pop3(Connection& connection, std::optional<TlsInfo> tls) {
  pop3::ServerSession session(session_options(connection), connection.world.clock.now());
  if (tls) session.tls_started(*tls);
  Pop3Service service(connection);
  co_await drive(connection, session, service);
  co_await service.finish();
}

}  // namespace mail::server
