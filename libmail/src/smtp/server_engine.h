#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mail/smtp/server_session.h"
#include "smtp/chunk_reader.h"
#include "smtp/command_line.h"
#include "smtp/data_reader.h"

namespace mail::smtp {

struct Command;
enum class Phase : std::uint8_t;
enum class Cell : std::uint8_t;
struct Answer;

/// What stands behind a ServerSession. Moving bytes and time: server_engine.cc; the commands:
/// server_commands.cc, and by themselves AUTH in server_auth.cc, MAIL and RCPT in server_mail.cc,
/// DATA and BDAT in server_data.cc, XCLIENT in server_xclient.cc; answers to questions:
/// server_answers.cc.
class ServerEngine {
 public:
  using Event = ServerSession::Event;

  ServerEngine(ServerOptions options, TimePoint now);
  ~ServerEngine();
  ServerEngine(const ServerEngine&) = delete;
  ServerEngine& operator=(const ServerEngine&) = delete;

  // ---- the session contract
  void receive(std::string_view bytes, TimePoint now);
  void receive_eof(TimePoint now);
  std::optional<Event> next();
  std::string_view output() const { return std::string_view(out_).substr(out_begin_); }
  void consume_output(std::size_t octets);
  bool wants_input() const;
  bool wants_tls() const;
  void tls_started(const TlsInfo& info);
  std::optional<TimePoint> deadline() const;
  void on_deadline(TimePoint now);
  bool finished() const;
  void accept(std::string_view text);
  void answer(const Reply& reply);
  void answer_each(std::span<const Reply> replies);
  void challenge_scram(const sasl::ScramChallenge& challenge);
  void confirm_scram(std::string_view server_signature);
  void shut_down(std::string_view text);

  // ---- facts
  const ServerOptions& options() const { return options_; }
  std::string_view helo_domain() const { return helo_; }
  bool is_extended() const { return is_extended_; }
  bool is_authenticated() const { return is_authenticated_; }
  const std::optional<TlsInfo>& tls() const { return tls_; }
  bool is_lmtp() const { return options_.dialect == Dialect::kLmtp; }
  bool is_smtputf8() const { return is_smtputf8_; }
  /// Advertised now, and accepted.
  bool offers(Extension extension) const;
  bool offers_auth() const;
  /// UTF-8 may stand in addresses (RFC 6531 §3.6).
  bool takes_utf8() const { return is_extended_ && offers(Extension::kSmtpUtf8); }
  /// "SCRAM-SHA-256 PLAIN LOGIN"
  std::string auth_parameter() const;
  /// A password may cross the wire as it is now.
  bool may_auth_now() const { return tls_.has_value() || options_.allows_cleartext_auth; }

  // ---- handlers of the command table
  void ehlo(std::string_view argument);
  void helo(std::string_view argument);
  void lhlo(std::string_view argument);
  void xclient(std::string_view argument);
  void starttls(std::string_view argument);
  void auth(std::string_view argument);
  void mail(std::string_view argument);
  void rcpt(std::string_view argument);
  void data(std::string_view argument);
  void bdat(std::string_view argument);
  void rset(std::string_view argument);
  void noop(std::string_view argument);
  void quit(std::string_view argument);
  void vrfy(std::string_view argument);
  void help(std::string_view argument);
  void not_implemented(std::string_view argument);

 private:
  enum class Mode : std::uint8_t {
    kGreeting,  // Connected is not answered
    kCommands,
    kAuthResponse,  // 334 was sent
    kData,          // 354 was sent
    kChunk,         // BDAT was read, its octets follow
    kTls,           // 220 to STARTTLS was sent, or TLS comes first
    kClosing,       // nothing is read any more
  };
  enum class Question : std::uint8_t {
    kNone,
    kConnected,
    kXClient,
    kHelo,
    kAuthenticate,
    kScramUser,
    kScramProof,
    kMailFrom,
    kRcptTo,
    kData,
    kDataEnd,
  };

