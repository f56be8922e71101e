// The SMTP server engine: RFC 5321 and LMTP (RFC 2033) with the extensions of mail/smtp/types.h.
//
// A `mail::Session` (mail/base/session.h): bytes in, events out. The order of one transaction:
//
//     Connected? → [XClient?] → Helo? → [TLS] → [Authenticate?] → MailFrom? → RcptTo?… → Data? →
//     DataChunk… → DataEnd? → …
//
// A `?` marks a question: it gets exactly one `accept` or `answer` before `next` yields anything
// else. DataChunk, Reset, Violated and Quit are notices.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "mail/base/limits.h"
#include "mail/base/session.h"
#include "mail/sasl/server.h"
#include "mail/smtp/reply.h"
#include "mail/smtp/types.h"

namespace mail::smtp {

/// A value. Every limit is listed in docs/limits.md.
struct ServerOptions {
  std::string hostname = "localhost";
  Dialect dialect = Dialect::kSmtp;

  /// STARTTLS is advertised and accepted (never on kSubmissions).
  bool offers_starttls = false;
  /// AUTH is advertised, once TLS is up or `allows_cleartext_auth`. Never on kSmtp.
  bool offers_auth = false;
  bool allows_cleartext_auth = false;
  /// Which mechanisms, and as whom.
  sasl::ServerPolicy sasl = {};
  /// MAIL is answered 530 5.7.0 until TLS is up (RFC 3207 §4) …
  bool requires_tls = false;
  /// … and until the client has authenticated (RFC 6409 §4.3).
  bool requires_auth = false;
  /// The peer may say on whose behalf it speaks: XCLIENT is advertised and accepted. For peers in
  /// networks that their owner configured, for nobody else.
  bool trusts_peer = false;
  /// Neither advertised nor accepted (Postfix: smtpd_discard_ehlo_keywords).
  ExtensionSet withheld;

  std::uint64_t message_size =
      limits::kMessageSize;         // octets of DATA as sent, dots removed (RFC 1870 §3)
  std::size_t command_line = 2048;  // octets with CRLF; RFC 5321 §4.5.3.1.4 asks for at least 512
  std::size_t auth_line = 12288;    // octets of a SASL response (RFC 4954 §4)
  std::size_t data_line =
      1'048'576;  // octets of a message line; RFC 5321 §4.5.3.1.6 asks for at least 1000
  std::size_t recipients = 1000;  // RFC 5321 §4.5.3.1.8 asks for at least 100
  std::size_t errors = 20;        // 5xx replies to commands, then 421 and close
  std::size_t junk_commands =
      100;                     // NOOP, RSET, VRFY… between two messages, then they count as errors
  std::size_t output = 65536;  // unsent reply octets at which no further input is wanted
  Duration command_timeout = minutes(5);  // RFC 5321 §4.5.3.2.7
  Duration data_timeout = minutes(3);     // RFC 5321 §4.5.3.2.5
};

/// The connection is there: `accept` sends the 220 greeting; `answer` refuses (a 421 or 554 also
/// ends the session).
struct Connected {};

/// XCLIENT of a trusted peer (Postfix's XCLIENT_README): on whose behalf it speaks. `accept` sends
/// the greeting anew and believes it, LOGIN included; what was said before is forgotten. An
/// attribute that was not mentioned is nullopt; one that the peer itself does not know is empty.
struct XClient {
  std::optional<std::string_view> name;     // NAME: reverse name of the client
  std::optional<std::string_view> address;  // ADDR: "192.0.2.1", "2001:db8::1"
  std::optional<std::string_view> port;
  std::optional<std::string_view> protocol;  // PROTO: "SMTP", "ESMTP"
  std::optional<std::string_view> helo;
  std::optional<std::string_view> login;
  std::optional<std::string_view> destination_address;
  std::optional<std::string_view> destination_port;
};

/// HELO, EHLO (RFC 5321 §4.1.1.1), LHLO (RFC 2033 §4.1). `accept` sends the extension list.
struct Helo {
  std::string_view domain;
  bool is_extended = false;
};

/// The questions of AUTH (RFC 4954). Any of them may be refused by `answer`, usually 535 5.7.8.
/// Authenticate comes last: `accept` sends 235.
using sasl::Authenticate;
/// Answer it with `challenge_scram`.
using sasl::ScramUser;
/// Answer it with `confirm_scram`.
using sasl::ScramProof;

/// MAIL (RFC 5321 §4.1.1.2). The syntax was checked.
struct MailFrom {
  std::string_view reverse_path;      // "ann@example.com" in canonical form; empty: the null sender
  std::optional<std::uint64_t> size;  // SIZE= as declared; already within the limit
  BodyType body = BodyType::kSevenBit;
  bool is_smtputf8 = false;  // RFC 6531 §3.4
  DsnReturn dsn_return = DsnReturn::kUnspecified;
  std::string_view envelope_id;  // ENVID= (RFC 3461 §4.4), decoded

