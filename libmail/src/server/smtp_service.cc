// The inbound pipeline and submission: what a session asks, the directory and the store answer.
//
// A transaction lives in `Transaction`: reverse path, the mailboxes that its recipients led to, the
// bytes. Everything up to the end of DATA is answered from memory; the one place that touches the
// disk is `deliver`, and 250 follows only when the store says that a power cut can no longer lose
// the message.
//
// Tested by tests/unit/server/smtp_service_test.cc, tests/sim and tests/live.
#include "server/smtp_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mail/base/overloaded.h"
#include "mail/directory/authenticate.h"
#include "mail/directory/current.h"
#include "mail/smtp/server_session.h"
#include "mail/store/store.h"
#include "server/drive.h"
#include "server/smtp_replies.h"
#include "server/trace_header.h"

namespace mail::server {
namespace {

/// One copy to be stored.
struct Copy {
  std::string mailbox;    // the account's address
  std::string recipient;  // the forward path that led there

  bool operator==(const Copy&) const = default;
};

struct Transaction {
  explicit Transaction(std::shared_ptr<Shared> shared) : message(std::move(shared)) {}

  std::string reverse_path;
  std::vector<std::string> recipients;  // forward paths accepted, discarded ones included
  std::vector<Copy> copies;
  MessageBuffer message;
};

class SmtpService {
 public:
  explicit SmtpService(Connection& connection) : connection_(connection) {}

  using Session = smtp::ServerSession;

