// How bytes and time move through a client session, and how it comes from the greeting to Ready.
//
// Each command that is sent puts what its reply will mean into a queue, and each reply takes the
// first of them out: that is all there is to pipelining. A reply that nobody waits for is a fault
// of the server, but for 421, by which it may leave at any time (RFC 5321 §3.8).
//
// Nothing is taken on trust: replies are bounded and strict (attack A10), bytes behind the answer
// to STARTTLS end the connection (attack B2), and where TLS is required there is no way on without
// it (attack B3).
//
// Tested by tests/unit/smtp/back_to_back_test.cc and tests/unit/smtp/client_session_test.cc.
#include "smtp/client_engine.h"

#include <algorithm>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/base/assert.h"
#include "mail/base/wipe.h"

namespace mail::smtp {
namespace {

/// Octets that wait to be understood at which no more are wanted.
constexpr std::size_t kWaitingInput = 16384;
constexpr Duration kFarewell = seconds(10);
/// A deadline that fires this late passed while a question was open.
constexpr Duration kLate = seconds(1);

}  // namespace

ClientEngine::ClientEngine(ClientOptions options, TimePoint now)
    : options_(std::move(options)),
      now_(now),
      replies_({.line = options_.reply_line, .lines = options_.reply_lines}) {
  expected_.push_back({Step::kGreeting});
  if (options_.dialect == Dialect::kSubmissions) {
    mode_ = Mode::kTls;
    wants_tls_ = true;
  }
  arm_deadline();
}

ClientEngine::~ClientEngine() {
  if (options_.credentials) wipe(options_.credentials->password);
}

void ClientEngine::receive(std::string_view bytes, TimePoint now) {
  now_ = now;
  if (std::exchange(deadline_is_guessed_, false)) arm_deadline();
  if (bytes.empty() || mode_ == Mode::kClosing || is_eof_) return;
  if (wants_tls_) return fail(ClientFailure::kPipelinedStartTls);
  in_.erase(0, in_begin_);
  in_begin_ = 0;
  in_.append(bytes);
}

void ClientEngine::receive_eof(TimePoint now) {
  now_ = now;
  is_eof_ = true;
}

std::optional<ClientEngine::Event> ClientEngine::next() {
  while (question_ == Question::kNone) {
    if (std::exchange(has_sent_, false)) return Sent{outcomes_};
    if (failed_) return *std::exchange(failed_, std::nullopt);
    if (mode_ == Mode::kClosing) break;
    if (scram_) {
      question_ = Question::kScramPassword;
      return *scram_;
    }
    if (mode_ == Mode::kReady && expected_.empty()) {
      question_ = Question::kReady;
      return Ready{};
    }
    if (step()) continue;
    if (!is_eof_) break;
    const bool has_quit = !expected_.empty() && expected_.front().step == Step::kQuit;
    has_quit ? close() : fail(ClientFailure::kDisconnected);
  }
  return std::nullopt;
}

/// One line of a reply. False: nothing can be done before more comes.
bool ClientEngine::step() {
  if (wants_tls_) return false;
  // Replies in the middle of the message wait for its end: what they answer may not depend on how
  // fast it leaves. A server that has hung up is heard at once.
  if (is_writing_ && expected_.empty() && !is_eof_) return false;
  const auto cut = replies_.read(pending_input());
  in_begin_ += cut.consumed;
  if (cut.result == ReplyReader::Result::kNeedMore) return cut.consumed != 0;
  if (cut.result == ReplyReader::Result::kMalformed) {
    return fail(ClientFailure::kMalformedReply), true;
  }
  if (cut.result == ReplyReader::Result::kTooLong) return fail(ClientFailure::kReplyTooLong), true;
  const Reply reply = replies_.reply();
  if (reply.code == 421) return fail(ClientFailure::kShutDown, reply), true;
  if (expected_.empty()) {
    // RFC 5321 §4.2: a server speaks when it is asked. In the middle of a message it can only have
    // lost interest.
    fail(is_writing_ && !reply.is_positive() ? ClientFailure::kShutDown
                                             : ClientFailure::kUnexpectedReply,
         reply);
    return true;
  }
  const Expected expected = expected_.front();
  expected_.pop_front();
  arm_deadline();
  understand(expected, reply);
  return true;
}

void ClientEngine::understand(const Expected& expected, const Reply& reply) {
  switch (expected.step) {
    case Step::kGreeting: return greeted(reply);
    case Step::kEhlo:
    case Step::kHelo: return answered_ehlo(reply);
    case Step::kStartTls: return answered_starttls(reply);
    case Step::kAuth: return answered_auth(reply);
    case Step::kMail: return answered_mail(reply);
    case Step::kRcpt:
      if (reply.code / 100 == 2) {
        accepted_[expected.recipient] = true;
      } else {
        settle(expected.recipient, Stage::kRcpt, reply);
      }
      return pump();
    case Step::kData: return answered_data(reply);
    case Step::kChunk: return answered_chunk(reply);
    case Step::kMessage: return answered_message(expected, reply);
    case Step::kRset:
      if (!reply.is_positive()) return fail(ClientFailure::kUnexpectedReply, reply);
      must_reset_ = false;
      return finish_if_done();
    case Step::kQuit: return close();
  }
}

void ClientEngine::command(std::string_view line, Step step, std::size_t recipient) {
  append(out_, line, "\r\n");
  expected_.push_back({step, recipient});
  arm_deadline();
  deadline_is_guessed_ = true;
}

// ---- output and the states of the connection

std::string_view ClientEngine::output() {
  // Without PIPELINING each BDAT waits for its reply (RFC 3030 §2).
  const bool may_go_on =
      !is_chunked_ || expected_.empty() || capabilities_.has(Extension::kPipelining);
  if (out_begin_ == out_.size() && is_writing_ && may_go_on) refill();
  return std::string_view(out_).substr(out_begin_);
}

void ClientEngine::consume_output(std::size_t octets) {
  out_begin_ += std::min(octets, out_.size() - out_begin_);
  if (octets != 0 && is_writing_) deadline_is_guessed_ = true;
  if (out_begin_ != out_.size()) return;
  out_.clear();
  out_begin_ = 0;
  holds_message_ = false;
}

bool ClientEngine::wants_input() const {
  return mode_ != Mode::kClosing && !wants_tls_ && !is_eof_ &&
         pending_input().size() < kWaitingInput;
}

bool ClientEngine::wants_tls() const {
  return wants_tls_ && out_begin_ == out_.size() && !is_eof_ && mode_ != Mode::kClosing;
}

void ClientEngine::tls_started(const TlsInfo& info) {
  if (mode_ == Mode::kClosing) return;
  if (!MAIL_ASSERT(wants_tls_)) return fail(ClientFailure::kInternal);
  wants_tls_ = false;
  tls_ = info;
  capabilities_ = {};  // RFC 3207 §4.2
  arm_deadline();
  deadline_is_guessed_ = true;
  if (mode_ == Mode::kTls) {
    mode_ = Mode::kGreeting;
  } else {
    say_hello();
  }
}

bool ClientEngine::finished() const {
  return mode_ == Mode::kClosing && question_ == Question::kNone && !failed_ && !has_sent_ &&
         out_begin_ == out_.size();
}

void ClientEngine::fail(ClientFailure failure, Reply reply) {
  if (mode_ == Mode::kClosing) return;
  if (mode_ == Mode::kTransaction) {
    Reply outcome{421, "4.4.2", "lost the connection to the server"};
    if (reply.code >= 400) outcome = reply;
    settle_all(data_was_said_ ? Stage::kData : Stage::kMail, outcome, reply.code < 400);
    has_sent_ = true;
  }
  failed_ = Failed{failure, std::move(reply)};
  is_writing_ = false;
  // What is left of a message is not for a server that failed. Commands may go their way.
  if (holds_message_) consume_output(out_.size());
  scram_.reset();
  question_ = Question::kNone;
  close();
}

void ClientEngine::close() {
  mode_ = Mode::kClosing;
  wants_tls_ = false;
  expected_.clear();
  deadline_ = now_ + kFarewell;
}

// ---- time

void ClientEngine::arm_deadline() {
  Duration time = options_.command_timeout;
  if (is_writing_) {
    time = options_.block_timeout;
  } else if (!expected_.empty()) {
    switch (expected_.front().step) {
      case Step::kGreeting: time = options_.greeting_timeout; break;
      case Step::kData: time = options_.data_timeout; break;
      case Step::kChunk:
      case Step::kMessage: time = options_.termination_timeout; break;
      case Step::kQuit: time = options_.quit_timeout; break;
      case Step::kEhlo:
      case Step::kHelo:
      case Step::kStartTls:
      case Step::kAuth:
      case Step::kMail:
      case Step::kRcpt:
      case Step::kRset: break;
    }
  }
  deadline_ = now_ + time;
}

std::optional<TimePoint> ClientEngine::deadline() const {
  if (question_ != Question::kNone || finished()) return std::nullopt;
  return deadline_;
}

void ClientEngine::on_deadline(TimePoint now) {
  now_ = now;
  if (question_ != Question::kNone || now < deadline_) return;
  if (mode_ == Mode::kClosing) return consume_output(out_.size());
  if (std::exchange(deadline_is_guessed_, false) && now - deadline_ > kLate) return arm_deadline();
  if (!expected_.empty() && expected_.front().step == Step::kQuit) return close();
  fail(ClientFailure::kTimeout);
}

// ---- the way to Ready

void ClientEngine::greeted(const Reply& reply) {
  if (reply.code != 220) return fail(ClientFailure::kRefused, reply);
  mode_ = Mode::kSetUp;
  say_hello();
}

void ClientEngine::say_hello() {
  said_helo_ = false;
  const bool is_lmtp = options_.dialect == Dialect::kLmtp;
  command(cat(is_lmtp ? "LHLO " : "EHLO ", options_.hostname), Step::kEhlo);
}

// ehlo-line = ehlo-keyword *( SP ehlo-param )                               RFC 5321 §4.1.1.1
void ClientEngine::learn(const Reply& reply) {
  capabilities_ = {};
  capabilities_.is_extended = true;
  std::string_view lines = reply.text;
  lines.remove_prefix(std::min(lines.find('\n'), lines.size()));  // the server's name
  while (!lines.empty()) {
    lines.remove_prefix(1);
    auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size());
    const auto keyword = line.substr(0, line.find(' '));
    line.remove_prefix(keyword.size());
    const auto extension = extension_named(keyword);
    if (!extension) continue;
    capabilities_.extensions.insert(*extension);
    while (!line.empty()) {
      line.remove_prefix(1);
      const auto word = line.substr(0, line.find(' '));
      line.remove_prefix(word.size());
      if (word.empty()) continue;
      if (*extension == Extension::kAuth) capabilities_.mechanisms.emplace_back(word);
      if (*extension == Extension::kSize) {
        capabilities_.size = ascii::parse_number(word).value_or(0);
      }
      constexpr std::string_view kMax = "RCPTMAX=";
      if (*extension == Extension::kLimits && ascii::starts_with_ignoring_case(word, kMax)) {
        capabilities_.recipients = static_cast<std::size_t>(
            ascii::parse_number(word.substr(kMax.size()), SIZE_MAX).value_or(0));
      }
    }
  }
}