  // ---- moving (server_engine.cc)
  bool step();
  bool owes_an_answer() const;
  bool shut_down_if_asked();
  bool step_line();
  bool step_data();
  bool step_chunk();
  void progress(std::size_t octets);
  std::string_view pending_input() const { return std::string_view(in_).substr(in_begin_); }
  void drop_input();
  void release_idle_memory();
  void arm_deadline();
  void emit(Event event);
  void violated(Violation violation) { emit(Violated{violation}); }

  // ---- replying (server_engine.cc)
  void reply(int code, std::string_view enhanced, std::string_view text);
  void reply(const Answer& answer);
  void reply_to_message(const Answer& answer);
  void syntax_error(std::string_view syntax);
  void count_error();
  void close();
  void fail();
  void drop_transaction();

  // ---- understanding (server_commands.cc)
  void refuse_line(LineReader::Result result);
  void refuse_newline(std::string_view octet, std::size_t times = 1);
  void dispatch(std::string_view line);
  std::optional<Answer> refusal_of(const Command& command) const;
  bool is_foreign(std::string_view verb);
  void say_helo(std::string_view argument, bool is_extended, std::string_view syntax);

  // ---- messages (server_data.cc)
  void end_data();
  void refuse_data();
  void begin_chunk(std::string_view argument, const std::optional<Answer>& refused);
  void end_chunk();
  void fail_message(Reply reply);

  // ---- AUTH (server_auth.cc)
  void auth_response(std::string_view line);
  void on_sasl(const sasl::ServerStep& step);
  void refuse_auth(const sasl::Failure& failure);

  // ---- answering (server_answers.cc)
  static Question question_of(const Event& event);
  static bool takes_yes(Question question);
  void refused(Question question, const Reply& reply);
  std::size_t replies_to(Question question) const;
  void believe();
  void accepted(Question question);
  void accepted_reply(Question question, std::string_view text);
  void reply_helo(std::string_view text);
  void end_of_answer();

  ServerOptions options_;
  TimePoint now_;
  TimePoint deadline_;
  std::string in_;
  std::size_t in_begin_ = 0;
  std::string out_;
  std::size_t out_begin_ = 0;
  LineReader lines_;
  DataReader data_{{}};
  ChunkReader chunks_{{}};
  std::uint64_t chunk_left_ = 0;  // octets of the present BDAT that are still to come
  /// What is wrong with the message of BDAT, or with the present BDAT alone: octets are swallowed,
  /// and this is said at the end of each chunk.
  std::optional<Reply> failure_;

  // Events on their way to `next`; a question is always the last of them.
  std::array<Event, 4> events_;
  std::uint8_t first_event_ = 0;
  std::uint8_t event_count_ = 0;

  Mode mode_ = Mode::kGreeting;
  Phase phase_;
  Question question_ = Question::kNone;
  bool connected_asked_ = false;
  bool spoke_early_ = false;
  bool is_eof_ = false;
  bool is_extended_ = false;
  bool next_is_extended_ = false;
  bool is_authenticated_ = false;
  bool deadline_is_guessed_ = false;  // armed by an answer, which carries no time
  bool chunk_is_last_ = false;
  bool is_binary_ = false;      // BODY=BINARYMIME
  bool is_smtputf8_ = false;    // SMTPUTF8 was given with MAIL
  std::size_t recipients_ = 0;  // accepted in this transaction
  std::size_t owed_ = 0;  // of them, when the message began: replies that LMTP owes at its end
  std::size_t errors_ = 0;
  std::size_t junk_ = 0;
  std::size_t data_progress_ = 0;  // octets since the deadline was last armed

  /// What an accepted XCLIENT changes.
  struct Claim {
    std::optional<std::string> helo;
    bool is_extended = false;
    std::optional<bool> has_login;
  };
  Claim claim_;

  std::string helo_;
  std::string argument_;  // what the question at hand refers to: domain or path
  std::optional<std::string> shutdown_text_;
  std::optional<TlsInfo> tls_;
  std::unique_ptr<sasl::ServerExchange> exchange_;  // of the AUTH under way
};

}  // namespace mail::smtp
