// The one loop that joins a session, its service and a transport.
//
// Order matters: all events first (so that the replies to pipelined commands leave in one write),
// then output, then TLS, and only then waiting. A Service has
//
//     Task<void> handle(Session&, Event&);             answers a question, takes notice of the rest
//     Task<void> woken(Session&);                      somebody published a topic, or
//     `attention_at` has come std::optional<TimePoint> attention_at() const;
#pragma once

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "mail/base/session.h"
#include "server/connection.h"

namespace mail::server {

/// Octets read at once. On the stack of an ordinary function: in a coroutine it would stay in the
/// frame of every idle connection.
inline constexpr std::size_t kReadOctets = 65536;

/// Moves what has arrived into the session.
template <Session S>
void receive_available(Transport& transport, S& session, TimePoint now) {
  char buffer[kReadOctets];
  const Transport::Moved moved = transport.read(std::span<char>(buffer));
  if (moved.octets != 0) session.receive(std::string_view(buffer, moved.octets), now);
  if (!moved.open) session.receive_eof(now);
}

/// Writes all output, waiting for the peer as long as it takes something within the write timeout.
/// False: the connection is gone.
template <Session S>
Task<bool> flush(Connection& connection, S& session) {
  Transport& transport = *connection.transport;
  TimePoint deadline = connection.world.clock.now() + connection.options().write_timeout;
  for (;;) {
    const std::string_view bytes = session.output();
    if (bytes.empty()) co_return true;
    const Transport::Moved moved = transport.write(bytes);
    session.consume_output(moved.octets);
    if (!moved.open) co_return false;
    if (moved.octets != 0) {
      deadline = connection.world.clock.now() + connection.options().write_timeout;
      continue;
    }
    const Transport::Interest interest{.readable = false, .writable = true};
    const auto readiness = co_await transport.wait(interest, deadline);
    if (readiness == Transport::Readiness::kDeadline) co_return false;
    if (readiness == Transport::Readiness::kWoken) connection.was_woken = true;
    if (readiness == Transport::Readiness::kStopping) session.shut_down("the server is stopping");
  }
}

inline std::optional<TimePoint> earlier(std::optional<TimePoint> a, std::optional<TimePoint> b) {
  if (!a) return b;
  if (!b) return a;
  return std::min(*a, *b);
}

template <Session S>
void end_revoked(Connection& connection, S& session) {
  connection.log(Logger::Level::kInfo, "the login is no longer valid, the session ends");
  connection.was_revoked = true;
  session.shut_down("your account or password has changed");
}

template <Session S, class Service>
Task<void> drive(Connection& connection, S& session, Service& service) {
  Transport& transport = *connection.transport;
  Clock& clock = connection.world.clock;
  for (;;) {
    bool has_answered = false;
    for (;;) {
      auto event = session.next();
      if (!event) break;
      co_await service.handle(session, *event);
      has_answered = true;
    }
    const bool had_output = !session.output().empty();
    const bool is_open = co_await flush(connection, session);
    if (!is_open || session.finished()) co_return;
    // Answers carry no time: the peer's deadline starts when it has them, not with its next byte.
    if (has_answered) session.receive({}, clock.now());
    // What the peer pipelined while the output was full is there already, and no byte will tell.
    if (had_output) continue;
    if (session.wants_tls()) {
      const std::optional<TimePoint> deadline = session.deadline();
      auto info = co_await transport.start_tls(deadline);
      if (!info.ok()) {
        connection.log(Logger::Level::kInfo, "TLS handshake failed",
                       {{"reason", std::string(message_of(info.status()))}});
        co_return;
      }
      session.tls_started(*info);
      continue;
    }
    if (std::exchange(connection.was_stopped, false)) {
      session.shut_down("the server is stopping");
      continue;
    }
    if (std::exchange(connection.was_woken, false)) {
      if (!connection.was_revoked && connection.is_login_revoked()) {
        end_revoked(connection, session);
      } else {
        co_await service.woken(session);
      }
      continue;
    }
    const Transport::Interest interest{.readable = session.wants_input(), .writable = false};
    const std::optional<TimePoint> deadline =
        earlier(earlier(connection.proof_deadline, connection.login_ends()),
                earlier(session.deadline(), service.attention_at()));
    const auto readiness = co_await transport.wait(interest, deadline);
    const TimePoint now = clock.now();
    switch (readiness) {
      case Transport::Readiness::kReady: receive_available(transport, session, now); break;
      case Transport::Readiness::kWoken: connection.was_woken = true; break;
      case Transport::Readiness::kDeadline:
        if (connection.proof_deadline && *connection.proof_deadline <= now) {
          connection.proof_deadline.reset();
          session.shut_down("no login and no message in time");
          break;
        }
        if (connection.login_ends() && *connection.login_ends() <= now) {
          end_revoked(connection, session);
          break;
        }
        if (session.deadline() && *session.deadline() <= now) session.on_deadline(now);
        if (service.attention_at() && *service.attention_at() <= now) {
          co_await service.woken(session);
        }
        break;
      case Transport::Readiness::kStopping: session.shut_down("the server is stopping"); break;
    }
  }
}

}  // namespace mail::server
