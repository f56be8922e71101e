// The contract of a session: bytes and time in, bytes out, the end.
//
// Everything the client says is interpreted in `next` (session_commands.cc), everything the service
// says is written at once (session_responses.cc). An idle session holds no buffer: `input` and the
// frame are released when nothing is left in them, the output queue does so itself.
//
// Tested by tests/transcripts/imap, tests/unit/imap/session_test.cc, fuzz/session_imap.cc.
#include "mail/imap/server_session.h"

#include <algorithm>

#include "imap/release.h"
#include "imap/session_state.h"
#include "imap/wire.h"
#include "mail/base/assert.h"
#include "mail/base/status.h"
#include "mail/base/wipe.h"

namespace mail::imap {
namespace {

static_assert(Session<ServerSession>);

/// What a closing session waits for a peer that does not read.
constexpr Duration kFarewell = seconds(10);

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
    : state_(std::make_unique<State>(std::move(options), now)) {
  state_->begin_command();
}
ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;
ServerSession& ServerSession::operator=(ServerSession&&) noexcept = default;

// ---- State: what all three files use

void ServerSession::State::close() {
  is_closing = true;
  is_starting_tls = false;
  question = Question::kNone;
  release(input);
  taken = 0;
  last_activity = now;
}

void ServerSession::State::abort_append() {
  if (is_appending) notices.emplace_back(AppendAborted{});
  is_appending = false;
}

void ServerSession::State::bye(std::string_view text) {
  if (is_closing) return;
  if (is_in_fetch) output.text() += ")\r\n";
  is_in_fetch = false;
  append(output.text(), "* BYE ", human_text(text, "Closing"), "\r\n");
  abort_append();
  close();
}

void ServerSession::State::violate(Violation violation) {
  notices.emplace_back(Violated{violation});
}

void ServerSession::State::fail() {
  if (has_failed) return;
  has_failed = true;
  abort_append();
  violate(Violation::kInternal);
  output.clear();
  close();
}

void ServerSession::State::begin_line(Expects line) {
  expects = line;
  const bool is_command = line == Expects::kCommand;
  framer.begin(connection == kNotAuthenticated ? options.command_before_login : options.command,
               is_command ? Framer::Literals::kAllowed : Framer::Literals::kNone,
               options.quirks.bare_newline);
}

/// No password stays behind in a buffer. What was read beyond the command is kept.
void ServerSession::State::forget_command() {
  if (!holds_password) return;
  framer.wipe();
  if (taken == input.size()) {
    wipe(input);
    taken = 0;
  } else {
    wipe(input.data(), taken);
  }
}

void ServerSession::State::begin_command() {
  exchange.reset();
  forget_command();
  holds_password = connection == kNotAuthenticated;
  tag.clear();
  row = nullptr;
  by_uid = false;
  effect = Effect::kNone;
  refusal.reset();
  append_mailbox.clear();
  is_appending = false;
  is_idle_broken = false;
  begin_line(Expects::kCommand);
}

std::string ServerSession::State::capability_list() const {
  CapabilityContext context;
  context.state = connection;
  context.literal_minus = options.literal_minus;
  context.offers_starttls = options.offers_starttls && !tls.has_value();
  context.allows_login = allows_login();
  sasl::append_offered(context.mechanisms, " AUTH=", options.sasl, tls ? &*tls : nullptr);
  return capabilities(context);
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
  if (state.taken != 0) state.input.erase(0, std::exchange(state.taken, 0));
  state.input += bytes;
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
    if (state.output.pending() >= state.options.output) return std::nullopt;
    std::string_view rest = std::string_view(state.input).substr(state.taken);
    const std::size_t before = rest.size();
    const Framer::Step step = state.framer.feed(rest);
    state.taken += before - rest.size();
    if (step == Framer::Step::kNeedsBytes) {
      if (state.is_at_eof) {
        state.abort_append();
        state.close();
        continue;
      }
      state.taken = 0;
      if (state.framer.is_at_start()) {
        state.framer.release();
        release(state.input);
      } else {
        state.input.clear();  // more of the same is on its way
      }
      return std::nullopt;
    }
    if (auto event = state.on_step(step)) return event;
  }
}

std::string_view ServerSession::output() { return state_->output.front(); }

void ServerSession::consume_output(std::size_t octets) { state_->output.consume(octets); }

bool ServerSession::wants_input() const {
  const State& state = *state_;
  return state.is_greeted && state.question == State::Question::kNone && !state.is_closing &&
         !state.is_at_eof && !state.is_starting_tls && state.notices.empty() &&
         state.output.pending() < state.options.output;
}

bool ServerSession::wants_tls() const {
  return state_->is_starting_tls && state_->output.is_empty();
}

void ServerSession::tls_started(const TlsInfo& info) {
  State& state = *state_;
  if (state.is_closing) return;
  if (!MAIL_ASSERT(state.is_starting_tls || !state.is_greeted)) return state.fail();
  state.tls = info;
  state.is_starting_tls = false;
  state.errors = 0;
  // Nothing said in clear text counts any more (RFC 3501 §6.2.1).
  state.input.clear();
  state.taken = 0;
  state.begin_command();
}

std::optional<TimePoint> ServerSession::deadline() const {
  const State& state = *state_;
  if (state.has_failed) return std::nullopt;
  if (state.is_closing) return state.last_activity + kFarewell;
  if (state.question != State::Question::kNone) return std::nullopt;
  if (state.connection == kNotAuthenticated) return state.started + state.options.login_timeout;
  return state.last_activity + state.options.idle_timeout;
}

void ServerSession::on_deadline(TimePoint now) {
  State& state = *state_;
  state.now = std::max(state.now, now);  // a clock that goes back stands still
  const auto due = deadline();
  if (!due || now < *due) return;
  if (state.is_closing) {
    state.output.clear();
    return;
  }
  state.bye(state.connection == kNotAuthenticated ? "Login took too long"
                                                  : "Disconnected for inactivity");
}

bool ServerSession::finished() const {
  const State& state = *state_;
  if (state.has_failed) return true;
  return state.is_closing && state.notices.empty() && state.output.is_empty();
}

std::uint64_t ServerSession::pending_output() const { return state_->output.pending(); }
bool ServerSession::is_authenticated() const { return state_->connection != kNotAuthenticated; }
const std::optional<TlsInfo>& ServerSession::tls() const { return state_->tls; }

}  // namespace mail::imap
