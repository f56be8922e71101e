// AUTH (RFC 4954): the lines of an exchange carried to and fro, its questions made events.
//
// Tested by tests/unit/smtp/server_auth_test.cc and tests/transcripts/smtp/auth-*.txt.
#include "mail/base/absl.h"
#include "mail/base/assert.h"
#include "mail/base/overloaded.h"
#include "smtp/command_table.h"
#include "smtp/reply_wire.h"
#include "smtp/server_engine.h"

namespace mail::smtp {

bool ServerEngine::offers_auth() const {
  return options_.offers_auth && options_.dialect != Dialect::kSmtp &&
         options_.dialect != Dialect::kLmtp && !options_.withheld.has(Extension::kAuth);
}

std::string ServerEngine::auth_parameter() const {
  std::string names;
  sasl::append_offered(names, " ", options_.sasl, tls_ ? &*tls_ : nullptr);
  return names.substr(1);
}

// auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) CRLF
// initial-response = base64 / "="                                        RFC 4954 §4, §8
void ServerEngine::auth(std::string_view argument) {
  if (!offers_auth()) return reply(503, "5.5.1", "Error: authentication not enabled");
  if (is_authenticated_) return reply(503, "5.5.1", "Error: already authenticated");
  if (!may_auth_now()) {
    return reply(538, "5.7.11", "Encryption required for requested authentication mechanism");
  }
  const auto [name, response] = split_command(argument);
  if (name.empty() || response.find(' ') != response.npos) {
    return syntax_error("AUTH mechanism [initial-response]");
  }
  const TlsInfo* tls = tls_ ? &*tls_ : nullptr;
  const auto mechanism = sasl::parse_mechanism(name);
  if (!mechanism || !sasl::is_offered(*mechanism, options_.sasl, tls)) {
    return reply(504, "5.5.4", "Error: unrecognized authentication mechanism");
  }
  if (response.size() > options_.auth_line) {
    return reply(500, "5.5.6", "Authentication Exchange line is too long");
  }
  exchange_ = std::make_unique<sasl::ServerExchange>(*mechanism, options_.sasl, tls);
  on_sasl(exchange_->start(response.empty() ? std::nullopt : std::optional(response)));
}

void ServerEngine::auth_response(std::string_view line) {
  mode_ = Mode::kCommands;
  on_sasl(exchange_->receive(line));
}

void ServerEngine::on_sasl(const sasl::ServerStep& step) {
  std::visit(Overloaded{
                 [this](const sasl::Challenge& challenge) {
                   append_reply(out_, 334, {}, challenge.line);
                   mode_ = Mode::kAuthResponse;
                 },
                 [this](const sasl::Failure& failure) { refuse_auth(failure); },
                 [this](const auto& question) { emit(question); },
             },
             step);
}

void ServerEngine::refuse_auth(const sasl::Failure& failure) {
  exchange_.reset();
  switch (failure.reason) {
    case sasl::Failure::Reason::kCancelled: return reply(501, "5.7.0", "Authentication aborted");
    case sasl::Failure::Reason::kNotBase64:
      return reply(501, "5.5.2", "Error: cannot decode the base64 response");
    case sasl::Failure::Reason::kTooLong:
      return reply(500, "5.5.6", "Authentication Exchange line is too long");
    case sasl::Failure::Reason::kMalformed:
      return reply(535, "5.7.8", "Error: authentication failed: malformed response");
    case sasl::Failure::Reason::kRefused:
      return reply(535, "5.7.8", cat("Error: authentication failed: ", failure.text));
  }
}

void ServerEngine::challenge_scram(const sasl::ScramChallenge& challenge) {
  const Question question = std::exchange(question_, Question::kNone);
  if (!MAIL_ASSERT(question == Question::kScramUser)) return fail();
  on_sasl(exchange_->challenge_scram(challenge));
  end_of_answer();
}

void ServerEngine::confirm_scram(std::string_view server_signature) {
  const Question question = std::exchange(question_, Question::kNone);
  if (!MAIL_ASSERT(question == Question::kScramProof)) return fail();
  on_sasl(exchange_->confirm_scram(server_signature));
  end_of_answer();
}

}  // namespace mail::smtp