  Task<void> handle(Session& session, Session::Event& event) {
    if (auto* authenticate = std::get_if<smtp::Authenticate>(&event)) {
      co_await login(session, *authenticate);
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
  Task<void> login(Session& session, const smtp::Authenticate& authenticate);
  void begin_transaction(Session& session, const smtp::MailFrom& mail);
  void add_recipient(Session& session, const smtp::RcptTo& rcpt);
  Task<void> finish_message(Session& session);
  std::vector<store::Target> targets() const;
  std::string trace(const Session& session, std::string_view id, WallTime time) const;
  void log_outcome(const Status& status, std::string_view id, std::size_t octets) const;

  Connection& connection_;
  std::string login_;  // the account that authenticated
  std::unique_ptr<Transaction> transaction_;
};

void SmtpService::handle_at_once(Session& session, const Session::Event& event) {
  std::visit(Overloaded{
                 [&](const smtp::Connected&) { session.accept(); },
                 [&](const smtp::XClient&) {
                   session.answer({550, "5.7.0", "Error: insufficient authorization"});
                 },
                 [&](const smtp::Helo&) {
                   transaction_.reset();
                   session.accept();
                 },
                 [&](const smtp::MailFrom& mail) { begin_transaction(session, mail); },
                 [&](const smtp::RcptTo& rcpt) { add_recipient(session, rcpt); },
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
                 [&](const smtp::DataEnd&) {},
             },
             event);
}

Task<void> SmtpService::login(Session& session, const smtp::Authenticate& authenticate) {
  // RFC 4616 §2: an authorization identity asks to act for somebody else; nobody may (attack B7).
  const bool is_for_another = !authenticate.authorization.empty() &&
                              authenticate.authorization != authenticate.authentication;
  auto attempt = [snapshot = connection_.world.directory.get(),
                  name = std::string(authenticate.authentication),
                  password = std::string(authenticate.password)] {
    return directory::authenticate(*snapshot, name, password);
  };
  const std::string name(authenticate.authentication);
  auto login = co_await run_on(connection_.world.worker, std::move(attempt));
  if (login.verdict == directory::LoginVerdict::kAccepted && is_for_another) {
    login.verdict = directory::LoginVerdict::kRefused;
    login.reason = "asked to act for another user";
  }
  if (login.verdict == directory::LoginVerdict::kAccepted) {
    login_ = login.address;
    connection_.log(Logger::Level::kInfo, "logged in", {{"account", login_}});
    session.accept();
    co_return;
  }
  connection_.log(Logger::Level::kWarning, "login refused",
                  {{"login", name}, {"reason", login.reason}});
  const smtp::Reply reply = reply_to_login(login.verdict);
  co_await pause(connection_, connection_.options().auth_failure_delay);
  session.answer(reply);
}

void SmtpService::begin_transaction(Session& session, const smtp::MailFrom& mail) {
  transaction_ = std::make_unique<Transaction>(connection_.shared);
  transaction_->reverse_path = mail.reverse_path;
  session.accept();
}

void SmtpService::add_recipient(Session& session, const smtp::RcptTo& rcpt) {
  const auto snapshot = connection_.world.directory.get();
  const directory::Resolution resolution = snapshot->resolve(rcpt.forward_path);
  const Sender sender = login_.empty() ? Sender::kAnyone : Sender::kAuthenticated;
  const smtp::Reply reply = reply_to_recipient(resolution, rcpt.forward_path, sender);
  if (!reply.is_positive()) {
    connection_.log(Logger::Level::kInfo, "recipient refused",
                    {{"to", std::string(rcpt.forward_path)},
                     {"reply", cat(reply.code, " ", reply.enhanced, " ", reply.text)}});
    session.answer(reply);
    return;
  }
  transaction_->recipients.emplace_back(rcpt.forward_path);
  for (const directory::Recipient& recipient : resolution.recipients) {
    if (recipient.kind != directory::RecipientKind::kMailbox) continue;
    const auto is_same = [&](const Copy& copy) {
      return copy.mailbox == recipient.address &&
             (connection_.options().dedupe_recipients || copy.recipient == rcpt.forward_path);
    };
    auto& copies = transaction_->copies;
    if (std::any_of(copies.begin(), copies.end(), is_same)) continue;
    copies.push_back({recipient.address, std::string(rcpt.forward_path)});
  }
  session.accept();
}

std::vector<store::Target> SmtpService::targets() const {
  std::vector<store::Target> targets;
  for (const Copy& copy : transaction_->copies) {
    store::Target target;
    target.account.address = copy.mailbox;
    target.header =
        return_path_field(transaction_->reverse_path) + delivered_to_field(copy.mailbox);
    targets.push_back(std::move(target));
  }
  return targets;
}

std::string SmtpService::trace(const Session& session, std::string_view id, WallTime time) const {
  TraceFacts facts;
  facts.helo_domain = session.helo_domain();
  facts.peer_address = connection_.transport->peer().address;
  facts.hostname = connection_.options().hostname;
  facts.id = id;
  facts.is_extended = session.is_extended();
  facts.is_authenticated = session.is_authenticated();
  facts.tls = session.tls() ? &*session.tls() : nullptr;
  if (transaction_->recipients.size() == 1) facts.only_recipient = transaction_->recipients.front();
  facts.time = time;
  return received_field(facts);
}

Task<void> SmtpService::finish_message(Session& session) {
  const MessageBuffer& message = transaction_->message;
  if (message.overflowed()) {
    transaction_.reset();
    session.answer({452, "4.3.1", "Insufficient system storage"});
    co_return;
  }
  if (count_hops(message.bytes()) > connection_.options().hops) {
    transaction_.reset();
    session.answer({554, "5.4.6", "Error: too many hops"});
    co_return;
  }
  World& world = connection_.world;
  const WallTime now = world.clock.wall();
  const std::string id = make_message_id(world.random);
  auto job = [&store = world.store, &message, targets = targets(), trace = trace(session, id, now),
              now]() -> Status {
    if (targets.empty()) return absl::OkStatus();  // everybody discards it
    const std::string_view pieces[] = {trace, message.bytes()};
    return store.deliver(targets, pieces, now);
  };
  auto status = co_await run_on(world.worker, std::move(job));
  log_outcome(status, id, message.bytes().size());
  transaction_.reset();
  if (status.ok()) {
    session.accept(cat("2.0.0 Ok: queued as ", id));
  } else {
    session.answer(reply_to_failed_delivery(status));
  }
}

void SmtpService::log_outcome(const Status& status, std::string_view id, std::size_t octets) const {
  std::string to;
  for (const std::string& recipient : transaction_->recipients) {
    if (!to.empty()) to += ',';
    to += recipient;
  }
  if (status.ok()) {
    connection_.log(Logger::Level::kInfo, "message delivered",
                    {{"message", std::string(id)},
                     {"from", transaction_->reverse_path},
                     {"to", to},
                     {"octets", cat(octets)},
                     {"copies", cat(transaction_->copies.size())}});
  } else {
    connection_.log(
        Logger::Level::kError, "message could not be stored",
        {{"message", std::string(id)}, {"to", to}, {"reason", std::string(message_of(status))}});
  }
}

smtp::ServerOptions session_options(const Connection& connection) {
  const ServiceOptions& options = connection.options();
  smtp::ServerOptions session;
  session.hostname = options.hostname;
  session.message_size = options.message_size;
  session.offers_starttls = options.has_tls && !has_implicit_tls(connection.protocol);
  if (connection.protocol == Protocol::kSmtp) {
    session.dialect = smtp::Dialect::kSmtp;
    return session;
  }
  session.dialect = connection.protocol == Protocol::kSubmission ? smtp::Dialect::kSubmission
                                                                 : smtp::Dialect::kSubmissions;
  session.offers_auth = true;
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
