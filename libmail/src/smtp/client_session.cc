// The shop window over the client's engine; nothing happens here.
//
// Tested by tests/unit/smtp/client_session_test.cc.
#include "mail/smtp/client_session.h"

#include <utility>

#include "smtp/client_engine.h"

namespace mail::smtp {

ClientSession::ClientSession(ClientOptions options, TimePoint now)
    : engine_(std::make_unique<ClientEngine>(std::move(options), now)) {}
ClientSession::~ClientSession() = default;
ClientSession::ClientSession(ClientSession&&) noexcept = default;
ClientSession& ClientSession::operator=(ClientSession&&) noexcept = default;

void ClientSession::receive(std::string_view bytes, TimePoint now) { engine_->receive(bytes, now); }
void ClientSession::receive_eof(TimePoint now) { engine_->receive_eof(now); }
std::optional<ClientSession::Event> ClientSession::next() { return engine_->next(); }
std::string_view ClientSession::output() { return engine_->output(); }
void ClientSession::consume_output(std::size_t octets) { engine_->consume_output(octets); }
bool ClientSession::wants_input() const { return engine_->wants_input(); }
bool ClientSession::wants_tls() const { return engine_->wants_tls(); }
void ClientSession::tls_started(const TlsInfo& info) { engine_->tls_started(info); }
std::optional<TimePoint> ClientSession::deadline() const { return engine_->deadline(); }
void ClientSession::on_deadline(TimePoint now) { engine_->on_deadline(now); }
bool ClientSession::finished() const { return engine_->finished(); }
void ClientSession::send(Envelope envelope, std::string_view message) {
  engine_->send(std::move(envelope), message);
}
void ClientSession::quit() { engine_->quit(); }
void ClientSession::prove_scram(const sasl::ScramAnswer& answer) { engine_->prove_scram(answer); }
const Capabilities& ClientSession::capabilities() const { return engine_->capabilities(); }
const std::optional<TlsInfo>& ClientSession::tls() const { return engine_->tls(); }

}  // namespace mail::smtp
