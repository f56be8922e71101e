// The IMAP server engine: RFC 3501 with CHILDREN, ENABLE, ID, IDLE, LITERAL+ or -, MOVE,
// MULTIAPPEND, NAMESPACE, QUOTA, SASL-IR, SPECIAL-USE, UIDPLUS, UNSELECT.
//
// A `mail::Session` (mail/base/session.h). Each command is a question: answer it with untagged data
// (any number of the response functions) and then exactly one `ok`, `no` or `bad`. The engine
// itself answers CAPABILITY, ENABLE, ID, LOGOUT, NAMESPACE, STARTTLS, syntax errors and whatever
// the state does not allow (the table in src/imap/command_table.h).
//
// States follow the answers: `ok` to Login or Authenticate authenticates, to Select selects (`no`
// to Select leaves no mailbox selected, RFC 3501 §6.3.1), to Close or Unselect leaves the mailbox.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "mail/base/limits.h"
#include "mail/base/session.h"
#include "mail/imap/command.h"
#include "mail/sasl/server.h"

namespace mail::imap {

/// A value. Every limit is listed in docs/limits.md.
/// Octets that LITERAL- allows without waiting (RFC 7888 §5).
inline constexpr std::uint64_t kLiteralMinus = 4096;

struct ServerOptions {
  std::string hostname = "localhost";
  bool offers_starttls = false;
  /// LOGIN and AUTHENTICATE before TLS; otherwise LOGINDISABLED (RFC 3501 §6.2.3).
  bool allows_cleartext_auth = false;
  /// Which mechanisms AUTHENTICATE has, and as whom.
  sasl::ServerPolicy sasl = {};
  char hierarchy_separator = '.';
  /// Which of the two non-synchronising literals of RFC 7888 is announced: LITERAL+, of any size,
  /// or LITERAL-, of at most `kLiteralMinus` octets.
  bool literal_minus = false;

  std::size_t command_before_login =
      8192;                     // octets of a command with its literals, not authenticated
  std::size_t command = 65536;  // the same afterwards, APPEND's messages aside
  std::uint64_t append = limits::kMessageSize;  // octets of one appended message
  std::size_t search_depth = 64;                // nesting of parentheses, NOT and OR
  std::size_t search_nodes = 1000;
  std::size_t errors = 20;              // BAD answers in a row, then BYE
  std::size_t output = 131072;          // unsent octets at which no further input is wanted
  Duration login_timeout = minutes(3);  // from connect to authentication
  Duration idle_timeout = minutes(30);  // autologout, RFC 3501 §5.4: at least 30 minutes

  /// Tolerances of clients that break the standard.
  struct Quirks {
    bool bare_newline = false;  // LF alone ends a line: hand-typed sessions, scripts with "nc"
  } quirks;
};

/// The connection is there: `ok` sends the greeting with CAPABILITY; `no` refuses with BYE.
struct Connected {};
/// The questions of AUTHENTICATE (RFC 3501 §6.2.2). Any of them may be answered with `no`.
/// Authenticate comes last: `ok` authenticates.
using sasl::Authenticate;
/// Answer it with `challenge_scram`.
using sasl::ScramUser;
/// Answer it with `confirm_scram`.
using sasl::ScramProof;
/// Notice: bytes of the message announced by the last Append. Cut anywhere.
struct AppendChunk {
  std::string_view bytes;
};
/// All messages of the APPEND are in: answer with `ok` or `no`.
struct AppendEnd {};
/// Notice: the APPEND under way ended without AppendEnd (syntax error, end of the connection).
/// Forget its messages.
struct AppendAborted {};
/// The client ended IDLE: answer with `ok`. (By anything but DONE: the engine then makes it a BAD.)
struct IdleDone {};
/// Notice: the peer broke a rule that is worth a log line.
struct Violated {
  Violation violation = Violation::kInternal;
};
/// Notice: LOGOUT; the session finishes once its output is sent.
struct Logout {};

class ServerSession {
 public:
  using Event =
      std::variant<Connected, Login, Authenticate, ScramUser, ScramProof, Select, Create, Delete,
                   Rename, Subscribe, List, Status, GetQuota, GetQuotaRoot, SetQuota, Append,
                   AppendChunk, AppendEnd, AppendAborted, Fetch, Store, Search, Copy, Expunge,
                   Check, Close, Unselect, Noop, Idle, IdleDone, Violated, Logout>;

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

