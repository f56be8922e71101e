// Messages: DATA, which ends where the peer says so, and BDAT, which ends by count.
//
// What is refused is read to its end all the same, and only then answered: RFC 3030 §2 asks for it,
// and nothing is ever read from the middle of octets that the peer chose. A BDAT whose count cannot
// be read ends the session: nobody can say where commands go on.
//
// A message that fails in the middle of its chunks stays failed until BDAT LAST or RSET, so that a
// client that pipelines its chunks gets the replies it counts on: one for each BDAT, in LMTP one
// for each recipient at the last (RFC 2033 §4.3).
//
// Tested by tests/unit/smtp/chunks_test.cc and tests/transcripts/smtp/bdat-*.txt.
#include <algorithm>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "smtp/command_table.h"
#include "smtp/reply_wire.h"
#include "smtp/server_engine.h"

namespace mail::smtp {
namespace {

using Fault = DataReader::Fault;

constexpr Answer kTooBig{552, "5.3.4", "Error: message file too big"};
constexpr Answer kTooLong{554, "5.6.0", "Error: message line too long"};

std::optional<Violation> violation_of(Fault fault) {
  switch (fault) {
    case Fault::kNone:
    case Fault::kTooBig: break;
    case Fault::kLineTooLong: return Violation::kLineTooLong;
    case Fault::kBareCr:
    case Fault::kBareLf: return Violation::kBareNewline;
  }
  return std::nullopt;
}

Answer answer_to_chunk(Fault fault) {
  switch (fault) {
    case Fault::kNone:
    case Fault::kTooBig: return kTooBig;
    case Fault::kLineTooLong: return kTooLong;
    case Fault::kBareCr: return {554, "5.6.0", "Error: bare <CR> received"};
    case Fault::kBareLf: break;
  }
  return {554, "5.6.0", "Error: bare <LF> received"};
}

Reply to_reply(const Answer& answer) {
  return {answer.code, std::string(answer.enhanced), std::string(answer.text)};
}

}  // namespace

// ---- DATA

void ServerEngine::data(std::string_view) {
  // RFC 3030 §3
  if (is_binary_) return reply(503, "5.5.1", "Error: BODY=BINARYMIME needs BDAT");
  emit(Data{});
}

bool ServerEngine::step_data() {
  const auto piece = data_.read(pending_input());
  if (piece.consumed == 0 && !piece.has_fault) return false;
  in_begin_ += piece.consumed;
  progress(piece.consumed);
  if (!piece.chunk.empty()) emit(DataChunk{piece.chunk});
  if (piece.has_fault) refuse_data();
  if (piece.has_ended) end_data();
  return true;
}

void ServerEngine::refuse_data() {
  if (const auto violation = violation_of(data_.fault())) violated(*violation);
  drop_transaction();
}

void ServerEngine::end_data() {
  mode_ = Mode::kCommands;
  arm_deadline();
  switch (data_.fault()) {
    case Fault::kNone: return emit(DataEnd{.octets = data_.octets()});
    case Fault::kTooBig: return reply_to_message(kTooBig);
    case Fault::kLineTooLong: return reply_to_message(kTooLong);
    case Fault::kBareCr: return refuse_newline("<CR>", is_lmtp() ? owed_ : 1);
    case Fault::kBareLf: return refuse_newline("<LF>", is_lmtp() ? owed_ : 1);
  }
}

// ---- BDAT

// bdat-cmd   = "BDAT" SP chunk-size [ SP end-marker ] CR LF
// chunk-size = 1*DIGIT
// end-marker = "LAST"                                                    RFC 3030 §2
void ServerEngine::bdat(std::string_view argument) { begin_chunk(argument, std::nullopt); }

void ServerEngine::begin_chunk(std::string_view argument, const std::optional<Answer>& refused) {
  const auto [count, marker] = split_command(argument);
  const auto size = ascii::parse_number(count);
  if (!size || !(marker.empty() || ascii::equal_ignoring_case(marker, "LAST"))) {
    syntax_error("BDAT count [LAST]");
    return close();
  }
  mode_ = Mode::kChunk;
  chunk_left_ = *size;
  chunk_is_last_ = !marker.empty();
  data_progress_ = 0;
  arm_deadline();
  if (refused) {
    failure_ = to_reply(*refused);
  } else if (phase_ == Phase::kRcpt) {
    // Not before the application said yes is the message begun.
    emit(Data{.is_chunked = true});
  }
}

/// The application's yes to the first BDAT was given, or another BDAT was read.
bool ServerEngine::step_chunk() {
  if (!failure_ && options_.message_size != 0 &&
      chunk_left_ > options_.message_size - std::min(chunks_.octets(), options_.message_size)) {
    fail_message(to_reply(kTooBig));
    return true;
  }
  if (chunk_left_ == 0) return end_chunk(), true;
  auto input = pending_input();
  if (input.empty()) return false;
  if (input.size() > chunk_left_) input = input.substr(0, static_cast<std::size_t>(chunk_left_));
  in_begin_ += input.size();
  chunk_left_ -= input.size();
  progress(input.size());
  if (failure_) return true;
  const auto [chunk, fault] = chunks_.read(input);
  if (!chunk.empty()) emit(DataChunk{chunk});
  if (fault != Fault::kNone) {
    if (const auto violation = violation_of(fault)) violated(*violation);
    fail_message(to_reply(answer_to_chunk(fault)));
  }
  return true;
}

/// The message is lost; what is still to come of it is swallowed.
void ServerEngine::fail_message(Reply reply) {
  failure_ = std::move(reply);
  emit(Reset{});
}

void ServerEngine::end_chunk() {
  mode_ = Mode::kCommands;
  arm_deadline();
  const bool has_message = phase_ == Phase::kBdat;
  if (!failure_ && chunk_is_last_ && chunks_.finish() != Fault::kNone) {
    violated(Violation::kBareNewline);
    fail_message(to_reply(answer_to_chunk(chunks_.finish())));
  }
  if (!failure_) {
    if (chunk_is_last_) return emit(DataEnd{.octets = chunks_.octets()});
    return reply(250, "2.0.0", cat("Ok: ", chunks_.octets(), " octets so far"));
  }
  const Reply failure = *failure_;
  // RFC 2033 §4.3: at BDAT LAST one for each recipient, without any none at all.
  std::size_t replies = 1;
  if (is_lmtp() && chunk_is_last_) replies = has_message ? owed_ : 0;
  for (; replies != 0; --replies) append_wire(out_, failure);
  if (has_message && chunk_is_last_) phase_ = Phase::kReady;
  if (!has_message || chunk_is_last_) failure_.reset();
  if (failure.code == 421) return close();
  if (failure.code >= 500 || !has_message) count_error();
}

}  // namespace mail::smtp
