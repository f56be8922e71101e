// The server's side: one state for each line or answer that may come next. A line is decoded once,
// into a buffer that is wiped in the end, and handed to the function of that state.
//
// SCRAM, in RFC 5802's words, and who does what:
//
//     client-first-message   parsed here; gs2-cbind-flag judged here (a downgrade is seen before a
//                            salt is shown)
//     salt, iterations,      asked for: `ScramUser`
//     s-nonce
//     client-final-message   nonce and channel binding compared here; AuthMessage put together
//     ClientProof            asked about: `ScramProof`
//     server-final-message   a challenge, because SMTP, IMAP and POP3 carry no data beside their
//                            OK; the client's empty answer ends the exchange
//
// Failures are told by the protocol's own reply; "e=" is not sent, since a client that understands
// it has the reply as well.
//
// Tested by tests/unit/sasl/server_test.cc, exchange_test.cc and fuzz/sasl.cc.
#include "mail/sasl/server.h"

#include <utility>

#include "mail/base/assert.h"
#include "mail/base/wipe.h"
#include "mail/sasl/plain.h"
#include "mail/text/base64.h"
#include "sasl/scram_message.h"

namespace mail::sasl {
namespace {

using Reason = Failure::Reason;

constexpr std::size_t kProofOctets = 32;  // of SHA-256

/// `to` gets what the base64 says; nothing of it stays elsewhere.
bool decode_into(std::string_view base64, std::string& to) {
  auto decoded = text::base64_decode(base64);
  if (!decoded) return false;
  to.assign(*decoded);
  wipe(*decoded);
  return true;
}

Challenge challenge(std::string_view octets) { return {text::base64_encode(octets)}; }

}  // namespace

ServerExchange::ServerExchange(Mechanism mechanism, const ServerPolicy& policy, const TlsInfo* tls)
    : mechanism_(mechanism),
      policy_(policy),
      bindings_(tls != nullptr ? tls->bindings : ChannelBindings{}) {}

ServerExchange::~ServerExchange() {
  wipe(first_);
  wipe(second_);
}

ServerStep ServerExchange::fail(Reason reason, std::string_view text) {
  state_ = State::kEnded;
  return Failure{reason, text};
}

ServerStep ServerExchange::start(std::optional<std::string_view> initial_response) {
  if (!MAIL_ASSERT(state_ == State::kBegin)) return fail(Reason::kRefused, "started twice");
  state_ = State::kFirst;
  if (!initial_response) {
    // PLAIN and SCRAM wait for an empty challenge, LOGIN wants to be asked.
    return challenge(mechanism_ == Mechanism::kLogin ? "Username:" : "");
  }
  return receive(*initial_response == "=" ? std::string_view{} : *initial_response);
}

ServerStep ServerExchange::receive(std::string_view line) {
  // RFC 4954 §4, RFC 3501 §6.2.2: a line with a single "*".
  if (line == "*") return fail(Reason::kCancelled, "authentication cancelled");
  if (line.size() > kResponseLimit) return fail(Reason::kTooLong, "response too long");
  std::string& to = state_ == State::kFirst ? first_ : second_;
  if (!decode_into(line, to)) return fail(Reason::kNotBase64, "response is not base64");
  switch (state_) {
    case State::kFirst:
      if (is_scram(mechanism_)) return client_first();
      return mechanism_ == Mechanism::kPlain ? plain() : login();
    case State::kPassword: return login();
    case State::kClientFinal: return client_final();
    case State::kAcknowledgement:
      if (!second_.empty()) return fail(Reason::kMalformed, "an empty response was expected");
      return authenticated();
    case State::kBegin:
    case State::kAskedUser:
    case State::kAskedProof:
    case State::kEnded: break;
  }
  MAIL_ASSERT(!"no line is expected now");
  return fail(Reason::kRefused, "no response was expected");
}

bool ServerExchange::acts_for_another() const {
  return !authorization_.empty() && authorization_ != authentication_ &&
         !policy_.allows_authorization_identity;
}

ServerStep ServerExchange::authenticated() {
  state_ = State::kEnded;
  return Authenticate{.mechanism = to_string(mechanism_),
                      .authorization = authorization_,
                      .authentication = authentication_,
                      .password = password_,
                      .is_proven = is_scram(mechanism_)};
}

ServerStep ServerExchange::plain() {
  const auto message = parse_plain(first_);
  if (!message.ok()) return fail(Reason::kMalformed, "malformed PLAIN message");
  authorization_ = message->authorization;
  authentication_ = message->authentication;
  password_ = message->password;
  if (acts_for_another()) return fail(Reason::kRefused, "asked to act for another user");
  return authenticated();
}

ServerStep ServerExchange::login() {
  if (state_ == State::kFirst) {
    state_ = State::kPassword;
    return challenge("Password:");
  }
  if (!check_plain({.authorization = {}, .authentication = first_, .password = second_}).ok()) {
    return fail(Reason::kMalformed, "malformed name or password");
  }
  authentication_ = first_;
  password_ = second_;
  return authenticated();
}

std::string_view ServerExchange::binding(std::string_view type) const {
  if (type == "tls-exporter") return bindings_.exporter;
  if (type == "tls-server-end-point") return bindings_.end_point;
  return {};
}

ServerStep ServerExchange::client_first() {
  auto message = parse_client_first(first_);
  if (!message || message->nonce.size() > kNonceLimit) {
    return fail(Reason::kMalformed, "malformed SCRAM client-first-message");
  }
  const bool is_plus = mechanism_ == Mechanism::kScramSha256Plus;
  if (is_plus != (message->flag == 'p')) {
    return fail(Reason::kRefused, "channel binding does not go with the name of the mechanism");
  }
  // RFC 5802 §6: the client could bind and was made to believe that we could not.
  if (message->flag == 'y' && !bindings_.empty()) {
    return fail(Reason::kRefused, "channel binding was offered, and somebody hid it");
  }
  channel_binding_ = message->gs2_header;
  if (is_plus) {
    const std::string_view data = binding(message->binding_type);
    if (data.empty()) return fail(Reason::kRefused, "unknown type of channel binding");
    channel_binding_ += data;
  }
  authorization_ = std::move(message->authorization);
  authentication_ = std::move(message->authentication);
  if (acts_for_another()) return fail(Reason::kRefused, "asked to act for another user");
  client_first_bare_ = message->bare;
  nonce_ = message->nonce;
  state_ = State::kAskedUser;
  return ScramUser{authorization_, authentication_};
}

ServerStep ServerExchange::challenge_scram(const ScramChallenge& answer) {
  if (!MAIL_ASSERT(state_ == State::kAskedUser && !answer.salt.empty() && answer.iterations != 0 &&
                   is_nonce(answer.nonce))) {
    return fail(Reason::kRefused, "no SCRAM challenge can be made of this");
  }
  nonce_ += answer.nonce;
  const std::string server_first =
      cat("r=", nonce_, ",s=", text::base64_encode(answer.salt), ",i=", answer.iterations);
  auth_message_ = cat(client_first_bare_, ",", server_first, ",");
  state_ = State::kClientFinal;
  return challenge(server_first);
}

ServerStep ServerExchange::client_final() {
  const auto message = parse_client_final(second_);
  if (!message) return fail(Reason::kMalformed, "malformed SCRAM client-final-message");
  const auto repeated = text::base64_decode(message->channel_binding);
  auto proof = text::base64_decode(message->proof);
  if (!repeated || !proof || proof->size() != kProofOctets) {
    return fail(Reason::kMalformed, "malformed SCRAM client-final-message");
  }
  if (message->nonce != nonce_) return fail(Reason::kRefused, "another nonce than ours");
  if (*repeated != channel_binding_) {
    return fail(Reason::kRefused, "channel bindings do not match");
  }
  auth_message_ += message->without_proof;
  proof_ = std::move(*proof);
  state_ = State::kAskedProof;
  return ScramProof{authentication_, auth_message_, proof_};
}

ServerStep ServerExchange::confirm_scram(std::string_view server_signature) {
  if (!MAIL_ASSERT(state_ == State::kAskedProof && !server_signature.empty())) {
    return fail(Reason::kRefused, "no proof was asked about");
  }
  state_ = State::kAcknowledgement;
  return challenge(cat("v=", text::base64_encode(server_signature)));
}

}  // namespace mail::sasl