  // ---- the tagged answer; `code` is a resp-text-code without brackets ("TRYCREATE"), or empty:
  // then `ok` to Connected, Login and Authenticate adds CAPABILITY, to Select READ-ONLY or
  // READ-WRITE
  void ok(std::string_view code, std::string_view text);
  void no(std::string_view code, std::string_view text);
  void bad(std::string_view text);
  /// The answers to ScramUser and ScramProof that go on with the exchange.
  void challenge_scram(const sasl::ScramChallenge& challenge);
  void confirm_scram(std::string_view server_signature);
  /// Lets an Append's bytes come, or an Idle begin.
  void proceed();
  /// "* BYE text", then finished (the server stops, or the account is gone).
  void shut_down(std::string_view text);

  // ---- untagged data, before the tagged answer or during IDLE
  void exists(std::uint32_t messages);
  void recent(std::uint32_t messages);
  /// Never while FETCH, STORE or SEARCH (without UID) is answered (RFC 3501 §7.4.1).
  void expunge(std::uint32_t sequence);
  /// "* FLAGS (…)" with these keywords behind the system flags.
  void flags(std::span<const std::string> keywords);
  /// "* OK [code] text"
  void untagged_ok(std::string_view code, std::string_view text);
  void untagged_no(std::string_view code, std::string_view text);
  struct ListedMailbox {
    std::string_view name;                         // UTF-8
    std::span<const std::string_view> attributes;  // "\\HasNoChildren"
    bool is_lsub = false;
  };
  void list(const ListedMailbox& mailbox);
  /// The answer to LIST "" "".
  void list_delimiter();
  struct StatusItem {
    std::string_view name;
    std::uint64_t number = 0;
    std::string_view object_id = {};  // for MAILBOXID, in place of the number
  };
  void status(std::string_view mailbox, std::span<const StatusItem> items);
  /// "* QUOTAROOT mailbox root…": by which quota roots the mailbox is limited.
  void quota_root(std::string_view mailbox, std::span<const std::string_view> roots);
  struct QuotaResource {
    std::string_view name;  // "STORAGE" (units of 1,024 octets), "MESSAGE"
    std::uint64_t usage = 0;
    std::uint64_t limit = 0;
  };
  /// "* QUOTA root (resource usage limit …)"
  void quota(std::string_view root, std::span<const QuotaResource> resources);
  void search(std::span<const std::uint32_t> numbers);
  /// FETCH of one message; call its parts, then `end`.
  void fetch_begin(std::uint32_t sequence);
  /// `keywords[i]` is set when bit i of `keyword_bits` is.
  void fetch_flags(std::uint8_t system, bool is_recent, std::uint64_t keyword_bits,
                   std::span<const std::string> keywords);
  /// "label text": text is wire-ready ("ENVELOPE" and its parenthesised list, "UID" and a number).
  void fetch_text(std::string_view label, std::string_view text);
  /// "label {n}" and the octets of the source, streamed; null: "label NIL".
  void fetch_literal(std::string_view label, std::unique_ptr<ByteSource> source);
  void fetch_end();

  /// Octets waiting to be sent, sources included. A service pauses a long FETCH above
  /// `ServerOptions::output`.
  std::uint64_t pending_output() const;
  bool is_authenticated() const;
  /// Without channel bindings once the client has authenticated.
  const std::optional<TlsInfo>& tls() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A ByteSource over bytes in memory; `owner` keeps them alive.
std::unique_ptr<ByteSource> make_source(std::shared_ptr<const void> owner, std::string_view bytes);

}  // namespace mail::imap
