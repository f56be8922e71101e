// The contract of a session: bytes and time in, bytes out, the end.
//
// Everything the client says is interpreted in `next` (session_commands.cc). While a multi-line
// response is being written nothing is interpreted: what the client pipelines waits, and the
// answers leave in its order.
//
// Tested by tests/transcripts/pop3, tests/unit/pop3/session_test.cc, fuzz/session_pop3.cc.
#include "mail/pop3/server_session.h"

#include <algorithm>

#include "mail/base/assert.h"
#include "mail/base/status.h"
#include "pop3/engine.h"

namespace mail::pop3 {
namespace {

static_assert(Session<ServerSession>);

/// What a closing session waits for a peer that does not read.
constexpr Duration kFarewell = seconds(10);
/// Octets of a multi-line response that are made at once.
constexpr std::size_t kPiece = 32768;
/// What an idle session may keep of its output buffer.
constexpr std::size_t kKeptCapacity = 512;

class MemorySource : public ByteSource {
 public:
  MemorySource(std::shared_ptr<const void> owner, std::string_view bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}
  std::uint64_t remaining() const override { return bytes_.size(); }
  std::string_view available() override { return bytes_; }
  void consume(std::size_t octets) override { bytes_.remove_prefix(octets); }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view bytes_;
};

}  // namespace

std::unique_ptr<ByteSource> make_source(std::shared_ptr<const void> owner, std::string_view bytes) {
  return std::make_unique<MemorySource>(std::move(owner), bytes);
}

ServerSession::ServerSession(ServerOptions options, TimePoint now)
    : state_(std::make_unique<State>(std::move(options), now)) {}
ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;
ServerSession& ServerSession::operator=(ServerSession&&) noexcept = default;

// ---- what all three files use

void Engine::close() {
  is_closing = true;
  is_starting_tls = false;
  question = Question::kNone;
  multi_line.reset();
  exchange.reset();
  lines.clear();
  last_activity = now;
}

void Engine::violate(Violation violation) { notices.emplace_back(Violated{violation}); }

void Engine::fail() {
  if (has_failed) return;
  has_failed = true;
  out.clear();
  sent = 0;
  violate(Violation::kInternal);
  close();
}

void Engine::fill() {
  if (!multi_line) return;
  out.erase(0, std::exchange(sent, 0));
  if (multi_line->write(out, kPiece)) multi_line.reset();
}

// ---- the contract

void ServerSession::receive(std::string_view bytes, TimePoint now) {
  State& state = *state_;
  state.now = std::max(state.now, now);  // a clock that goes back stands still
  if (state.is_closing) return;
  state.last_activity = state.now;
  if (bytes.empty()) return;
  if (state.is_starting_tls) {
    // Clear text where the handshake belongs (attack B1): it must not be read after it.
    state.violate(Violation::kPipelinedStartTls);
    state.close();
    return;
  }
  state.lines.receive(bytes);
}

void ServerSession::receive_eof(TimePoint now) {
  state_->now = std::max(state_->now, now);
  state_->is_at_eof = true;
  if (state_->is_starting_tls) state_->close();
}

std::optional<ServerSession::Event> ServerSession::next() {
  State& state = *state_;
  for (;;) {
    if (!state.notices.empty()) {
      std::optional<Event> event = std::move(state.notices.front());
      state.notices.erase(state.notices.begin());
      if (state.notices.empty()) state.notices = {};
      return event;
    }
    if (state.is_closing || state.is_starting_tls || state.question != State::Question::kNone) {
      return std::nullopt;
    }
    if (!state.is_greeted) {
      state.is_greeted = true;
      state.question = State::Question::kConnected;
      return Connected{};
    }
    // A peer that asks and does not read waits here (attack C4).
    if (!state.has_room()) return std::nullopt;
    const auto line =
        state.lines.next(state.is_in_sasl ? state.options.sasl_line : state.options.command_line,
                         state.options.quirks.bare_newline);
    if (!line) {
      if (!state.is_at_eof) return std::nullopt;
      state.close();
      continue;
    }
    if (auto event = state.on_line(*line)) return event;
  }
}

std::string_view ServerSession::output() {
  State& state = *state_;
  if (state.sent == state.out.size()) state.fill();
  return std::string_view(state.out).substr(state.sent);
}

void ServerSession::consume_output(std::size_t octets) {
  State& state = *state_;
  state.sent += std::min(octets, state.out.size() - state.sent);
  if (state.sent != state.out.size()) return;
  state.out.clear();
  state.sent = 0;
  if (state.multi_line) {
    // Also when nobody asks for output before the next command: what is written is over.
    state.fill();
  } else if (state.out.capacity() > kKeptCapacity) {
    std::string().swap(state.out);
  }
}

bool ServerSession::wants_input() const {
  const State& state = *state_;
  return state.is_greeted && state.question == State::Question::kNone && !state.is_closing &&
         !state.is_at_eof && !state.is_starting_tls && state.notices.empty() && state.has_room();
}

bool ServerSession::wants_tls() const { return state_->is_starting_tls && state_->out.empty(); }

void ServerSession::tls_started(const TlsInfo& info) {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(state.is_starting_tls || !state.is_greeted)) return state.fail();
  state.tls = info;
  state.is_starting_tls = false;
  // Nothing said in clear text counts any more (RFC 2595 §4).
  state.errors = 0;
  state.user.clear();
  state.exchange.reset();
  state.is_in_sasl = false;
  state.lines.clear();
}

std::optional<TimePoint> ServerSession::deadline() const {
  const State& state = *state_;
  if (state.has_failed) return std::nullopt;
  if (state.is_closing) return state.last_activity + kFarewell;
  if (state.question != State::Question::kNone) return std::nullopt;
  if (state.connection == kAuthorization) return state.started + state.options.login_timeout;
  return state.last_activity + state.options.idle_timeout;
}

void ServerSession::on_deadline(TimePoint now) {
  State& state = *state_;
  state.now = std::max(state.now, now);
  const auto due = deadline();
  if (!due || now < *due) return;
  // RFC 1939 §3: closed "without removing any messages or sending any response to the client".
  state.out.clear();
  state.sent = 0;
  state.close();
}

bool ServerSession::finished() const {
  const State& state = *state_;
  if (state.has_failed) return true;
  return state.is_closing && state.notices.empty() && state.out.empty();
}

bool ServerSession::is_authenticated() const { return state_->connection == kTransaction; }
const std::optional<TlsInfo>& ServerSession::tls() const { return state_->tls; }

}  // namespace mail::pop3
