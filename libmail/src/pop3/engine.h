// The inside of pop3::ServerSession, shared by its three source files: the contract
// (server_session.cc), what the client says (session_commands.cc), what the service answers
// (session_answers.cc).
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/pop3/server_session.h"
#include "pop3/line_reader.h"
#include "pop3/multi_line.h"

namespace mail::pop3 {

/// RFC 1939 §3. A set of states is an or of them. UPDATE is the question Update.
enum ConnectionState : std::uint8_t { kAuthorization = 1, kTransaction = 2 };
inline constexpr std::uint8_t kAnyState = kAuthorization | kTransaction;

struct Engine {
  using Event = ServerSession::Event;
  enum class Question { kNone, kConnected, kScramUser, kScramProof, kLogin, kRetrieve, kUpdate };

  Engine(ServerOptions given, TimePoint start)
      : options(std::move(given)), started(start), now(start), last_activity(start) {}

  ServerOptions options;
  TimePoint started;
  TimePoint now;  // the last time that somebody told
  TimePoint last_activity;

  LineReader lines;
  std::string out;
  std::size_t sent = 0;                   // octets of `out` that are gone
  std::unique_ptr<MultiLine> multi_line;  // being written; nothing is interpreted before its end
  std::vector<Event> notices;
  std::optional<TlsInfo> tls;

  ConnectionState connection = kAuthorization;
  Question question = Question::kNone;
  bool is_greeted = false;
  bool is_at_eof = false;
  bool is_starting_tls = false;
  bool is_in_sasl = false;                         // the next line is a response of AUTH
  std::unique_ptr<sasl::ServerExchange> exchange;  // from AUTH to its end
  bool is_closing = false;
  bool has_failed = false;
  std::size_t errors = 0;  // in a row

  std::string user;                          // said by USER, waits for PASS
  std::optional<std::uint32_t> lines_asked;  // of the TOP at hand
  Maildrop maildrop;
  std::vector<bool> is_deleted;        // by number - 1
  std::vector<std::uint32_t> deleted;  // what Update refers to

  // ---- server_session.cc
  void close();
  void violate(Violation violation);
  void fail();
  bool has_room() const { return !multi_line && out.size() - sent < options.output; }
  void fill();
  bool allows_login() const { return tls.has_value() || options.allows_cleartext_auth; }

  // ---- session_commands.cc
  std::optional<Event> on_line(const LineReader::Line& line);
  bool is_faulty(LineReader::Fault fault);
  std::optional<Event> on_command(std::string_view line);
  std::optional<Event> on_sasl_step(sasl::ServerStep step);
  /// The message that an argument names; nullopt: it was refused.
  std::optional<std::uint32_t> message(std::string_view argument);
  void ok(std::string_view text);
  void err(std::string_view code, std::string_view text);
  /// A reply to a wrong command: counts.
  void wrong(std::string_view code, std::string_view text);
  void write(std::unique_ptr<MultiLine> response);
  void list(Listing listing, std::string_view argument);

  // Handlers of the command table.
  std::optional<Event> capa(std::string_view argument);
  std::optional<Event> stls(std::string_view argument);
  std::optional<Event> user_name(std::string_view argument);
  std::optional<Event> pass(std::string_view argument);
  std::optional<Event> auth(std::string_view argument);
  std::optional<Event> utf8(std::string_view argument);
  std::optional<Event> stat(std::string_view argument);
  std::optional<Event> list_sizes(std::string_view argument);
  std::optional<Event> list_unique_ids(std::string_view argument);
  std::optional<Event> retr(std::string_view argument);
  std::optional<Event> top(std::string_view argument);
  std::optional<Event> dele(std::string_view argument);
  std::optional<Event> rset(std::string_view argument);
  std::optional<Event> noop(std::string_view argument);
  std::optional<Event> quit(std::string_view argument);

  // ---- session_answers.cc
  /// Takes the open question; false: it is none that this answer fits, or nobody listens any more.
  bool take_question(std::initializer_list<Question> fitting);
};

struct ServerSession::State : Engine {
  using Engine::Engine;
};

}  // namespace mail::pop3
