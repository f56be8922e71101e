// The Transport port over a stream socket.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "mail/base/ports.h"
#include "net/alarm.h"
#include "net/asio.h"
#include "net/gate.h"

namespace mail::net {

class Inbox;
class SocketState;
class TlsContext;
class TlsStream;

/// Wakes the owner of a socket. Outlives both.
class SocketWaker final : public Waker {
 public:
  SocketWaker(std::shared_ptr<Inbox> home, std::weak_ptr<SocketState> socket);
  void wake() override;

 private:
  friend class SocketState;
  const std::shared_ptr<Inbox> home_;
  const std::weak_ptr<SocketState> socket_;
  std::atomic<bool> under_way_ = false;  // many wakes before the loop looks are one
};

/// A socket and who waits for it. Shared by the transport, the handlers that Asio has not called
/// yet and the list of the loop's connections. Everything but the waker runs on its loop.
class SocketState : public std::enable_shared_from_this<SocketState> {
 public:
  /// Takes the descriptor, which must be non-blocking. `alarm` outlives its waits.
  static std::shared_ptr<SocketState> make(asio::io_context& loop, Alarm& alarm,
                                           std::shared_ptr<Inbox> home, int descriptor);

  int descriptor() { return descriptor_.native_handle(); }
  bool is_closed() const { return closed_; }
  const std::shared_ptr<SocketWaker>& waker() const { return waker_; }

  /// What a wait would answer at once, if anything.
  std::optional<Transport::Readiness> answer_now(std::optional<TimePoint> deadline,
                                                 bool hears_wakes);
  /// Suspends `waiting` until one of them happens. `hears_wakes`: also for kWoken and kStopping.
  void begin_wait(Transport::Interest interest, std::optional<TimePoint> deadline, bool hears_wakes,
                  std::coroutine_handle<> waiting);
  Transport::Readiness take_answer() const { return answer_; }
  /// Ends a wait whose deadline has come. The deadline of the wait that is left, if any.
  std::optional<TimePoint> ring(TimePoint now);

  /// The owner hears kStopping, once.
  void tell_stopping();
  /// The connection fails now, whatever its owner is doing.
  void abort();
  void close();
  bool is_stopping() const { return stopping_; }

 private:
  friend class SocketWaker;
  SocketState(asio::io_context& loop, Alarm& alarm) : descriptor_(loop), alarm_(alarm) {}
  void woken();
  void watch(asio::posix::stream_descriptor::wait_type what);
  void finish(Transport::Readiness answer);

  asio::posix::stream_descriptor descriptor_;
  Alarm& alarm_;
  std::optional<TimePoint> deadline_;  // of the present wait
  std::shared_ptr<SocketWaker> waker_;
  std::coroutine_handle<> waiting_;
  // Each wait has a number, so that a handler of an earlier one can tell that it comes late.
  std::uint32_t wait_ = 0;
  std::uint8_t armed_ = 0;  // handlers of the present wait that Asio still holds
  Transport::Readiness answer_ = Transport::Readiness::kReady;
  bool hears_wakes_ = false;
  bool woken_ = false;
  bool stopping_ = false;
  bool stopping_told_ = false;
  bool closed_ = false;
};

class SocketTransport final : public Transport {
 public:
  /// `tls` may be null: then `start_tls` fails. `protocol` as in TlsStream::accept. `ticket`, which
  /// may be null, outlives the transport.
  SocketTransport(std::shared_ptr<SocketState> state, Endpoint peer,
                  std::shared_ptr<const TlsContext> tls, std::string_view protocol,
                  Gate::Ticket* ticket);
  ~SocketTransport() override;

  Task<Readiness> wait(Interest interest, std::optional<TimePoint> deadline) override;
  Moved read(std::span<char> to) override;
  Moved write(std::string_view bytes) override;
  Task<StatusOr<TlsInfo>> start_tls(std::optional<TimePoint> deadline) override;
  void close() override;
  void set_established() override;
  bool count_as(std::string_view address) override;
  const Endpoint& peer() const override { return peer_; }
  const Endpoint& local() const override;
  std::shared_ptr<Waker> waker() override;

 private:
  const std::shared_ptr<SocketState> state_;
  const Endpoint peer_;
  mutable std::optional<Endpoint> local_;  // asked of the system when somebody wants to know
  std::shared_ptr<const TlsContext> tls_context_;  // until the handshake
  const std::string_view protocol_;
  Gate::Ticket* const ticket_;
  std::unique_ptr<TlsStream> tls_;
};

}  // namespace mail::net
