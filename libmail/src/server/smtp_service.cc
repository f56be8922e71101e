// The inbound pipeline and submission: what a session asks, the directory and the store answer.
//
// A transaction lives in `Transaction`: reverse path, the mailboxes that its recipients led to, the
// bytes. Everything up to the end of DATA is answered from memory; the one place that touches the
// disk is `deliver` (smtp_delivery.cc), and 250 follows only when the store says that a power cut
// can no longer lose the message.
//
// LMTP is what a user of Dovecot's expects: its client has done the routing, so a recipient is a
// mailbox, with or without `+ext`, and nothing else: no alias, no catch-all, no relaying.
//
// Tested by tests/unit/server/smtp_service_test.cc, tests/unit/server/lmtp_service_test.cc,
// tests/sim and tests/live.
#include "server/smtp_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mail/base/ascii.h"
#include "mail/base/overloaded.h"
#include "mail/directory/current.h"
#include "mail/smtp/server_session.h"
#include "server/drive.h"
#include "server/login.h"
#include "server/quota.h"
#include "server/smtp_access.h"
#include "server/smtp_delivery.h"
#include "server/smtp_replies.h"
#include "server/smtp_transaction.h"
#include "server/trace_header.h"

namespace mail::server {
namespace {

class SmtpService {
 public:
  explicit SmtpService(Connection& connection) : connection_(connection), desk_(connection) {}

  using Session = smtp::ServerSession;

  Task<void> handle(Session& session, Session::Event& event) {
    if (auto* authenticate = std::get_if<smtp::Authenticate>(&event)) {
      co_await login(session, *authenticate);
    } else if (auto* user = std::get_if<smtp::ScramUser>(&event)) {
      co_await challenge(session, *user);
    } else if (auto* proof = std::get_if<smtp::ScramProof>(&event)) {
      co_await confirm(session, *proof);
    } else if (auto* rcpt = std::get_if<smtp::RcptTo>(&event)) {
      co_await add_recipient(session, *rcpt);
    } else if (std::holds_alternative<smtp::DataEnd>(event)) {
      co_await finish_message(session);
    } else {
      handle_at_once(session, event);
    }
  }
  Task<void> woken(Session&) { co_return; }
  std::optional<TimePoint> attention_at() const { return std::nullopt; }

 private:
  void handle_at_once(Session& session, const Session::Event& event);
  Task<void> login(Session& session, const smtp::Authenticate& asked);
  Task<void> challenge(Session& session, const smtp::ScramUser& user);
  Task<void> confirm(Session& session, const smtp::ScramProof& proof);
  Task<void> refuse_login(Session& session, std::string name, directory::Login login);
  void begin_transaction(Session& session, const smtp::MailFrom& mail);
  Task<void> add_recipient(Session& session, const smtp::RcptTo& rcpt);
  Task<Status> find_room(const std::vector<Copy>& copies);
  smtp::Reply route(const smtp::RcptTo& rcpt, std::vector<Copy>& copies);
  smtp::Reply route_lmtp(const smtp::RcptTo& rcpt, std::vector<Copy>& copies) const;
  std::size_t add_copy(Copy copy);
  void believe(Session& session, const smtp::XClient& client);
  Task<void> finish_message(Session& session);
  TraceFacts trace_facts(const Session& session) const;

