// AUTHENTICATE: the lines of an exchange carried to and fro, its questions made events.
//
// Tested by tests/transcripts/imap/authenticate*.txt.
#include "imap/session_state.h"
#include "mail/base/assert.h"
#include "mail/base/overloaded.h"
#include "mail/base/status.h"

namespace mail::imap {

using Event = ServerSession::Event;

std::optional<Event> ServerSession::State::authenticate(const AuthenticateStart& start) {
  const TlsInfo* with_tls = tls ? &*tls : nullptr;
  const auto mechanism = sasl::parse_mechanism(start.mechanism);
  if (!mechanism || !sasl::is_offered(*mechanism, options.sasl, with_tls)) {
    refuse({true, "", "Unknown authentication mechanism"});
    return std::nullopt;
  }
  exchange = std::make_unique<sasl::ServerExchange>(*mechanism, options.sasl, with_tls);
  return on_sasl(exchange->start(start.initial_response));
}

std::optional<Event> ServerSession::State::on_sasl_line() {
  if (answered_fault()) return std::nullopt;
  return on_sasl(exchange->receive(framer.frame().text));
}

std::optional<Event> ServerSession::State::on_sasl(const sasl::ServerStep& step) {
  return std::visit(
      Overloaded{
          [this](const sasl::Challenge& challenge) {
            mail::append(output.text(), "+ ", challenge.line, "\r\n");
            question = Question::kNone;
            forget_command();
            begin_line(Expects::kSasl);
            return std::optional<Event>();
          },
          [this](const sasl::Failure& failure) {
            refuse_sasl(failure);
            return std::optional<Event>();
          },
          [this](const sasl::Authenticate& login) { return ask(login, Effect::kLogin); },
          [this](const sasl::ScramUser& user) {
            question = Question::kScramUser;
            return std::optional<Event>(user);
          },
          [this](const sasl::ScramProof& proof) {
            question = Question::kScramProof;
            return std::optional<Event>(proof);
          },
      },
      step);
}

/// BAD for what is no exchange, NO for an exchange that ends in a no (RFC 3501 §6.2.2).
void ServerSession::State::refuse_sasl(const sasl::Failure& failure) {
  switch (failure.reason) {
    case sasl::Failure::Reason::kCancelled: return refuse({false, "", "Authentication cancelled"});
    case sasl::Failure::Reason::kNotBase64: return refuse({false, "", "Invalid base64"});
    case sasl::Failure::Reason::kTooLong:
    case sasl::Failure::Reason::kMalformed:
      return refuse({false, "", cat("Authentication failed: ", failure.text)});
    case sasl::Failure::Reason::kRefused:
      return refuse({true, "AUTHENTICATIONFAILED", cat("Authentication failed: ", failure.text)});
  }
}

void ServerSession::challenge_scram(const sasl::ScramChallenge& challenge) {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(state.question == State::Question::kScramUser)) return state.fail();
  state.on_sasl(state.exchange->challenge_scram(challenge));
}

void ServerSession::confirm_scram(std::string_view server_signature) {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(state.question == State::Question::kScramProof)) return state.fail();
  state.on_sasl(state.exchange->confirm_scram(server_signature));
}

}  // namespace mail::imap
