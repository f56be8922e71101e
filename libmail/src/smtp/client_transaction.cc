// One message. What the server cannot take is not sent: the outcome says so, made here.
//
// With PIPELINING, MAIL, RCPT and DATA leave together, and their replies are counted back; BDAT
// waits until it is known that somebody wants the message. When DATA was answered 354 although
// every recipient was refused, an empty message is sent, as RFC 2920 §3.1 says. A transaction that
// the server may still hold open ends by RSET.
//
// Tested by tests/unit/smtp/back_to_back_test.cc and tests/unit/smtp/client_session_test.cc.
#include <algorithm>
#include <utility>

#include "mail/base/absl.h"
#include "mail/base/assert.h"
#include "mail/message/mailbox.h"
#include "mail/text/utf8.h"
#include "smtp/client_engine.h"
#include "smtp/xtext.h"

namespace mail::smtp {
namespace {

/// Octets of the message that are made ready at once; also the size of a BDAT.
constexpr std::size_t kBlock = 65536;

Reply local(int code, std::string_view enhanced, std::string_view text) {
  return {code, std::string(enhanced), std::string(text)};
}

/// An address that may stand between angle brackets. Nothing else gets near the wire: it could
/// carry a command of its own.
bool is_address(std::string_view address, bool is_recipient) {
  const message::MailboxOptions options{.allow_utf8 = true, .allow_bare_postmaster = is_recipient};
  const auto path = message::parse_path(cat("<", address, ">"), options);
  return path.ok() && path->length == address.size() + 2;
}

}  // namespace

void ClientEngine::send(Envelope envelope, std::string_view message) {
  if (!MAIL_ASSERT(question_ == Question::kReady)) return fail(ClientFailure::kInternal);
  question_ = Question::kNone;
  mode_ = Mode::kTransaction;
  envelope_ = std::move(envelope);
  message_ = message;
  settled_.assign(envelope_.recipients.size(), std::nullopt);
  accepted_.assign(envelope_.recipients.size(), false);
  outcomes_.clear();
  mail_was_said_ = mail_failed_ = data_was_said_ = must_reset_ = false;
  next_rcpt_ = 0;
  body_ = envelope_.body;
  if (body_ == BodyType::kSevenBit && !text::is_ascii(message)) body_ = BodyType::kEightBitMime;
  is_smtputf8_ = envelope_.is_smtputf8 || !text::is_ascii(envelope_.reverse_path);
  std::size_t wanted = 0;
  for (std::size_t i = 0; i < envelope_.recipients.size(); ++i) {
    if (!check_recipient(i)) continue;
    ++wanted;
    if (capabilities_.recipients != 0 && wanted > capabilities_.recipients) {
      settle(i, Stage::kChecks, local(452, "4.5.3", "more recipients than the server takes"), true);
    } else if (!text::is_ascii(envelope_.recipients[i].address)) {
      is_smtputf8_ = true;
    }
  }
  is_chunked_ = capabilities_.has(Extension::kChunking) &&
                (options_.prefers_chunking || body_ == BodyType::kBinaryMime);
  if (const auto refused = refusal_of_message()) settle_all(Stage::kChecks, *refused, true);
  pump();
}

bool ClientEngine::check_recipient(std::size_t index) {
  if (is_address(envelope_.recipients[index].address, true)) return true;
  settle(index, Stage::kChecks, local(501, "5.1.3", "not an address"), true);
  return false;
}

/// Why this server cannot take this message, as far as it can be known beforehand.
std::optional<Reply> ClientEngine::refusal_of_message() const {
  const auto& can = capabilities_;
  if (!envelope_.reverse_path.empty() && !is_address(envelope_.reverse_path, false)) {
    return local(501, "5.1.7", "the sender is not an address");
  }
  if (can.size != 0 && message_.size() > can.size) {
    return local(552, "5.3.4", "the message is larger than the server takes");
  }
  if (body_ == BodyType::kBinaryMime &&
      !(can.has(Extension::kChunking) && can.has(Extension::kBinaryMime))) {
    return local(554, "5.6.3", "the message is binary, and the server has no BINARYMIME");
  }
  if (body_ == BodyType::kEightBitMime && !can.has(Extension::kEightBitMime)) {
    return local(554, "5.6.3", "the message has 8-bit octets, and the server no 8BITMIME");
  }
  if (is_smtputf8_ && !can.has(Extension::kSmtpUtf8)) {
    return local(550, "5.6.7", "the message needs SMTPUTF8, and the server does not have it");
  }
  return std::nullopt;
}

// ---- commands

std::string ClientEngine::mail_command() const {
  std::string line = cat("MAIL FROM:<", envelope_.reverse_path, ">");
  if (capabilities_.has(Extension::kSize)) append(line, " SIZE=", message_.size());
  if (body_ == BodyType::kBinaryMime) append(line, " BODY=BINARYMIME");
  if (body_ == BodyType::kEightBitMime) append(line, " BODY=8BITMIME");
  if (is_smtputf8_) append(line, " SMTPUTF8");
  if (capabilities_.has(Extension::kDsn)) {
    if (envelope_.dsn_return == DsnReturn::kFull) append(line, " RET=FULL");
    if (envelope_.dsn_return == DsnReturn::kHeaders) append(line, " RET=HDRS");
    if (!envelope_.envelope_id.empty())
      append(line, " ENVID=", encode_xtext(envelope_.envelope_id));
  }
  return line;
}

std::string ClientEngine::rcpt_command(std::size_t index) const {
  const auto& [address, notify, original_type, original] = envelope_.recipients[index];
  std::string line = cat("RCPT TO:<", address, ">");
  if (!capabilities_.has(Extension::kDsn)) return line;
  if (notify.is_given()) {
    std::string words = notify.never ? "NEVER," : "";
    if (notify.success && !notify.never) words += "SUCCESS,";
    if (notify.failure && !notify.never) words += "FAILURE,";
    if (notify.delay && !notify.never) words += "DELAY,";
    words.pop_back();
    append(line, " NOTIFY=", words);
  }
  if (!original.empty()) {
    append(line, " ORCPT=", encode_xtext(original_type), ";", encode_xtext(original));
  }
  return line;
}

/// Says what can be said now.
void ClientEngine::pump() {
  if (mode_ != Mode::kTransaction) return;
  const std::size_t window =
      capabilities_.has(Extension::kPipelining) ? std::max<std::size_t>(options_.pipelined, 1) : 1;
  while (!is_writing_ && expected_.size() < window && issue_next()) {
  }
  finish_if_done();
}

/// The next command of the transaction. False: there is none, or not yet.
bool ClientEngine::issue_next() {
  if (data_was_said_ || mail_failed_ || open_recipients() == 0) return false;
  if (!mail_was_said_) {
    mail_was_said_ = must_reset_ = true;
    command(mail_command(), Step::kMail);
    return true;
  }
  while (next_rcpt_ < settled_.size() && settled_[next_rcpt_]) ++next_rcpt_;
  if (next_rcpt_ < settled_.size()) {
    command(rcpt_command(next_rcpt_), Step::kRcpt, next_rcpt_);
    ++next_rcpt_;
    return true;
  }
  if (is_chunked_ && !expected_.empty()) return false;
  data_was_said_ = true;
  if (is_chunked_) {
    begin_message();
    return false;
  }
  command("DATA", Step::kData);
  return true;
}

std::size_t ClientEngine::open_recipients() const {
  return static_cast<std::size_t>(std::count_if(settled_.begin(), settled_.end(),
                                                [](const auto& outcome) { return !outcome; }));
}

// ---- the message

void ClientEngine::begin_message() {
  is_writing_ = true;
  written_ = 0;
  writer_ = DataWriter(!is_chunked_);
  arm_deadline();
  deadline_is_guessed_ = true;
}

/// The next block, when the one before it has left.
void ClientEngine::refill() {
  holds_message_ = true;
  const bool is_wanted = open_recipients() != 0;
  std::string block;
  const std::size_t octets = is_wanted ? std::min(kBlock, message_.size() - written_) : 0;
  const auto bytes = message_.substr(written_, octets);
  written_ += octets;
  const bool is_last = !is_wanted || written_ == message_.size();
  if (body_ == BodyType::kBinaryMime) {
    block = bytes;
  } else {
    writer_.append(bytes, block);
    if (is_last) writer_.finish(block);
  }
  if (is_chunked_) {
    append(out_, "BDAT ", block.size(), is_last ? " LAST\r\n" : "\r\n");
    if (!is_last) expected_.push_back({Step::kChunk});
  }
  out_ += block;
  if (!is_last) return;
  if (!is_chunked_) out_ += ".\r\n";
  end_of_message();
}

/// RFC 2033 §4.2: LMTP answers for each recipient that it accepted.
void ClientEngine::end_of_message() {
  is_writing_ = false;
  if (options_.dialect == Dialect::kLmtp) {
    for (std::size_t i = 0; i < accepted_.size(); ++i) {
      if (accepted_[i]) expected_.push_back({Step::kMessage, i});
    }
  } else {
    expected_.push_back({Step::kMessage});
  }
  arm_deadline();
  deadline_is_guessed_ = true;
}

// ---- replies

void ClientEngine::answered_mail(const Reply& reply) {
  if (reply.code / 100 == 2) return pump();
  mail_failed_ = true;
  must_reset_ = false;
  settle_all(Stage::kMail, reply);
  pump();
}

void ClientEngine::answered_data(const Reply& reply) {
  if (reply.code == 354) {
    if (options_.dialect == Dialect::kLmtp && open_recipients() == 0) {
      return fail(ClientFailure::kUnexpectedReply, reply);
    }
    return begin_message();
  }
  if (reply.code < 400) return fail(ClientFailure::kUnexpectedReply, reply);
  settle_all(Stage::kData, reply);
  finish_if_done();
}

void ClientEngine::answered_chunk(const Reply& reply) {
  if (reply.code / 100 == 2) return;
  // RFC 3030 §2: RSET is due. The BDAT that have left are answered all the same.
  settle_all(Stage::kData, reply);
  is_writing_ = false;
  finish_if_done();
}

void ClientEngine::answered_message(const Expected& expected, const Reply& reply) {
  if (reply.code / 100 == 3) return fail(ClientFailure::kUnexpectedReply, reply);
  must_reset_ = false;
  if (options_.dialect == Dialect::kLmtp) {
    settle(expected.recipient, Stage::kMessage, reply);
  } else {
    settle_all(Stage::kMessage, reply);
  }
  finish_if_done();
}

void ClientEngine::settle(std::size_t recipient, Stage stage, const Reply& reply, bool is_local) {
  if (!settled_[recipient]) settled_[recipient] = Outcome{stage, reply, is_local};
}

void ClientEngine::settle_all(Stage stage, const Reply& reply, bool is_local) {
  for (std::size_t i = 0; i < settled_.size(); ++i) settle(i, stage, reply, is_local);
  outcomes_.clear();
  for (const auto& outcome : settled_) outcomes_.push_back(*outcome);
}

void ClientEngine::finish_if_done() {
  if (mode_ != Mode::kTransaction || !expected_.empty() || is_writing_) return;
  if (open_recipients() != 0) return;
  if (must_reset_) return command("RSET", Step::kRset);
  outcomes_.clear();
  for (const auto& outcome : settled_) outcomes_.push_back(*outcome);
  message_ = {};
  has_sent_ = true;
  mode_ = Mode::kReady;
}

}  // namespace mail::smtp