  bool is_null_sender() const { return reverse_path.empty(); }
};

/// RCPT (RFC 5321 §4.1.1.3).
struct RcptTo {
  std::string_view
      forward_path;  // "postmaster" alone is allowed without a domain (RFC 5321 §4.5.1)
  DsnNotify notify;
  // ORCPT= (RFC 3461 §4.2): "rfc822" and the address, decoded; both empty when it was not given.
  std::string_view original_recipient_type;
  std::string_view original_recipient;
};

/// DATA or the first BDAT with at least one accepted recipient: `accept` sends 354 to DATA, and
/// nothing to BDAT. A refused BDAT refuses the message: what follows of it is swallowed.
struct Data {
  bool is_chunked = false;  // BDAT
};

/// Notice. Bytes of the message, dots removed, lines ending in CRLF; with BODY=BINARYMIME as they
/// are. Cut anywhere.
struct DataChunk {
  std::string_view bytes;
};

/// CRLF.CRLF or the end of BDAT LAST was read: `accept` means that the message is *ours now*
/// (durable), and sends 250 with the given text. LMTP owes one reply for each accepted recipient
/// (RFC 2033 §4.2): `answer_each`, or `accept` and `answer` for all of them alike.
struct DataEnd {
  std::uint64_t octets = 0;
};

/// Notice. The transaction is gone: RSET, a new EHLO, or a message that the engine itself refused
/// (too big, bare CR or LF, line too long, a refused BDAT) or that was cut off by the end of the
/// connection. Forget its chunks.
struct Reset {};

/// Notice: the peer broke a rule that is worth a log line.
struct Violated {
  Violation violation = Violation::kInternal;
};

/// Notice: QUIT; the session finishes once its output is sent.
struct Quit {};

class ServerSession {
 public:
  using Event = std::variant<Connected, XClient, Helo, Authenticate, ScramUser, ScramProof,
                             MailFrom, RcptTo, Data, DataChunk, DataEnd, Reset, Violated, Quit>;

  /// `now` starts the first deadline.
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

  /// Yes to the question at hand. `text` replaces the usual words, e.g. "2.0.0 Ok: queued as 4F2A".
  void accept(std::string_view text = {});
  /// Any other answer. 421 also closes.
  void answer(const Reply& reply);
  /// DataEnd in LMTP: one reply for each recipient that was accepted, in their order.
  void answer_each(std::span<const Reply> replies);
  /// The answers to ScramUser and ScramProof that go on with the exchange.
  void challenge_scram(const sasl::ScramChallenge& challenge);
  void confirm_scram(std::string_view server_signature);
  /// The server stops: says 421 and finishes, as soon as no answer is owed and no message is under
  /// way.
  void shut_down(std::string_view text);

  /// Facts for the Received line (RFC 5321 §4.4): what was said and done so far.
  std::string_view helo_domain() const;
  bool is_extended() const;
  bool is_authenticated() const;
  bool is_smtputf8() const;  // of the transaction at hand
  /// Without channel bindings once the client has authenticated.
  const std::optional<TlsInfo>& tls() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether the event takes an answer.
inline bool is_question(const ServerSession::Event& event) {
  return !std::holds_alternative<DataChunk>(event) && !std::holds_alternative<Reset>(event) &&
         !std::holds_alternative<Violated>(event) && !std::holds_alternative<Quit>(event);
}

}  // namespace mail::smtp
