// The POP3 server engine: RFC 1939 with CAPA, RESP-CODES, PIPELINING, EXPIRE and IMPLEMENTATION
// (RFC 2449), STLS (RFC 2595), SASL (RFC 5034), AUTH-RESP-CODE (RFC 3206) and UTF8 (RFC 6856).
//
// A `mail::Session` (mail/base/session.h). The order of one session:
//
//     Connected? → [TLS] → Login? → Retrieve?… → Update? → the end
//
// A `?` marks a question: it gets exactly one answer (its comment says which) before `next` yields
// anything else. Violated and Quit are notices. The engine keeps the maildrop's numbers and which
// messages are marked as deleted, and answers STAT, LIST, UIDL, DELE, RSET, NOOP and CAPA itself.
// Nothing is deleted but by the answer to Update: a session that ends otherwise leaves the mailbox
// as it was (RFC 1939 §6).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "mail/base/session.h"
#include "mail/pop3/maildrop.h"
#include "mail/sasl/server.h"

namespace mail::pop3 {

/// A value. Every limit is listed in docs/limits.md.
struct ServerOptions {
  std::string hostname = "localhost";
  bool offers_stls = false;
  /// USER, PASS and AUTH before TLS.
  bool allows_cleartext_auth = false;
  sasl::ServerPolicy sasl;  // mechanisms of AUTH

  std::size_t command_line = 2048;      // octets with CRLF; RFC 2449 §4 asks for 255
  std::size_t sasl_line = 8192;         // octets of a response of AUTH (RFC 5034 §4)
  std::size_t errors = 20;              // -ERR to wrong commands and logins in a row, then the end
  std::size_t output = 65536;           // unsent octets at which no command is interpreted
  Duration login_timeout = minutes(3);  // from connect to login
  Duration idle_timeout = minutes(10);  // autologout: RFC 1939 §3 asks for at least 10 minutes

  /// Tolerances of clients that break the standard.
  struct Quirks {
    bool bare_newline = false;  // LF alone ends a line: hand-typed sessions, scripts with "nc"
  } quirks;
};

/// The connection is there: `accept` sends the greeting, `refuse` ends the session.
struct Connected {};
/// USER and PASS, or AUTH finished on the client's side: `open` or `refuse` (code AUTH when name or
/// password are wrong, SYS/TEMP when it is our fault: RFC 3206).
struct Login {
  std::string mechanism;      // "PLAIN"; empty: USER and PASS
  std::string authorization;  // authzid, may be empty
  std::string user;
  std::string password;    // empty when it is proven
  bool is_proven = false;  // SCRAM: the proof was confirmed before
};
/// RETR and TOP, of a message that exists and is not marked: `send` the whole message (the engine
/// cuts it for TOP) or `refuse`.
struct Retrieve {
  std::uint32_t number = 0;
  std::optional<std::uint32_t> lines;  // of the body: TOP
};
/// QUIT after login: delete these messages, ascending, all or none where it is possible, then
/// `accept`; or `refuse`. Also asked when there are none, so that a session's end has one place.
struct Update {
  std::span<const std::uint32_t> deleted;
};
/// Notice: the peer broke a rule that is worth a log line.
struct Violated {
  Violation violation = Violation::kInternal;
};
/// Notice: QUIT was answered; the session finishes once its output is sent.
struct Quit {};

class ServerSession {
 public:
  /// The questions of SCRAM are answered by `challenge_scram` and `confirm_scram`, or `refuse`.
  using Event = std::variant<Connected, Login, sasl::ScramUser, sasl::ScramProof, Retrieve, Update,
                             Violated, Quit>;

  ServerSession(ServerOptions options, TimePoint now);
  ~ServerSession();
  ServerSession(ServerSession&&) noexcept;
  ServerSession& operator=(ServerSession&&) noexcept;

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

  // ---- answers
  /// Yes to Connected or Update. `text` replaces the usual words.
  void accept(std::string_view text = {});
  /// Yes to Login: this is the maildrop.
  void open(Maildrop maildrop);
  void challenge_scram(const sasl::ScramChallenge& challenge);
  void confirm_scram(std::string_view server_signature);
  /// Yes to Retrieve: the message, CRLF line ends. Dots are doubled here (RFC 1939 §3).
  void send(std::unique_ptr<ByteSource> message);
  /// No to any question: "-ERR [code] text"; `code` is a response code of RFC 2449 §8 or empty.
  void refuse(std::string_view code, std::string_view text);
  /// "-ERR [SYS/TEMP] text", then finished; nothing is deleted (the server stops).
  void shut_down(std::string_view text);

  bool is_authenticated() const;
  const std::optional<TlsInfo>& tls() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A ByteSource over bytes in memory; `owner` keeps them alive.
std::unique_ptr<ByteSource> make_source(std::shared_ptr<const void> owner, std::string_view bytes);

}  // namespace mail::pop3
