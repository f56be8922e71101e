// The SMTP and LMTP client engine: the other end of mail/smtp/server_session.h.
//
// A `mail::Session` (mail/base/session.h). It greets, takes STARTTLS and AUTH as its options say,
// and then asks again and again what to do:
//
//     [ScramPassword?] → Ready? → send → Sent → Ready? → quit
//
// A `?` marks a question: Ready is answered by `send` or `quit`, ScramPassword by `prove_scram`.
// Failed is the last event, wherever it comes; a Sent for the message under way comes before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mail/base/session.h"
#include "mail/sasl/client.h"
#include "mail/smtp/reply.h"
#include "mail/smtp/types.h"

namespace mail::smtp {

enum class TlsUse : std::uint8_t { kNever, kWhenOffered, kRequired };

struct Credentials {
  std::string login;
  std::string password;
  std::string authorization;  // as whom to act; usually empty
};

/// A value. Limits are listed in docs/limits.md; times are those of RFC 5321 §4.5.3.2.
struct ClientOptions {
  Dialect dialect = Dialect::kSmtp;
  std::string hostname = "localhost";  // for EHLO
  /// STARTTLS. With kSubmissions TLS comes first. Whom the certificate must name is the driver's
  /// business.
  TlsUse tls = TlsUse::kWhenOffered;
  std::optional<Credentials> credentials;
  bool allows_cleartext_auth = false;
  std::string nonce;  // fresh, printable, without comma: SCRAM is possible
  /// BDAT where the server has it; a binary message always goes so.
  bool prefers_chunking = false;

  std::size_t reply_line = 2048;  // octets with CRLF; RFC 5321 §4.5.3.1.5 asks for 512
  std::size_t reply_lines = 128;  // of one reply
  std::size_t pipelined = 100;    // commands without a reply, where PIPELINING is offered
  Duration greeting_timeout = minutes(5);
  Duration command_timeout = minutes(5);       // MAIL, RCPT and all others
  Duration data_timeout = minutes(2);          // until 354
  Duration block_timeout = minutes(3);         // for a block of the message
  Duration termination_timeout = minutes(10);  // after the final dot
  Duration quit_timeout = seconds(10);
};

/// What the server said that it can, in its last answer to EHLO or LHLO. A value.
struct Capabilities {
  bool is_extended = false;  // EHLO was understood
  ExtensionSet extensions;
  std::uint64_t size = 0;      // SIZE; 0: no limit is known
  std::size_t recipients = 0;  // LIMITS RCPTMAX; 0: no limit is known
  std::vector<std::string> mechanisms;

  bool has(Extension extension) const { return extensions.has(extension); }
};

/// Where a message goes. A value. Parameters of extensions that the server lacks are left out,
/// where that loses nothing but a wish (DSN).
struct EnvelopeRecipient {
  std::string address;
  DsnNotify notify;
  std::string original_type;
  std::string original_recipient;
};
struct Envelope {
  std::string reverse_path;
  std::vector<EnvelopeRecipient> recipients;
  /// kBinaryMime: the message goes as it is. Otherwise its line ends become CRLF, whatever they
  /// are, and octets above 127 make it 8BITMIME.
  BodyType body = BodyType::kSevenBit;
  bool is_smtputf8 = false;  // its header holds UTF-8; UTF-8 in an address is seen here
  DsnReturn dsn_return = DsnReturn::kUnspecified;
  std::string envelope_id;
};

/// How far a recipient came.
enum class Stage : std::uint8_t { kChecks, kMail, kRcpt, kData, kMessage };
struct Outcome {
  Stage stage = Stage::kChecks;
  /// The server's, or one made here (`is_local`): a message that the server cannot take, or a
  /// connection that was lost.
  Reply reply;
  bool is_local = false;

  bool is_delivered() const { return stage == Stage::kMessage && reply.is_positive(); }
};

/// The server waits for a message.
struct Ready {};
/// Notice: a message is done with, one way or the other. One outcome for each recipient.
struct Sent {
  std::span<const Outcome> outcomes;
};
enum class ClientFailure : std::uint8_t {
  kRefused,          // greeting or EHLO; `reply` says why
  kShutDown,         // 421, or an early end of the message
  kTlsUnavailable,   // required, and not offered or refused: nothing was sent (attack B3)
  kAuthUnavailable,  // no mechanism that both can do
  kAuthRefused,      // or the server could not prove who it is
  kTimeout,
  kDisconnected,
  kMalformedReply,  // attack A10
  kReplyTooLong,    // likewise
  kUnexpectedReply,
  kPipelinedStartTls,  // attack B2: bytes that would have been read as if they came under TLS
  kInternal,           // our own fault
};
std::string_view to_string(ClientFailure failure);
/// Notice: the connection is of no use any more.
struct Failed {
  ClientFailure failure = ClientFailure::kInternal;
  Reply reply;  // where there was one
};

class ClientEngine;

class ClientSession {
 public:
  using Event = std::variant<Ready, sasl::ScramPassword, Sent, Failed>;

  ClientSession(ClientOptions options, TimePoint now);
  ~ClientSession();
  ClientSession(ClientSession&&) noexcept;
  ClientSession& operator=(ClientSession&&) noexcept;

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

  /// Answers to Ready. The bytes of `message` outlive its Sent.
  void send(Envelope envelope, std::string_view message);
  void quit();
  /// The answer to ScramPassword.
  void prove_scram(const sasl::ScramAnswer& answer);

  const Capabilities& capabilities() const;
  const std::optional<TlsInfo>& tls() const;

 private:
  std::unique_ptr<ClientEngine> engine_;
};

}  // namespace mail::smtp
