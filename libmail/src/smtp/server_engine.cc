// How bytes and time move through a session. `receive` stores; `next` takes one step at a time (a
// line, a piece of a message) until a step has left events, and hands those out in order. While a
// question is open, or output waits above its limit, no step is taken: that is all there is to
// asynchronous answers, to the order of pipelined commands and to backpressure.
//
// Deadlines count from the last complete command or answer, so one octet every ten seconds buys no
// time; in DATA they are pushed by every kDataProgress octets.
//
// Tested by tests/unit/smtp/server_session_test.cc and tests/transcripts/smtp.
#include "smtp/server_engine.h"

#include <algorithm>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/base/assert.h"
#include "mail/base/wipe.h"
#include "smtp/command_table.h"
#include "smtp/reply_wire.h"

namespace mail::smtp {
namespace {

/// Octets not yet interpreted at which a session with an open question wants no more.
constexpr std::size_t kWaitingInput = 16384;
/// Octets of a message that earn it a new deadline (RFC 5321 §4.5.3.2.5 speaks of a data block).
constexpr std::size_t kDataProgress = 1024;
/// How long a closing session waits for its peer to take the last reply.
constexpr Duration kFarewell = seconds(10);
/// A deadline that fires this late did not fire late: it passed while a question was open.
constexpr Duration kLate = seconds(1);
/// Capacity that an idle session keeps of each buffer, in octets.
constexpr std::size_t kIdleBuffer = 256;

}  // namespace

ServerEngine::ServerEngine(ServerOptions options, TimePoint now)
    : options_(std::move(options)), now_(now), phase_(Phase::kStart) {
  if (options_.dialect == Dialect::kSubmissions) mode_ = Mode::kTls;
  arm_deadline();
}

ServerEngine::~ServerEngine() = default;

void ServerEngine::receive(std::string_view bytes, TimePoint now) {
  now_ = std::max(now_, now);  // a clock that goes back stands still
  if (deadline_is_guessed_) arm_deadline();
  deadline_is_guessed_ = false;
  if (bytes.empty() || mode_ == Mode::kClosing || is_eof_) return;
  if (mode_ == Mode::kTls) {
    // Plaintext where a handshake must be: it could only be meant to be read as if it had come
    // under TLS (attack: command injection at STARTTLS).
    violated(Violation::kPipelinedStartTls);
    return close();
  }
  if (mode_ == Mode::kGreeting) spoke_early_ = true;
  if (in_begin_ != 0) in_.erase(0, in_begin_);
  in_begin_ = 0;
  in_.append(bytes);
}

void ServerEngine::receive_eof(TimePoint now) {
  now_ = std::max(now_, now);  // a clock that goes back stands still
  is_eof_ = true;
}

std::optional<ServerEngine::Event> ServerEngine::next() {
  while (question_ == Question::kNone) {
    if (event_count_ != 0) {
      Event event = events_[first_event_];
      first_event_ = static_cast<std::uint8_t>((first_event_ + 1) % events_.size());
      --event_count_;
      question_ = question_of(event);
      return event;
    }
    if (shut_down_if_asked()) continue;
    if (mode_ == Mode::kClosing) break;
    if (mode_ == Mode::kGreeting && !connected_asked_) {
      connected_asked_ = true;
      emit(Connected{});
      continue;
    }
    if (output().size() >= options_.output) break;
    if (step()) continue;
    if (!is_eof_) break;
    close();
  }
  release_idle_memory();
  return std::nullopt;
}

/// One piece of input. False: nothing can be done before more comes.
bool ServerEngine::step() {
  switch (mode_) {
    case Mode::kCommands:
    case Mode::kAuthResponse: return step_line();
    case Mode::kData: return step_data();
    case Mode::kChunk: return step_chunk();
    case Mode::kGreeting:
    case Mode::kTls:
    case Mode::kClosing: return false;
  }
  return false;
}

bool ServerEngine::step_line() {
  const auto input = pending_input();
  // The first octet of a TLS handshake where a command must be.
  if (input.starts_with('\x16') && !lines_.is_swallowing()) {
    violated(Violation::kCrossProtocol);
    close();
    return true;
  }
  const bool is_auth =
      mode_ == Mode::kAuthResponse || ascii::starts_with_ignoring_case(input, "AUTH ");
  const auto cut = lines_.read(
      input, is_auth ? std::max(options_.auth_line, options_.command_line) : options_.command_line);
  if (cut.consumed == 0) return false;
  const auto consumed = input.substr(0, cut.consumed);
  in_begin_ += cut.consumed;
  if (cut.result == LineReader::Result::kNeedMore) return true;
  arm_deadline();
  if (cut.result != LineReader::Result::kLine) {
    refuse_line(cut.result);
  } else if (mode_ == Mode::kAuthResponse) {
    auth_response(cut.line);
  } else {
    dispatch(cut.line);
  }
  // A password does not stay behind in a buffer.
  if (is_auth && in_begin_ >= consumed.size()) {
    wipe(in_.data() + (in_begin_ - consumed.size()), consumed.size());
  }
  return true;
}

/// RFC 5321 §4.5.3.2.5: each block of a message has its own time.
void ServerEngine::progress(std::size_t octets) {
  data_progress_ += octets;
  if (data_progress_ < kDataProgress) return;
  data_progress_ %= kDataProgress;
  arm_deadline();
}

void ServerEngine::emit(Event event) {
  if (!MAIL_ASSERT(event_count_ < events_.size())) return;
  events_[(first_event_ + event_count_) % events_.size()] = event;
  ++event_count_;
}

// ---- output and the states of the connection

void ServerEngine::consume_output(std::size_t octets) {
  out_begin_ += std::min(octets, output().size());
  if (out_begin_ != out_.size()) return;
  out_.clear();
  out_begin_ = 0;
}

bool ServerEngine::wants_input() const {
  if (mode_ == Mode::kClosing || mode_ == Mode::kTls || is_eof_) return false;
  if (output().size() >= options_.output) return false;
  return question_ == Question::kNone || pending_input().size() < kWaitingInput;
}

bool ServerEngine::wants_tls() const { return mode_ == Mode::kTls && output().empty() && !is_eof_; }

void ServerEngine::tls_started(const TlsInfo& info) {
  if (mode_ == Mode::kClosing) return;
  const bool came_first = mode_ == Mode::kGreeting && !connected_asked_;
  if (!MAIL_ASSERT(mode_ == Mode::kTls || came_first)) return fail();
  tls_ = info;
  // RFC 3207 §4.2: what the client said before is forgotten.
  phase_ = Phase::kStart;
  helo_.clear();
  is_extended_ = false;
  mode_ = connected_asked_ ? Mode::kCommands : Mode::kGreeting;
  arm_deadline();
  deadline_is_guessed_ = true;
}

bool ServerEngine::finished() const {
  return mode_ == Mode::kClosing && question_ == Question::kNone && event_count_ == 0 &&
         output().empty();
}

/// An idle session is a few hundred octets, whatever it has seen before.
void ServerEngine::release_idle_memory() {
  if (mode_ == Mode::kData || mode_ == Mode::kChunk || question_ != Question::kNone) return;
  if (pending_input().empty() || mode_ == Mode::kClosing) {
    drop_input();
    if (in_.capacity() > kIdleBuffer) std::string().swap(in_);
  }
  if (out_.empty() && out_.capacity() > kIdleBuffer) std::string().swap(out_);
  if (argument_.capacity() > kIdleBuffer) std::string().swap(argument_);
}

void ServerEngine::drop_input() {
  in_.clear();
  in_begin_ = 0;
}

void ServerEngine::close() {
  if (mode_ == Mode::kClosing) return;
  // A question that was not asked yet is not asked any more. (It is always the last event.)
  if (event_count_ != 0) {
    const auto last = (first_event_ + event_count_ - 1U) % events_.size();
    if (question_of(events_[last]) != Question::kNone) --event_count_;
  }
  drop_transaction();
  mode_ = Mode::kClosing;
  deadline_ = now_ + kFarewell;
}

void ServerEngine::fail() {
  out_.clear();
  out_begin_ = 0;
  question_ = Question::kNone;
  event_count_ = 0;
  close();
  event_count_ = 0;
  violated(Violation::kInternal);
}

void ServerEngine::drop_transaction() {
  if (phase_ != Phase::kMail && phase_ != Phase::kRcpt && phase_ != Phase::kBdat) return;
  phase_ = Phase::kReady;
  recipients_ = 0;
  is_smtputf8_ = false;
  // Of a message that had failed before the application knows already.
  if (!std::exchange(failure_, std::nullopt)) emit(Reset{});
}

// ---- time

void ServerEngine::arm_deadline() {
  const bool is_message = mode_ == Mode::kData || mode_ == Mode::kChunk;
  deadline_ = now_ + (is_message ? options_.data_timeout : options_.command_timeout);
}

std::optional<TimePoint> ServerEngine::deadline() const {
  if (question_ != Question::kNone || finished()) return std::nullopt;
  return deadline_;
}

void ServerEngine::on_deadline(TimePoint now) {
  now_ = std::max(now_, now);  // a clock that goes back stands still
  if (question_ != Question::kNone || now < deadline_) return;
  if (mode_ == Mode::kClosing) {
    consume_output(output().size());
    return;
  }
  if (std::exchange(deadline_is_guessed_, false) && now - deadline_ > kLate) return arm_deadline();
  if (mode_ != Mode::kTls) {
    append_reply(out_, 421, "4.4.2", cat(options_.hostname, " Error: timeout exceeded"));
  }
  close();
}

/// A message under way is worth waiting for: its sender would only send it again.
bool ServerEngine::owes_an_answer() const {
  return question_ != Question::kNone || event_count_ != 0 || phase_ == Phase::kBdat ||
         mode_ == Mode::kData || mode_ == Mode::kChunk;
}

void ServerEngine::shut_down(std::string_view text) {
  if (mode_ == Mode::kClosing) return;
  shutdown_text_ = text;
  shut_down_if_asked();
}

bool ServerEngine::shut_down_if_asked() {
  if (!shutdown_text_ || mode_ == Mode::kClosing || owes_an_answer()) return false;
  if (mode_ != Mode::kTls) append_reply(out_, 421, "4.3.2", *shutdown_text_);
  // Commands that were read but not begun get no answer; the events of what was begun still come.
  close();
  return true;
}

// ---- replies

void ServerEngine::reply(int code, std::string_view enhanced, std::string_view text) {
  append_reply(out_, code, enhanced, text);
  if (code >= 500) count_error();
}

void ServerEngine::reply(const Answer& answer) { reply(answer.code, answer.enhanced, answer.text); }

/// What LMTP says once for each recipient (RFC 2033 §4.2).
void ServerEngine::reply_to_message(const Answer& answer) {
  for (std::size_t i = is_lmtp() ? owed_ : 1; i != 0; --i) {
    append_reply(out_, answer.code, answer.enhanced, answer.text);
  }
  if (answer.code >= 500) count_error();
}

void ServerEngine::syntax_error(std::string_view syntax) {
  reply(501, "5.5.4", cat("Syntax: ", syntax));
}

void ServerEngine::count_error() {
  if (++errors_ < options_.errors || mode_ == Mode::kClosing) return;
  append_reply(out_, 421, "4.7.0", cat(options_.hostname, " Error: too many errors"));
  violated(Violation::kTooManyErrors);
  close();
}

}  // namespace mail::smtp
