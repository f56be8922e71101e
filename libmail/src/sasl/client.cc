// The client's side. Two rules carry the weight: a server is believed only after it has shown its
// own signature (`finish`), and it cannot make us work more, or reveal more, than the limits of
// iterations say.
//
// Tested by tests/unit/sasl/client_test.cc and exchange_test.cc.
#include "mail/sasl/client.h"

#include <utility>

#include "mail/base/assert.h"
#include "mail/base/wipe.h"
#include "mail/sasl/plain.h"
#include "mail/sasl/server.h"
#include "mail/text/base64.h"
#include "sasl/scram_message.h"

namespace mail::sasl {
namespace {

Respond respond(std::string_view octets) { return {text::base64_encode(octets)}; }

/// tls-exporter first: RFC 9266 §3 makes it the default where there is TLS 1.3.
void bind(const ChannelBindings& bindings, std::string& flag, std::string& data) {
  const bool has_exporter = !bindings.exporter.empty();
  flag = has_exporter ? "p=tls-exporter" : "p=tls-server-end-point";
  data = has_exporter ? bindings.exporter : bindings.end_point;
}

}  // namespace

ClientExchange::ClientExchange(Mechanism mechanism, const ClientIdentity& identity,
                               std::string nonce, const TlsInfo* tls, bool server_offers_plus)
    : mechanism_(mechanism), identity_(identity), nonce_(std::move(nonce)) {
  if (!is_scram(mechanism_)) return;
  const bool can_bind = tls != nullptr && !tls->bindings.empty();
  // RFC 5802 §6: "y" says that we can bind and saw no -PLUS.
  std::string flag = can_bind && !server_offers_plus ? "y" : "n";
  std::string data;
  if (mechanism_ == Mechanism::kScramSha256Plus && can_bind) bind(tls->bindings, flag, data);
  gs2_header_ =
      cat(flag, ",",
          identity_.authorization.empty() ? "" : "a=", escape_name(identity_.authorization), ",");
  channel_binding_ = cat(gs2_header_, data);
}

ClientExchange::~ClientExchange() { wipe(server_signature_); }

ClientStep ClientExchange::give_up(std::string_view text) {
  state_ = State::kFailed;
  return GiveUp{text};
}

StatusOr<std::optional<std::string>> ClientExchange::start() {
  // SCRAM does not send the password: any will do for the check.
  MAIL_RETURN_IF_ERROR(check_plain({.authorization = identity_.authorization,
                                    .authentication = identity_.authentication,
                                    .password = is_scram(mechanism_) ? "-" : identity_.password}));
  switch (mechanism_) {
    case Mechanism::kLogin:
      if (!identity_.authorization.empty()) return invalid("LOGIN cannot act for another user");
      state_ = State::kLoginName;
      return std::optional<std::string>();
    case Mechanism::kPlain: {
      auto message =
          make_plain({identity_.authorization, identity_.authentication, identity_.password});
      state_ = State::kDone;
      std::optional<std::string> line = text::base64_encode(*message);
      wipe(*message);
      return line;
    }
    case Mechanism::kScramSha256:
    case Mechanism::kScramSha256Plus: break;
  }
  if (!is_nonce(nonce_)) return invalid("the nonce is not printable");
  if (mechanism_ == Mechanism::kScramSha256Plus && !gs2_header_.starts_with("p=")) {
    return invalid("SCRAM-SHA-256-PLUS needs the channel bindings of a TLS connection");
  }
  client_first_bare_ = cat("n=", escape_name(identity_.authentication), ",r=", nonce_);
  state_ = State::kServerFirst;
  return std::optional<std::string>(text::base64_encode(cat(gs2_header_, client_first_bare_)));
}

ClientStep ClientExchange::receive(std::string_view line) {
  if (line.size() > kResponseLimit) return give_up("the challenge is too long");
  const auto message = text::base64_decode(line);
  if (!message) return give_up("the challenge is not base64");
  switch (state_) {
    // By position: "Username:" is spelled in many ways.
    case State::kLoginName:
      state_ = State::kLoginPassword;
      return respond(identity_.authentication);
    case State::kLoginPassword: state_ = State::kDone; return respond(identity_.password);
    case State::kServerFirst: return server_first(*message);
    case State::kServerFinal: return server_final(*message);
    case State::kBegin:
    case State::kAskedPassword:
    case State::kDone:
    case State::kFailed: break;
  }
  return give_up("the server asks for more than the mechanism has");
}

ClientStep ClientExchange::server_first(std::string_view text) {
  auto message = parse_server_first(text);
  if (!message) return give_up("malformed SCRAM server-first-message");
  if (!message->nonce.starts_with(nonce_) || message->nonce.size() == nonce_.size()) {
    return give_up("the server's nonce does not continue ours");
  }
  if (message->iterations < kMinIterations)
    return give_up("the server asks for too few iterations");
  if (message->iterations > kMaxIterations) {
    return give_up("the server asks for too many iterations");
  }
  without_proof_ = cat("c=", text::base64_encode(channel_binding_), ",r=", message->nonce);
  auth_message_ = cat(client_first_bare_, ",", text, ",", without_proof_);
  salt_ = std::move(message->salt);
  state_ = State::kAskedPassword;
  return ScramPassword{salt_, message->iterations, auth_message_};
}

ClientStep ClientExchange::prove_scram(const ScramAnswer& answer) {
  if (!MAIL_ASSERT(state_ == State::kAskedPassword && !answer.server_signature.empty())) {
    return give_up("no proof was asked for");
  }
  server_signature_ = answer.server_signature;
  state_ = State::kServerFinal;
  return respond(cat(without_proof_, ",p=", text::base64_encode(answer.proof)));
}

ClientStep ClientExchange::server_final(std::string_view text) {
  const auto message = parse_server_final(text);
  if (!message) return give_up("malformed SCRAM server-final-message");
  if (!message->error.empty()) return give_up("the server refuses the proof");
  // Nobody learns anything from the time of this comparison: the signature is used once.
  if (message->signature != server_signature_) {
    return give_up("the server does not know the password");
  }
  state_ = State::kDone;
  return respond("");
}

Status ClientExchange::finish() const {
  if (state_ == State::kDone) return absl::OkStatus();
  return unavailable("the server said yes before the ", to_string(mechanism_),
                     " exchange was over; it may not be the right server");
}

}  // namespace mail::sasl
