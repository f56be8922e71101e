// The inside of imap::ServerSession, shared by its source files: the contract
// (server_session.cc), what the client says (session_commands.cc), AUTHENTICATE (session_sasl.cc),
// what the service says (session_responses.cc).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/command_table.h"
#include "imap/framer.h"
#include "imap/output_queue.h"
#include "mail/imap/server_session.h"

namespace mail::imap {

struct ServerSession::State {
  /// What the service owes an answer to. `next` is silent while there is one.
  enum class Question {
    kNone,
    kConnected,
    kCommand,
    kScramUser,
    kScramProof,
    kAppend,
    kAppendEnd,
    kIdle,
    kIdleDone
  };
  /// What the client's next line is.
  enum class Expects {
    kCommand,
    kSasl,        // a response of AUTHENTICATE, or "*"
    kDone,        // the line that ends IDLE
    kAppendTail,  // after a message: another, or the end of APPEND
  };
  /// What `ok` to the command at hand changes.
  enum class Effect { kNone, kLogin, kSelect, kExamine, kLeaveMailbox };
  enum class Condition { kOk, kNo, kBad };

  State(ServerOptions given, TimePoint start)
      : options(std::move(given)), started(start), now(start), last_activity(start) {}

  ServerOptions options;
  TimePoint started;
  TimePoint now;  // the last time that somebody told
  TimePoint last_activity;

  std::string input;
  std::size_t taken = 0;  // octets of `input` that are used
  Framer framer;
  OutputQueue output;
  std::vector<Event> notices;
  std::optional<TlsInfo> tls;
  std::unique_ptr<sasl::ServerExchange> exchange;  // of the AUTHENTICATE under way

  ConnectionState connection = kNotAuthenticated;
  Expects expects = Expects::kCommand;
  Question question = Question::kNone;

  // The command under way.
  std::string tag;
  const CommandRow* row = nullptr;
  bool by_uid = false;
  Effect effect = Effect::kNone;
  std::optional<Refusal> refusal;  // decided at a literal, said at the end of the command
  std::string append_mailbox;      // of an APPEND whose first message was accepted

  std::size_t errors = 0;  // BAD answers in a row
  bool is_greeted = false;
  bool is_at_eof = false;
  bool is_starting_tls = false;
  bool is_appending = false;  // the service holds messages of an unfinished APPEND
  bool is_idle_broken = false;
  bool holds_password = true;  // in the buffers of the command: any command before login may
  bool is_in_fetch = false;
  bool has_fetch_item = false;
  bool is_closing = false;
  bool has_failed = false;

  // ---- server_session.cc
  void close();
  void bye(std::string_view text);
  void violate(Violation violation);
  /// A broken promise of the service or of this engine.
  void fail();
  void abort_append();
  void begin_command();
  void begin_line(Expects line);
  void forget_command();
  bool allows_login() const { return tls.has_value() || options.allows_cleartext_auth; }
  std::string capability_list() const;

  // ---- session_commands.cc
  std::optional<Event> on_step(Framer::Step step);
  GrammarOptions grammar() const;
  std::optional<Refusal> refused_unasked_literal() const;
  bool is_append_mailbox(Reader at_arguments) const;
  std::optional<Refusal> refused_by_state(const CommandHead& head) const;
  std::optional<Event> on_literal();
  std::optional<Event> on_message_literal(std::optional<Append> append, const Refusal& why);
  void refuse_literal(Refusal why);
  std::optional<Event> on_complete();
  std::optional<Event> on_command();
  std::optional<Event> on_append_tail();
  std::optional<Event> on_sasl_line();
  std::optional<Event> on_sasl(const sasl::ServerStep& step);
  void refuse_sasl(const sasl::Failure& failure);
  bool is_cross_protocol() const;
  bool answered_fault();
  std::optional<Event> dispatch(Command command);
  std::optional<Event> authenticate(const AuthenticateStart& start);
  void start_tls();
  std::optional<Event> ask(Event event, Effect what = Effect::kNone);

  // ---- session_responses.cc
  void answer(Condition condition, std::string_view code, std::string_view text);
  void greet(Condition condition, std::string_view code, std::string_view text);
  void finish_command(Condition condition, std::string_view code, std::string_view text);
  /// The tagged line, and the command is over.
  void tagged(Condition condition, std::string_view code, std::string_view text);
  void refuse(const Refusal& why) {
    tagged(why.is_no ? Condition::kNo : Condition::kBad, why.code, why.text);
  }
  void untagged(std::string_view status, std::string_view code, std::string_view text);
  bool may_expunge() const;
  void fetch_label(std::string_view label);
};

}  // namespace mail::imap
