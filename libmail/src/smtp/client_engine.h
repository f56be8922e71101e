#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/smtp/client_session.h"
#include "smtp/data_writer.h"
#include "smtp/reply_reader.h"

namespace mail::smtp {

/// What stands behind a ClientSession. Moving bytes and time, and the way to Ready:
/// client_engine.cc; one message: client_transaction.cc; AUTH: client_auth.cc.
class ClientEngine {
 public:
  using Event = ClientSession::Event;

  ClientEngine(ClientOptions options, TimePoint now);
  ~ClientEngine();
  ClientEngine(const ClientEngine&) = delete;
  ClientEngine& operator=(const ClientEngine&) = delete;

  void receive(std::string_view bytes, TimePoint now);
  void receive_eof(TimePoint now);
  std::optional<Event> next();
  std::string_view output();
  void consume_output(std::size_t octets);
  bool wants_input() const;
  bool wants_tls() const;
  void tls_started(const TlsInfo& info);
  std::optional<TimePoint> deadline() const;
  void on_deadline(TimePoint now);
  bool finished() const;

  void send(Envelope envelope, std::string_view message);
  void quit();
  void prove_scram(const sasl::ScramAnswer& answer);

  const Capabilities& capabilities() const { return capabilities_; }
  const std::optional<TlsInfo>& tls() const { return tls_; }

 private:
  enum class Mode : std::uint8_t { kTls, kGreeting, kSetUp, kReady, kTransaction, kClosing };
  enum class Question : std::uint8_t { kNone, kReady, kScramPassword };
  /// What a reply is expected to.
  enum class Step : std::uint8_t {
    kGreeting,
    kEhlo,
    kHelo,
    kStartTls,
    kAuth,
    kMail,
    kRcpt,
    kData,
    kChunk,
    kMessage,
    kRset,
    kQuit,
  };
  struct Expected {
    Step step = Step::kGreeting;
    std::size_t recipient = 0;
  };

  // ---- moving (client_engine.cc)
  bool step();
  void understand(const Expected& expected, const Reply& reply);
  void command(std::string_view line, Step step, std::size_t recipient = 0);
  void arm_deadline();
  void fail(ClientFailure failure, Reply reply = {});
  void close();
  std::string_view pending_input() const { return std::string_view(in_).substr(in_begin_); }

  // ---- the way to Ready (client_engine.cc)
  void say_hello();
  void learn(const Reply& reply);
  void greeted(const Reply& reply);
  void answered_ehlo(const Reply& reply);
  void answered_starttls(const Reply& reply);
  void set_up();

  // ---- AUTH (client_auth.cc)
  void authenticate();
  void answered_auth(const Reply& reply);
  void take(sasl::ClientStep step);

  // ---- one message (client_transaction.cc)
  std::optional<Reply> refusal_of_message() const;
  bool check_recipient(std::size_t index);
  void pump();
  bool issue_next();
  void begin_message();
  void refill();
  void end_of_message();
  void answered_mail(const Reply& reply);
  void answered_data(const Reply& reply);
  void answered_chunk(const Reply& reply);
  void answered_message(const Expected& expected, const Reply& reply);
  void settle(std::size_t recipient, Stage stage, const Reply& reply, bool is_local = false);
  void settle_all(Stage stage, const Reply& reply, bool is_local = false);
  void finish_if_done();
  std::size_t open_recipients() const;
  std::string mail_command() const;
  std::string rcpt_command(std::size_t index) const;

  ClientOptions options_;
  TimePoint now_;
  TimePoint deadline_;
  bool deadline_is_guessed_ = false;  // armed by an answer, which carries no time
  std::string in_;
  std::size_t in_begin_ = 0;
  std::string out_;
  std::size_t out_begin_ = 0;
  ReplyReader replies_;
  std::deque<Expected> expected_;

  Mode mode_ = Mode::kGreeting;
  Question question_ = Question::kNone;
  bool is_eof_ = false;
  bool wants_tls_ = false;
  Capabilities capabilities_;
  std::optional<TlsInfo> tls_;
  std::unique_ptr<sasl::ClientExchange> exchange_;
  std::optional<sasl::ScramPassword> scram_;
  bool gave_up_auth_ = false;
  bool said_helo_ = false;

  // Events on their way out.
  std::optional<Failed> failed_;
  bool has_sent_ = false;

  // The transaction at hand.
  Envelope envelope_;
  std::string_view message_;
  BodyType body_ = BodyType::kSevenBit;
  bool is_smtputf8_ = false;
  bool is_chunked_ = false;
  std::vector<std::optional<Outcome>> settled_;
  std::vector<Outcome> outcomes_;
  std::vector<bool> accepted_;
  bool mail_was_said_ = false;
  bool mail_failed_ = false;
  bool data_was_said_ = false;
  bool must_reset_ = false;
  std::size_t next_rcpt_ = 0;
  bool is_writing_ = false;  // the message
  DataWriter writer_{true};
  std::size_t written_ = 0;     // octets of message_
  bool holds_message_ = false;  // some of it waits in out_
};

}  // namespace mail::smtp
