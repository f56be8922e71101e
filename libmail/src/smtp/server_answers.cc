// What happens when the application answers: one function says what a yes changes, one what a no
// changes, and the reply goes out between them.
//
// Tested by tests/unit/smtp/server_session_test.cc and tests/transcripts/smtp.
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/assert.h"
#include "mail/base/overloaded.h"
#include "smtp/command_table.h"
#include "smtp/reply_wire.h"
#include "smtp/server_engine.h"

namespace mail::smtp {

ServerEngine::Question ServerEngine::question_of(const Event& event) {
  return std::visit(Overloaded{
                        [](const Connected&) { return Question::kConnected; },
                        [](const XClient&) { return Question::kXClient; },
                        [](const Helo&) { return Question::kHelo; },
                        [](const Authenticate&) { return Question::kAuthenticate; },
                        [](const ScramUser&) { return Question::kScramUser; },
                        [](const ScramProof&) { return Question::kScramProof; },
                        [](const MailFrom&) { return Question::kMailFrom; },
                        [](const RcptTo&) { return Question::kRcptTo; },
                        [](const Data&) { return Question::kData; },
                        [](const DataEnd&) { return Question::kDataEnd; },
                        [](const DataChunk&) { return Question::kNone; },
                        [](const Reset&) { return Question::kNone; },
                        [](const Violated&) { return Question::kNone; },
                        [](const Quit&) { return Question::kNone; },
                    },
                    event);
}

/// To the questions of SCRAM a plain yes is no answer.
bool ServerEngine::takes_yes(Question question) {
  return question != Question::kNone && question != Question::kScramUser &&
         question != Question::kScramProof;
}

void ServerEngine::accept(std::string_view text) {
  const Question question = std::exchange(question_, Question::kNone);
  if (!MAIL_ASSERT(takes_yes(question))) return fail();
  accepted(question);
  for (std::size_t i = replies_to(question); i != 0; --i) accepted_reply(question, text);
  end_of_answer();
}

/// LMTP answers a message once for each recipient (RFC 2033 §4.2), BDAT is answered at its end.
std::size_t ServerEngine::replies_to(Question question) const {
  if (question == Question::kData && mode_ == Mode::kChunk) return 0;
  return question == Question::kDataEnd && is_lmtp() ? owed_ : 1;
}

void ServerEngine::answer(const Reply& reply) {
  const Question question = std::exchange(question_, Question::kNone);
  if (!MAIL_ASSERT(question != Question::kNone)) return fail();
  if (reply.is_positive() && !MAIL_ASSERT(takes_yes(question))) return fail();
  if (reply.is_positive()) accepted(question);
  for (std::size_t i = replies_to(question); i != 0; --i) append_wire(out_, reply);
  if (!reply.is_positive()) refused(question, reply);
  end_of_answer();
}

void ServerEngine::answer_each(std::span<const Reply> replies) {
  const Question question = std::exchange(question_, Question::kNone);
  if (!MAIL_ASSERT(question == Question::kDataEnd && replies.size() == replies_to(question))) {
    return fail();
  }
  bool is_taken = false;
  bool ends = false;
  for (const Reply& reply : replies) {
    append_wire(out_, reply);
    is_taken = is_taken || reply.is_positive();
    ends = ends || reply.code == 421;
  }
  // A message that reached somebody was no error of the peer's.
  if (is_taken) {
    accepted(question);
  } else {
    phase_ = Phase::kReady;
    count_error();
  }
  if (ends) close();
  end_of_answer();
}

void ServerEngine::accepted(Question question) {
  switch (question) {
    case Question::kNone: break;
    case Question::kConnected: mode_ = Mode::kCommands; break;
    case Question::kXClient: believe(); break;
    case Question::kHelo:
      // RFC 5321 §4.1.4: an accepted EHLO clears what was under way; a refused one does not.
      drop_transaction();
      phase_ = Phase::kReady;
      helo_ = argument_;
      is_extended_ = next_is_extended_;
      break;
    case Question::kAuthenticate:
      is_authenticated_ = true;
      if (tls_) tls_->bindings = {};  // no further use: an idle session is small
      break;
    case Question::kScramUser:
    case Question::kScramProof: break;
    case Question::kMailFrom:
      phase_ = Phase::kMail;
      recipients_ = 0;
      break;
    case Question::kRcptTo:
      phase_ = Phase::kRcpt;
      ++recipients_;
      break;
    case Question::kData:
      owed_ = recipients_;
      data_progress_ = 0;
      if (mode_ == Mode::kChunk) {
        phase_ = Phase::kBdat;
        chunks_ = ChunkReader({.line = options_.data_line, .is_binary = is_binary_});
      } else {
        mode_ = Mode::kData;
        data_ = DataReader({.message = options_.message_size, .line = options_.data_line});
      }
      break;
    case Question::kDataEnd:
      phase_ = Phase::kReady;
      errors_ = 0;
      junk_ = 0;
      break;
  }
}

void ServerEngine::accepted_reply(Question question, std::string_view text) {
  const auto say = [&](int code, std::string_view enhanced, std::string_view usual) {
    if (text.empty()) return append_reply(out_, code, enhanced, usual);
    append_reply(out_, code, {}, text);
  };
  switch (question) {
    case Question::kNone:
    case Question::kScramUser:
    case Question::kScramProof: return;
    case Question::kConnected:
    case Question::kXClient:
      return say(220, {}, cat(options_.hostname, is_lmtp() ? " LMTP" : " ESMTP"));
    case Question::kHelo: return reply_helo(text.empty() ? options_.hostname : text);
    case Question::kAuthenticate: return say(235, "2.7.0", "Authentication successful");
    case Question::kMailFrom: return say(250, "2.1.0", "Ok");
    case Question::kRcptTo: return say(250, "2.1.5", "Ok");
    case Question::kData: return say(354, {}, "End data with <CR><LF>.<CR><LF>");
    case Question::kDataEnd: return say(250, "2.0.0", "Ok");
  }
}

// ehlo-ok-rsp = "250-" Domain [ SP ehlo-greet ] CRLF *( "250-" ehlo-line CRLF ) "250" SP …
//                                                                        RFC 5321 §4.1.1.1
void ServerEngine::reply_helo(std::string_view text) {
  std::string lines(text);
  if (is_extended_) {
    for (const auto& [extension, parameter, number, engine_text] : kExtensionLines) {
      if (!offers(extension)) continue;
      append(lines, "\n", to_string(extension));
      if (!parameter.empty() || number != nullptr) append(lines, " ", parameter);
      if (number != nullptr) append(lines, number(options_));
      if (engine_text != nullptr) append(lines, " ", engine_text(*this));
    }
  }
  append_reply(out_, 250, {}, lines);
}

/// Whatever was said before is forgotten: the session begins anew for the client behind the peer.
void ServerEngine::believe() {
  phase_ = claim_.helo && !claim_.helo->empty() ? Phase::kReady : Phase::kStart;
  helo_ = claim_.helo.value_or(std::string{});
  is_extended_ = claim_.is_extended;
  is_authenticated_ = claim_.has_login.value_or(is_authenticated_);
}

void ServerEngine::refused(Question question, const Reply& reply) {
  if (question == Question::kDataEnd) phase_ = Phase::kReady;
  if (question == Question::kData && mode_ == Mode::kChunk) {
    phase_ = Phase::kBdat;
    owed_ = recipients_;
    return fail_message(reply);
  }
  if (question == Question::kConnected || reply.code == 421) return close();
  if (reply.code >= 500) count_error();
}

void ServerEngine::end_of_answer() {
  argument_.clear();
  // No password outlives its question.
  if (mode_ != Mode::kAuthResponse) exchange_.reset();
  if (mode_ == Mode::kClosing) return;
  arm_deadline();
  deadline_is_guessed_ = true;
  if (mode_ == Mode::kCommands && std::exchange(spoke_early_, false)) {
    violated(Violation::kEarlyTalker);
  }
  shut_down_if_asked();
}

}  // namespace mail::smtp