  Connection& connection_;
  LoginDesk desk_;
  std::string login_;        // the account that authenticated
  std::string client_name_;  // as XCLIENT told it
  std::unique_ptr<Transaction> transaction_;
};

void SmtpService::handle_at_once(Session& session, const Session::Event& event) {
  std::visit(Overloaded{
                 [&](const smtp::Connected&) { session.accept(); },
                 [&](const smtp::XClient& client) { believe(session, client); },
                 [&](const smtp::Helo&) {
                   transaction_.reset();
                   session.accept();
                 },
                 [&](const smtp::MailFrom& mail) { begin_transaction(session, mail); },
                 [&](const smtp::RcptTo&) {},  // answered by `handle`
                 [&](const smtp::Data&) { session.accept(); },
                 [&](const smtp::DataChunk& chunk) {
                   if (transaction_) transaction_->message.append(chunk.bytes);
                 },
                 [&](const smtp::Reset&) { transaction_.reset(); },
                 [&](const smtp::Violated& violated) {
                   connection_.log(Logger::Level::kInfo, "the peer broke a rule",
                                   {{"rule", std::string(to_string(violated.violation))}});
                 },
                 [&](const smtp::Quit&) {},
                 [&](const smtp::Authenticate&) {},  // answered by coroutines
                 [&](const smtp::ScramUser&) {},
                 [&](const smtp::ScramProof&) {},
                 [&](const smtp::DataEnd&) {},
             },
             event);
}

Task<void> SmtpService::login(Session& session, const smtp::Authenticate& asked) {
  auto login = co_await desk_.admit(asked.authentication, asked.password, asked.is_proven);
  if (login.verdict != directory::LoginVerdict::kAccepted) {
    co_await refuse_login(session, std::string(asked.authentication), std::move(login));
    co_return;
  }
  login_ = login.address;
  connection_.establish();
  desk_.welcome(login, asked.mechanism);
  session.accept();
}

Task<void> SmtpService::challenge(Session& session, const smtp::ScramUser& user) {
  const auto challenge = desk_.challenge(user);
  if (challenge) {
    session.challenge_scram(*challenge);
    co_return;
  }
  co_await refuse_login(session, std::string(user.authentication), desk_.refused());
}

Task<void> SmtpService::confirm(Session& session, const smtp::ScramProof& proof) {
  const auto signature = desk_.confirm(proof);
  if (signature) {
    session.confirm_scram(*signature);
    co_return;
  }
  co_await refuse_login(session, std::string(proof.authentication), desk_.refused());
}

Task<void> SmtpService::refuse_login(Session& session, std::string name, directory::Login login) {
  co_await desk_.refuse(std::move(name), login);
  session.answer(reply_to_login(login.verdict));
}

/// The peer is a proxy that we trust: from here on the connection is its client's.
void SmtpService::believe(Session& session, const smtp::XClient& client) {
  Endpoint peer = connection_.peer();
  if (client.address) peer.address = *client.address;
  if (client.port) {
    peer.port = static_cast<std::uint16_t>(ascii::parse_number(*client.port).value_or(0));
  }
  connection_.log(Logger::Level::kInfo, "the peer speaks for another client",
                  {{"client", peer.address}, {"login", std::string(client.login.value_or(""))}});
  connection_.vouched = std::move(peer);
  if (client.name) client_name_ = *client.name;
  if (client.login) login_ = *client.login;
  transaction_.reset();
  session.accept();
}

void SmtpService::begin_transaction(Session& session, const smtp::MailFrom& mail) {
  const auto snapshot = connection_.world.directory.get();
  const bool is_lmtp = connection_.protocol == Protocol::kLmtp;
  const directory::AccessRule* rule = is_lmtp ? nullptr : snapshot->send_access(mail.reverse_path);
  if (!is_lmtp && !snapshot->send_access_available()) {
    session.answer({451, "4.3.0", "Temporary lookup failure"});
    return;
  }
  if (auto refusal = refusal_by(rule, "Sender", mail.reverse_path)) {
    connection_.log(Logger::Level::kInfo, "sender refused",
                    {{"from", std::string(mail.reverse_path)}, {"rule", rule->key}});
    session.answer(*refusal);
    return;
  }
  transaction_ = std::make_unique<Transaction>(connection_.shared);
  transaction_->reverse_path = mail.reverse_path;
  transaction_->declared_size = mail.size.value_or(0);
  transaction_->body = mail.body;
  transaction_->is_smtputf8 = mail.is_smtputf8;
  transaction_->dsn_return = mail.dsn_return;
  transaction_->envelope_id = mail.envelope_id;
  transaction_->snapshot = snapshot;
  transaction_->sender_rule = rule;
  transaction_->is_discarded = discards(rule);
  session.accept();
}

/// What the access files say, then what the directory says.
smtp::Reply SmtpService::route(const smtp::RcptTo& rcpt, std::vector<Copy>& copies) {
  const auto snapshot = connection_.world.directory.get();
  if (!snapshot->receive_access_available()) return {451, "4.3.0", "Temporary lookup failure"};
  const directory::AccessRule* rule = snapshot->receive_access(rcpt.forward_path);
  if (auto refusal = refusal_by(rule, "Recipient", rcpt.forward_path)) return *refusal;
  if (discards(rule)) transaction_->is_discarded = true;
  if (transaction_->is_discarded) return {250, "2.1.5", "Ok"};
  const directory::Resolution resolution = snapshot->resolve(rcpt.forward_path);
  for (const directory::Recipient& recipient : resolution.recipients) {
    if (recipient.kind != directory::RecipientKind::kMailbox) continue;
    copies.push_back({recipient.address, recipient.final_address, std::string(rcpt.forward_path)});
  }
  const bool may_relay = !login_.empty() || connection_.options().trusted_networks.contains(
                                                connection_.peer().address);
  const smtp::Reply reply = reply_to_recipient(
      resolution, rcpt.forward_path, may_relay ? Sender::kAuthenticated : Sender::kAnyone);
  const smtp::Reply by_recipient = deferred_by(rule, "Recipient", rcpt.forward_path, reply);
  return deferred_by(transaction_->sender_rule, "Sender", transaction_->reverse_path, by_recipient);
}

smtp::Reply SmtpService::route_lmtp(const smtp::RcptTo& rcpt, std::vector<Copy>& copies) const {
  const auto snapshot = connection_.world.directory.get();
  const directory::Account* account = snapshot->find_mailbox(rcpt.forward_path);
  if (account != nullptr) {
    const std::string path(rcpt.forward_path);
    copies.push_back({account->address, path, path});
  }
  return reply_to_mailbox(account != nullptr, snapshot->accounts_available(), rcpt.forward_path);
}

/// Which of the transaction's copies this one is: it may be there already.
std::size_t SmtpService::add_copy(Copy copy) {
  auto& copies = transaction_->copies;
  const bool dedupes = connection_.options().dedupe_recipients;
  const auto same = std::find_if(copies.begin(), copies.end(), [&](const Copy& other) {
    return other.mailbox == copy.mailbox && (dedupes || other.recipient == copy.recipient);
  });
  const auto index = static_cast<std::size_t>(same - copies.begin());
  if (same == copies.end()) copies.push_back(std::move(copy));
  return index;
}

/// Whether all these mailboxes can take one more message, of the size that MAIL announced.
/// Dovecot's quota-status: without a size any octet must fit, and the grace of the last message
/// counts.
Task<Status> SmtpService::find_room(const std::vector<Copy>& copies) {
  struct Room {
    store::AccountPlace place;
    store::UsageLimit limit;
  };
  std::vector<Room> rooms;
  const auto snapshot = connection_.world.directory.get();
  for (const Copy& copy : copies) {
    const store::UsageLimit limit = delivery_limit(quota_of(*snapshot, copy.mailbox));
    if (!limit.is_unlimited()) rooms.push_back({connection_.place_of(copy.mailbox), limit});
  }
  if (rooms.empty()) co_return absl::OkStatus();
  const store::Usage added{std::max<std::uint64_t>(transaction_->declared_size, 1), 1};
  auto job = [&store = connection_.world.store, &rooms, added]() -> Status {
    for (const Room& room : rooms) {
      MAIL_ASSIGN_OR_RETURN(const store::Usage used, store.usage(room.place));
      if (store::exceeds(room.limit, used, added)) return store::over_quota(room.place.address);
    }
    return absl::OkStatus();
  };
  co_return co_await run_on(connection_.world.worker, std::move(job));
}

Task<void> SmtpService::add_recipient(Session& session, const smtp::RcptTo& rcpt) {
  std::vector<Copy> copies;
  const bool is_lmtp = connection_.protocol == Protocol::kLmtp;
  smtp::Reply reply = is_lmtp ? route_lmtp(rcpt, copies) : route(rcpt, copies);
  if (reply.is_positive()) {
    auto room = co_await find_room(copies);
    if (!room.ok()) {
      reply = reply_to_missing_room(room);
      if (is_lmtp) reply.text = cat("<", rcpt.forward_path, "> ", reply.text);
    }
  }
  if (!reply.is_positive()) {
    connection_.log(Logger::Level::kInfo, "recipient refused",
                    {{"to", std::string(rcpt.forward_path)},
                     {"reply", cat(reply.code, " ", reply.enhanced, " ", reply.text)}});
    session.answer(reply);
    co_return;
  }
  connection_.establish();
  AcceptedRecipient recipient;
  recipient.forward_path = rcpt.forward_path;
  recipient.notify = rcpt.notify;
  recipient.original_type = rcpt.original_recipient_type;
  recipient.original_recipient = rcpt.original_recipient;
  for (Copy& copy : copies) recipient.copy = add_copy(std::move(copy));
  transaction_->recipients.push_back(std::move(recipient));
  session.accept();
}

TraceFacts SmtpService::trace_facts(const Session& session) const {
  TraceFacts facts;
  facts.helo_domain = session.helo_domain();
  facts.peer_name = client_name_;
  facts.peer_address = connection_.peer().address;
  facts.hostname = connection_.options().hostname;
  facts.is_lmtp = connection_.protocol == Protocol::kLmtp;
  facts.is_extended = session.is_extended();
  facts.is_smtputf8 = transaction_->is_smtputf8;
  facts.is_authenticated = session.is_authenticated();
  // DMS drops the whole field of a submission; RFC 5321 §4.4 wants one.
  facts.hides_client = facts.is_authenticated && connection_.protocol != Protocol::kSmtp;
  facts.tls = session.tls() ? &*session.tls() : nullptr;
  const auto& recipients = transaction_->recipients;
  if (recipients.size() == 1) facts.only_recipient = recipients.front().forward_path;
  return facts;
}

Task<void> SmtpService::finish_message(Session& session) {
  // The session ends at its next pause; what a revoked login was still sending goes nowhere.
  if (connection_.is_login_revoked()) {
    transaction_.reset();
    session.answer({421, "4.7.0", "your account or password has changed"});
    co_return;
  }
  const TraceFacts facts = trace_facts(session);
  if (transaction_->is_discarded) transaction_->copies.clear();
  auto replies = co_await deliver(connection_, *transaction_, facts);
  transaction_.reset();
  if (connection_.protocol == Protocol::kLmtp) {
    session.answer_each(replies);
  } else {
    session.answer(replies.front());
  }
}

smtp::Dialect dialect_of(Protocol protocol) {
  if (protocol == Protocol::kSubmission) return smtp::Dialect::kSubmission;
  if (protocol == Protocol::kSubmissions) return smtp::Dialect::kSubmissions;
  if (protocol == Protocol::kLmtp) return smtp::Dialect::kLmtp;
  return smtp::Dialect::kSmtp;
}

smtp::ServerOptions session_options(const Connection& connection) {
  const ServiceOptions& options = connection.options();
  // Nobody listens on the wire of a unix socket.
  const bool is_local = connection.transport->peer().address.empty();
  smtp::ServerOptions session;
  session.hostname = options.hostname;
  session.dialect = dialect_of(connection.protocol);
  session.message_size = options.message_size;
  session.offers_starttls = options.has_tls && !has_implicit_tls(connection.protocol) && !is_local;
  session.withheld = options.withheld_extensions;
  session.trusts_peer = contains(options.xclient_networks, connection.peer().address);
  if (session.dialect == smtp::Dialect::kSmtp || session.dialect == smtp::Dialect::kLmtp) {
    return session;
  }
  session.offers_auth = true;
  session.sasl = sasl_policy(connection);
  session.requires_auth = true;
  session.allows_cleartext_auth = options.allows_cleartext_auth;
  session.requires_tls = !options.allows_cleartext_auth;
  return session;
}

}  // namespace

Task<void> serve_smtp(Connection& connection, std::optional<TlsInfo> tls) {
  smtp::ServerSession session(session_options(connection), connection.world.clock.now());
  if (tls) session.tls_started(*tls);
  SmtpService service(connection);
  co_await drive(connection, session, service);
}

}  // namespace mail::server