void ClientEngine::answered_ehlo(const Reply& reply) {
  if (reply.code == 250) {
    if (said_helo_) {
      capabilities_ = {};
    } else {
      learn(reply);
    }
    return set_up();
  }
  // RFC 5321 §3.2: who does not know EHLO may know HELO.
  const bool may_fall_back = reply.code >= 500 && options_.dialect != Dialect::kLmtp && !said_helo_;
  if (!may_fall_back) return fail(ClientFailure::kRefused, reply);
  said_helo_ = true;
  command(cat("HELO ", options_.hostname), Step::kHelo);
}

void ClientEngine::set_up() {
  if (tls_ || options_.tls == TlsUse::kNever) return authenticate();
  if (capabilities_.has(Extension::kStartTls)) return command("STARTTLS", Step::kStartTls);
  if (options_.tls == TlsUse::kRequired) return fail(ClientFailure::kTlsUnavailable);
  authenticate();
}

void ClientEngine::answered_starttls(const Reply& reply) {
  if (reply.code != 220) {
    if (options_.tls == TlsUse::kRequired) return fail(ClientFailure::kTlsUnavailable, reply);
    return authenticate();
  }
  if (!pending_input().empty()) return fail(ClientFailure::kPipelinedStartTls);
  wants_tls_ = true;
}

void ClientEngine::quit() {
  if (!MAIL_ASSERT(question_ == Question::kReady)) return fail(ClientFailure::kInternal);
  question_ = Question::kNone;
  command("QUIT", Step::kQuit);
}

std::string_view to_string(ClientFailure failure) {
  switch (failure) {
    case ClientFailure::kRefused: return "refused";
    case ClientFailure::kShutDown: return "the server ended the session";
    case ClientFailure::kTlsUnavailable: return "no TLS";
    case ClientFailure::kAuthUnavailable: return "no mechanism to log in by";
    case ClientFailure::kAuthRefused: return "login refused";
    case ClientFailure::kTimeout: return "timeout";
    case ClientFailure::kDisconnected: return "disconnected";
    case ClientFailure::kMalformedReply: return "malformed reply";
    case ClientFailure::kReplyTooLong: return "reply too long";
    case ClientFailure::kUnexpectedReply: return "unexpected reply";
    case ClientFailure::kPipelinedStartTls: return "bytes pipelined behind STARTTLS";
    case ClientFailure::kInternal: return "internal";
  }
  return "unknown";
}

}  // namespace mail::smtp
