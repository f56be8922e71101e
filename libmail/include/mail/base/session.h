// The contract of every protocol engine: bytes in, events out, nothing else.
//
// The loop that its owner writes (`server/drive.h` is ours):
//
//     while (!session.finished()) {
//       while (auto event = session.next()) handle(*event);      // answer each question exactly
//       once if (auto out = session.output(); !out.empty()) session.consume_output(write(out));
//       else if (session.wants_tls()) session.tls_started(handshake());
//       else if (session.wants_input()) session.receive(read_or_deadline(session.deadline()), now);
//     }
//
// `receive` stores, `next` interprets; neither blocks, reads a clock or touches a file. An event is
// a *question* (exactly one answer; `next` is silent until then) or a *notice*. Views inside an
// event die at the following `next` or `receive`. The same bytes give the same events and output
// however they are cut (chunks of data merged).
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "mail/base/time.h"

namespace mail {

/// What ties a login to this very TLS connection (RFC 5056), as raw octets; empty: not to be had.
/// A value.
struct ChannelBindings {
  std::string exporter;   // tls-exporter, RFC 9266
  std::string end_point;  // tls-server-end-point, RFC 5929 §4

  bool empty() const { return exporter.empty() && end_point.empty(); }
  bool operator==(const ChannelBindings&) const = default;
};

/// What a finished TLS handshake tells a session. A value.
struct TlsInfo {
  std::string version;      // "TLSv1.3"
  std::string cipher;       // "TLS_AES_256_GCM_SHA384"
  std::string server_name;  // SNI as the client sent it, or empty
  ChannelBindings bindings = {};

  bool operator==(const TlsInfo&) const = default;
};

/// The peer's faults, told to the owner as a notice beside the reply that the engine gave by
/// itself.
enum class Violation {
  kLineTooLong,        // a command line beyond its limit
  kBareNewline,        // CR or LF outside CRLF
  kPipelinedStartTls,  // bytes sent before the TLS handshake that would be read after it
  kTooManyErrors,      // more bad commands than the limit
  kEarlyTalker,        // bytes before the greeting
  kCrossProtocol,      // HTTP or another protocol spoken at us
  kInternal,           // our own fault: the session failed and the connection must be closed
};

std::string_view to_string(Violation violation);

template <class S>
concept Session = requires(S session, const S& constant, std::string_view bytes, TimePoint now,
                           std::size_t n, const TlsInfo& tls) {
  typename S::Event;
  { session.receive(bytes, now) } -> std::same_as<void>;
  { session.receive_eof(now) } -> std::same_as<void>;
  { session.next() } -> std::same_as<std::optional<typename S::Event>>;
  { session.output() } -> std::same_as<std::string_view>;
  { session.consume_output(n) } -> std::same_as<void>;
  { constant.wants_input() } -> std::same_as<bool>;
  { constant.wants_tls() } -> std::same_as<bool>;
  { session.tls_started(tls) } -> std::same_as<void>;
  { constant.deadline() } -> std::same_as<std::optional<TimePoint>>;
  { session.on_deadline(now) } -> std::same_as<void>;
  { constant.finished() } -> std::same_as<bool>;
};

/// Bytes too big for an output buffer, pulled by a session's `output()`. It hands out what is in
/// memory or says "not yet" (`available` is empty while `remaining` is not 0); its owner refills
/// it, never the session.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Octets not yet consumed, whether in memory or not.
  virtual std::uint64_t remaining() const = 0;
  /// What can be sent now. Valid until `consume`.
  virtual std::string_view available() = 0;
  virtual void consume(std::size_t octets) = 0;
};

}  // namespace mail
