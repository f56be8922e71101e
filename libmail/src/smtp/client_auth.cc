// AUTH of the client: the strongest mechanism that both sides have, the password never in the clear
// unless its owner says so.
//
// Tested by tests/unit/smtp/back_to_back_test.cc.
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/assert.h"
#include "mail/base/overloaded.h"
#include "smtp/client_engine.h"

namespace mail::smtp {

/// The last step before Ready.
void ClientEngine::authenticate() {
  if (!options_.credentials) {
    mode_ = Mode::kReady;
    return;
  }
  const TlsInfo* tls = tls_ ? &*tls_ : nullptr;
  std::vector<std::string_view> names;
  bool offers_plus = false;
  for (const std::string& name : capabilities_.mechanisms) {
    const auto mechanism = sasl::parse_mechanism(name);
    if (!mechanism) continue;
    offers_plus = offers_plus || *mechanism == sasl::Mechanism::kScramSha256Plus;
    if (!options_.nonce.empty() || !sasl::is_scram(*mechanism)) names.push_back(name);
  }
  const sasl::ClientPolicy policy{.allows_password = tls_ || options_.allows_cleartext_auth};
  const auto mechanism = sasl::choose_mechanism(names, policy, tls);
  if (!mechanism) return fail(ClientFailure::kAuthUnavailable);
  const auto& [login, password, authorization] = *options_.credentials;
  exchange_ = std::make_unique<sasl::ClientExchange>(
      *mechanism, sasl::ClientIdentity{authorization, login, password}, options_.nonce, tls,
      offers_plus);
  const auto first = exchange_->start();
  if (!first.ok()) return fail(ClientFailure::kAuthUnavailable);
  std::string line = cat("AUTH ", sasl::to_string(*mechanism));
  if (*first) append(line, " ", **first);
  command(line, Step::kAuth);
}

void ClientEngine::answered_auth(const Reply& reply) {
  if (reply.code == 334 && !gave_up_auth_) {
    // 334 SP challenge: base64, which reads like no enhanced code.
    return take(exchange_->receive(reply.text));
  }
  if (reply.code != 235 || gave_up_auth_ || !exchange_->finish().ok()) {
    return fail(ClientFailure::kAuthRefused, reply);
  }
  exchange_.reset();
  mode_ = Mode::kReady;
}

void ClientEngine::take(sasl::ClientStep step) {
  std::visit(Overloaded{
                 [&](const sasl::Respond& respond) { command(respond.line, Step::kAuth); },
                 [&](const sasl::ScramPassword& question) { scram_ = question; },
                 [&](const sasl::GiveUp&) {
                   gave_up_auth_ = true;
                   command("*", Step::kAuth);
                 },
             },
             step);
}

void ClientEngine::prove_scram(const sasl::ScramAnswer& answer) {
  if (!MAIL_ASSERT(question_ == Question::kScramPassword)) return fail(ClientFailure::kInternal);
  question_ = Question::kNone;
  scram_.reset();
  take(exchange_->prove_scram(answer));
}

}  // namespace mail::smtp
