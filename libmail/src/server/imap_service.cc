// Login and dispatch. Every command is a coroutine of its own; which one, the visitor below says.
//
// Tested by tests/unit/server/imap_service_test.cc, tests/sim and tests/live.
#include "server/imap_service.h"

#include <utility>

#include "mail/base/overloaded.h"
#include "mail/directory/current.h"
#include "server/drive.h"
#include "server/imap_commands.h"

namespace mail::server {
namespace {

Task<void> nothing() { co_return; }

imap::ServerOptions session_options(const Connection& connection) {
  const ServiceOptions& options = connection.options();
  imap::ServerOptions session;
  session.hostname = options.hostname;
  session.offers_starttls = options.has_tls && !has_implicit_tls(connection.protocol);
  session.allows_cleartext_auth = options.allows_cleartext_auth;
  session.append = options.message_size;
  session.sasl = sasl_policy(connection);
  return session;
}

}  // namespace

Task<void> ImapService::handle(Session& session, Session::Event& event) {
  // The one event that comes by the thousand needs no coroutine.
  if (const auto* chunk = std::get_if<imap::AppendChunk>(&event)) {
    take_append_bytes(chunk->bytes);
    co_return;
  }
  Task<void> answer = start(session, event);
  co_await answer;
}

Task<void> ImapService::start(Session& session, Session::Event& event) {
  if (!std::holds_alternative<imap::Append>(event) &&
      !std::holds_alternative<imap::AppendEnd>(event)) {
    append_target_.reset();
  }
  return std::visit(Overloaded{
                        [&](imap::Connected&) {
                          session.ok("", cat(connection_.options().hostname, " ready"));
                          return nothing();
                        },
                        [&](imap::Login& c) {
                          return login(session, c.user, c.password, "the command LOGIN", false);
                        },
                        [&](imap::Authenticate& c) {
                          return login(session, std::string(c.authentication), c.password,
                                       c.mechanism, c.is_proven);
                        },
                        [&](imap::ScramUser& c) { return challenge(session, c); },
                        [&](imap::ScramProof& c) { return confirm(session, c); },
                        [&](imap::Select& c) { return select(session, c); },
                        [&](imap::Create& c) { return create(session, c); },
                        [&](imap::Delete& c) { return remove(session, c); },
                        [&](imap::Rename& c) { return rename(session, c); },
                        [&](imap::Subscribe& c) { return subscribe(session, c); },
                        [&](imap::List& c) { return list(session, c); },
                        [&](imap::Status& c) { return status(session, c); },
                        [&](imap::GetQuota& c) { return get_quota(session, c); },
                        [&](imap::GetQuotaRoot& c) { return get_quota_root(session, c); },
                        [&](imap::SetQuota&) { return set_quota(session); },
                        [&](imap::Append& c) { return begin_append(session, c); },
                        [&](imap::AppendChunk&) { return nothing(); },  // taken by `handle`
                        [&](imap::AppendEnd&) { return finish_append(session); },
                        [&](imap::AppendAborted&) {
                          append_.reset();
                          return nothing();
                        },
                        [&](imap::Fetch& c) { return fetch(session, c); },
                        [&](imap::Store& c) { return store(session, c); },
                        [&](imap::Search& c) { return search(session, c); },
                        [&](imap::Copy& c) { return copy(session, c); },
                        [&](imap::Expunge& c) { return expunge(session, c); },
                        [&](imap::Check&) { return noop(session, "CHECK completed"); },
                        [&](imap::Close&) { return close(session, true); },
                        [&](imap::Unselect&) { return close(session, false); },
                        [&](imap::Noop&) { return noop(session, "NOOP completed"); },
                        [&](imap::Idle&) { return begin_idle(session); },
                        [&](imap::IdleDone&) { return end_idle(session); },
                        [&](imap::Violated& violated) {
                          connection_.log(Logger::Level::kInfo, "the peer broke a rule",
                                          {{"rule", std::string(to_string(violated.violation))}});
                          return nothing();
                        },
                        [&](imap::Logout&) { return deselect(); },
                    },
                    event);
}

Task<void> ImapService::login(Session& session, std::string name, std::string_view password,
                              std::string_view mechanism, bool is_proven) {
  World& world = connection_.world;
  auto login = co_await desk_.admit(name, password, is_proven);
  if (login.verdict != directory::LoginVerdict::kAccepted) {
    co_await refuse_login(session, std::move(name), std::move(login));
    co_return;
  }
  auto open = [&store = world.store, place = connection_.place_of(login.address)] {
    return store.account(place);
  };
  auto account = co_await run_on(world.worker, std::move(open));
  if (!account.ok()) {
    connection_.log(
        Logger::Level::kError, "mail folder cannot be opened",
        {{"account", login.address}, {"reason", std::string(message_of(account.status()))}});
    session.no("UNAVAILABLE", "Your mail cannot be opened now; try again later");
    co_return;
  }
  const std::size_t limit = connection_.options().connections_per_user;
  lease_ =
      connection_.shared->logins().admit("imap", login.address, connection_.peer().address, limit);
  if (!lease_) {
    connection_.log(Logger::Level::kWarning, "too many connections of one user from one address",
                    {{"account", login.address}, {"limit", cat(limit)}});
    session.no("UNAVAILABLE", cat("Maximum number of connections from user+IP exceeded "
                                  "(mail_max_userip_connections=",
                                  limit, ")"));
    co_return;
  }
  connection_.establish();
  login_ = login.address;
  account_ = std::move(*account);
  desk_.welcome(login, mechanism);
  session.ok("", "Logged in");
}

Task<void> ImapService::challenge(Session& session, const imap::ScramUser& user) {
  const auto challenge = desk_.challenge(user);
  if (challenge) {
    session.challenge_scram(*challenge);
    co_return;
  }
  co_await refuse_login(session, std::string(user.authentication), desk_.refused());
}

Task<void> ImapService::confirm(Session& session, const imap::ScramProof& proof) {
  const auto signature = desk_.confirm(proof);
  if (signature) {
    session.confirm_scram(*signature);
    co_return;
  }
  co_await refuse_login(session, std::string(proof.authentication), desk_.refused());
}

Task<void> ImapService::refuse_login(Session& session, std::string name, directory::Login login) {
  co_await desk_.refuse(std::move(name), login);
  if (login.verdict == directory::LoginVerdict::kRefused) {
    session.no("AUTHENTICATIONFAILED", "Authentication failed");
  } else {
    session.no("UNAVAILABLE", "Try again later");
  }
}

Task<void> ImapService::noop(Session& session, std::string_view done) {
  co_await refresh_and_tell(session);
  session.ok("", done);
}

Task<void> serve_imap(Connection& connection, std::optional<TlsInfo> tls) {
  imap::ServerSession session(session_options(connection), connection.world.clock.now());
  if (tls) session.tls_started(*tls);
  ImapService service(connection);
  co_await drive(connection, session, service);
}

}  // namespace mail::server
