// What the service answers becomes replies and states. Once the session is closing whatever is
// still answered is dropped: the service may learn of the end late.
//
// Tested by tests/transcripts/pop3.
#include <algorithm>

#include "mail/base/assert.h"
#include "mail/base/status.h"
#include "pop3/engine.h"

namespace mail::pop3 {

bool Engine::take_question(std::initializer_list<Question> fitting) {
  if (is_closing) return false;
  const bool fits = std::find(fitting.begin(), fitting.end(), question) != fitting.end();
  if (!MAIL_ASSERT(fits)) {
    fail();
    return false;
  }
  return true;
}

void ServerSession::accept(std::string_view text) {
  State& state = *state_;
  if (!state.take_question({Engine::Question::kConnected, Engine::Question::kUpdate})) return;
  const auto asked = std::exchange(state.question, Engine::Question::kNone);
  if (asked == Engine::Question::kConnected) {
    return state.ok(text.empty() ? cat(state.options.hostname, " ready") : std::string(text));
  }
  if (text.empty()) {
    text = state.deleted.empty() ? "Logging out" : "Logging out, messages deleted.";
  }
  state.ok(text);
  state.notices.emplace_back(Quit{});
  state.close();
}

void ServerSession::open(Maildrop maildrop) {
  State& state = *state_;
  if (!state.take_question({Engine::Question::kLogin})) return;
  state.question = Engine::Question::kNone;
  state.connection = kTransaction;
  state.errors = 0;
  state.maildrop = std::move(maildrop);
  state.is_deleted.assign(state.maildrop.size(), false);
  state.ok("Logged in.");
}

void ServerSession::challenge_scram(const sasl::ScramChallenge& challenge) {
  State& state = *state_;
  if (!state.take_question({Engine::Question::kScramUser})) return;
  state.question = Engine::Question::kNone;
  if (auto event = state.on_sasl_step(state.exchange->challenge_scram(challenge))) {
    state.notices.push_back(std::move(*event));
  }
}

void ServerSession::confirm_scram(std::string_view server_signature) {
  State& state = *state_;
  if (!state.take_question({Engine::Question::kScramProof})) return;
  state.question = Engine::Question::kNone;
  if (auto event = state.on_sasl_step(state.exchange->confirm_scram(server_signature))) {
    state.notices.push_back(std::move(*event));
  }
}

void ServerSession::send(std::unique_ptr<ByteSource> message) {
  State& state = *state_;
  if (!state.take_question({Engine::Question::kRetrieve})) return;
  state.question = Engine::Question::kNone;
  state.errors = 0;
  state.ok(state.lines_asked ? std::string() : cat(message->remaining(), " octets"));
  state.write(write_message(std::move(message), state.lines_asked));
}

void ServerSession::refuse(std::string_view code, std::string_view text) {
  State& state = *state_;
  using enum Engine::Question;
  if (!state.take_question({kConnected, kScramUser, kScramProof, kLogin, kRetrieve, kUpdate}))
    return;
  const auto asked = std::exchange(state.question, kNone);
  state.exchange.reset();
  if (asked == kLogin || asked == kScramUser || asked == kScramProof) {
    return state.wrong(code, text);
  }
  state.err(code, text);
  if (asked == kUpdate) state.notices.emplace_back(Quit{});
  if (asked == kConnected || asked == kUpdate) state.close();
}

void ServerSession::shut_down(std::string_view text) {
  State& state = *state_;
  if (state.is_closing) return;
  // Inside a message there is no place for a reply: it just ends, and the client knows that by the
  // missing ".".
  if (!state.multi_line && !state.is_starting_tls) state.err("SYS/TEMP", text);
  state.close();
}

}  // namespace mail::pop3
