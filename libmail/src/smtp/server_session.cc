// The shop window over the engine; nothing happens here.
//
// Tested by tests/unit/smtp/server_session_test.cc.
#include "mail/smtp/server_session.h"

#include <utility>

#include "smtp/server_engine.h"

namespace mail::smtp {

struct ServerSession::State : ServerEngine {
  using ServerEngine::ServerEngine;
};

ServerSession::ServerSession(ServerOptions options, TimePoint now)
    : state_(std::make_unique<State>(std::move(options), now)) {}
ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;
ServerSession& ServerSession::operator=(ServerSession&&) noexcept = default;

void ServerSession::receive(std::string_view bytes, TimePoint now) { state_->receive(bytes, now); }
void ServerSession::receive_eof(TimePoint now) { state_->receive_eof(now); }
std::optional<ServerSession::Event> ServerSession::next() { return state_->next(); }
std::string_view ServerSession::output() { return state_->output(); }
void ServerSession::consume_output(std::size_t octets) { state_->consume_output(octets); }
bool ServerSession::wants_input() const { return state_->wants_input(); }
bool ServerSession::wants_tls() const { return state_->wants_tls(); }
void ServerSession::tls_started(const TlsInfo& info) { state_->tls_started(info); }
std::optional<TimePoint> ServerSession::deadline() const { return state_->deadline(); }
void ServerSession::on_deadline(TimePoint now) { state_->on_deadline(now); }
bool ServerSession::finished() const { return state_->finished(); }
void ServerSession::accept(std::string_view text) { state_->accept(text); }
void ServerSession::answer(const Reply& reply) { state_->answer(reply); }
void ServerSession::answer_each(std::span<const Reply> replies) { state_->answer_each(replies); }
void ServerSession::challenge_scram(const sasl::ScramChallenge& challenge) {
  state_->challenge_scram(challenge);
}
void ServerSession::confirm_scram(std::string_view server_signature) {
  state_->confirm_scram(server_signature);
}
void ServerSession::shut_down(std::string_view text) { state_->shut_down(text); }
std::string_view ServerSession::helo_domain() const { return state_->helo_domain(); }
bool ServerSession::is_extended() const { return state_->is_extended(); }
bool ServerSession::is_authenticated() const { return state_->is_authenticated(); }
bool ServerSession::is_smtputf8() const { return state_->is_smtputf8(); }
const std::optional<TlsInfo>& ServerSession::tls() const { return state_->tls(); }

}  // namespace mail::smtp
