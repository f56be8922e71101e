// A transport is a socket, an optional TLS stream on it, and at most one coroutine that waits.
//
// Waiting is the hard spot: readiness, a deadline, a wake-up and the end of the server race, and
// Asio calls every handler it was given, also late. So a wait has a number; a handler brings the
// number of its wait, and whoever comes first ends the wait and makes the others' numbers old. A
// handler keeps the SocketState alive, never the transport or the coroutine.
//
// A wake-up or a stop that comes while nobody waits is kept for the next wait. The price of a wait
// is one coroutine frame, one Asio operation from its recycled memory and one epoll_ctl; deadlines
// have one timer in each loop (alarm.h).
//
// Tested by tests/unit/net/transport_test.cc and tls_test.cc.
#include "net/transport.h"

#include <cerrno>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include "net/inbox.h"
#include "net/socket.h"
#include "net/tls.h"

namespace mail::net {
namespace {

using Readiness = Transport::Readiness;
using WaitType = asio::posix::stream_descriptor::wait_type;

// A deadline further away than this is none: the clock counts nanoseconds and could overflow.
constexpr Duration kNoDeadline = hours(24 * 365);
// Unread octets that are taken in before a close, see `drain`.
constexpr int kDrainOctets = 64 * 1024;

/// Linux answers a close with unread input by RST, and the peer then loses the goodbye that it has
/// not read yet (RFC 1122 §4.2.2.13). So what has come already is taken in first. False: the peer
/// has reset the connection, nobody is there to be told of its end.
bool drain(int descriptor) {
  char waste[4096];
  for (int left = kDrainOctets; left > 0;) {
    const auto n = recv(descriptor, waste, sizeof waste, MSG_DONTWAIT);
    if (n <= 0) return n == 0 || errno != ECONNRESET;
    left -= static_cast<int>(n);
  }
  return true;
}

struct Wait {
  SocketState& state;
  Transport::Interest interest;
  std::optional<TimePoint> deadline;
  bool hears_wakes;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const {
    state.begin_wait(interest, deadline, hears_wakes, waiting);
  }
  Readiness await_resume() const { return state.take_answer(); }
};

}  // namespace

SocketWaker::SocketWaker(std::shared_ptr<Inbox> home, std::weak_ptr<SocketState> socket)
    : home_(std::move(home)), socket_(std::move(socket)) {}

void SocketWaker::wake() {
  if (under_way_.exchange(true)) return;
  home_->post([socket = socket_] {
    if (const auto state = socket.lock()) state->woken();
  });
}

std::shared_ptr<SocketState> SocketState::make(asio::io_context& loop, Alarm& alarm,
                                               std::shared_ptr<Inbox> home, int descriptor) {
  std::shared_ptr<SocketState> state(new SocketState(loop, alarm));
  state->waker_ = std::make_shared<SocketWaker>(std::move(home), state);
  asio::error_code error;
  state->descriptor_.assign(descriptor, error);
  if (error) {  // epoll has no room for it
    ::close(descriptor);
    state->closed_ = true;
  }
  return state;
}

std::optional<Readiness> SocketState::answer_now(std::optional<TimePoint> deadline,
                                                 bool hears_wakes) {
  if (closed_) return Readiness::kReady;
  if (hears_wakes) {
    if (stopping_ && !stopping_told_) {
      stopping_told_ = true;
      return Readiness::kStopping;
    }
    if (woken_) {
      woken_ = false;
      return Readiness::kWoken;
    }
  }
  if (deadline && *deadline <= steady_now()) return Readiness::kDeadline;
  return std::nullopt;
}

void SocketState::begin_wait(Transport::Interest interest, std::optional<TimePoint> deadline,
                             bool hears_wakes, std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  hears_wakes_ = hears_wakes;
  armed_ = 0;
  if (interest.readable) watch(WaitType::wait_read);
  if (interest.writable) watch(WaitType::wait_write);
  deadline_.reset();
  if (deadline && *deadline - steady_now() < kNoDeadline) {
    deadline_ = deadline;
    alarm_.ring_by(*deadline_);
  }
}

std::optional<TimePoint> SocketState::ring(TimePoint now) {
  if (waiting_ && deadline_ && *deadline_ <= now) finish(Readiness::kDeadline);
  // Perhaps of a wait that began meanwhile.
  return waiting_ ? deadline_ : std::nullopt;
}

void SocketState::watch(WaitType what) {
  ++armed_;
  descriptor_.async_wait(what, [self = shared_from_this(), number = wait_](asio::error_code) {
    if (number != self->wait_) return;
    --self->armed_;
    self->finish(Readiness::kReady);
  });
}

void SocketState::finish(Readiness answer) {
  if (!waiting_) return;
  ++wait_;
  if (armed_ > 0) {
    asio::error_code ignored;
    descriptor_.cancel(ignored);
  }
  answer_ = answer;
  // The owner may end, and let go of everything but this handler's reference, before this returns.
  std::exchange(waiting_, {}).resume();
}

void SocketState::woken() {
  waker_->under_way_ = false;
  if (waiting_ && hears_wakes_) {
    finish(Readiness::kWoken);
  } else {
    woken_ = true;
  }
}

void SocketState::tell_stopping() {
  if (stopping_) return;
  stopping_ = true;
  if (!waiting_) return;
  stopping_told_ = hears_wakes_;
  // In the middle of a handshake there is nobody to say goodbye to: the wait just ends.
  finish(Readiness::kStopping);
}

void SocketState::abort() {
  const auto self = shared_from_this();
  close();
  finish(Readiness::kReady);
}

void SocketState::close() {
  if (std::exchange(closed_, true)) return;
  // Also for those that hold a duplicate: the peer must see the end now.
  const int socket = descriptor_.native_handle();
  if (drain(socket)) ::shutdown(socket, SHUT_RDWR);
  asio::error_code ignored;
  descriptor_.close(ignored);
}

SocketTransport::SocketTransport(std::shared_ptr<SocketState> state, Endpoint peer,
                                 std::shared_ptr<const TlsContext> tls, std::string_view protocol,
                                 Gate::Ticket* ticket)
    : state_(std::move(state)),
      peer_(std::move(peer)),
      tls_context_(std::move(tls)),
      protocol_(protocol),
      ticket_(ticket) {}

SocketTransport::~SocketTransport() { close(); }

const Endpoint& SocketTransport::local() const {
  if (!local_) {
    local_.emplace();
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (!state_->is_closed() &&
        getsockname(state_->descriptor(), reinterpret_cast<sockaddr*>(&address), &size) == 0) {
      local_ = to_endpoint(address);
    }
  }
  return *local_;
}

Task<Readiness> SocketTransport::wait(Interest interest, std::optional<TimePoint> deadline) {
  if (const auto known = state_->answer_now(deadline, true)) co_return *known;
  if (tls_ != nullptr && interest.readable) {
    if (tls_->has_decrypted()) co_return Readiness::kReady;
    if (tls_->read_wants_write()) interest.writable = true;
  }
  Wait waiting{*state_, interest, deadline, true};
  const Readiness answer = co_await waiting;
  co_return answer;
}

Transport::Moved SocketTransport::read(std::span<char> to) {
  if (state_->is_closed()) return {.octets = 0, .open = false};
  if (tls_ != nullptr) return tls_->read(to);
  if (to.empty()) return {};
  const auto n = recv(state_->descriptor(), to.data(), to.size(), 0);
  if (n > 0) return {.octets = static_cast<std::size_t>(n), .open = true};
  return {.octets = 0, .open = n < 0 && (errno == EAGAIN || errno == EINTR)};
}

Transport::Moved SocketTransport::write(std::string_view bytes) {
  if (state_->is_closed()) return {.octets = 0, .open = false};
  if (tls_ != nullptr) return tls_->write(bytes);
  if (bytes.empty()) return {};
  const auto n = send(state_->descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return {.octets = static_cast<std::size_t>(n), .open = true};
  return {.octets = 0, .open = errno == EAGAIN || errno == EINTR};
}

Task<StatusOr<TlsInfo>> SocketTransport::start_tls(std::optional<TimePoint> deadline) {
  if (tls_ != nullptr || tls_context_ == nullptr) {
    co_return failed_precondition("TLS is not possible on this connection");
  }
  if (state_->is_closed()) co_return unavailable("the connection is closed");
  auto stream = TlsStream::accept(std::move(tls_context_), state_->descriptor(), protocol_);
  if (!stream.ok()) co_return std::move(stream).status();
  std::unique_ptr<TlsStream> tls = std::move(stream).value();
  while (true) {
    const TlsStream::Step step = tls->handshake();
    if (step == TlsStream::Step::kDone) break;
    if (step == TlsStream::Step::kFailed) {
      co_return invalid("the TLS handshake failed: ", tls->fault());
    }
    Interest interest;
    interest.readable = step == TlsStream::Step::kWantRead;
    interest.writable = step == TlsStream::Step::kWantWrite;
    // Wake-ups wait for the end of the handshake.
    auto answer = state_->answer_now(deadline, false);
    if (!answer) {
      Wait waiting{*state_, interest, deadline, false};
      const Readiness waited = co_await waiting;
      answer = waited;
    }
    if (*answer == Readiness::kDeadline) {
      co_return absl::DeadlineExceededError("the TLS handshake took too long");
    }
    if (state_->is_closed()) co_return unavailable("the connection is closed");
    if (state_->is_stopping()) co_return unavailable("the server stops");
  }
  TlsInfo info = tls->info();
  tls_ = std::move(tls);
  co_return info;
}

void SocketTransport::close() {
  if (state_->is_closed()) return;
  if (tls_ != nullptr) tls_->close_notify();
  state_->close();
}

void SocketTransport::set_established() {
  if (ticket_ != nullptr) ticket_->establish();
}

bool SocketTransport::count_as(std::string_view address) {
  return ticket_ == nullptr || ticket_->count_as(protocol_, address);
}

std::shared_ptr<Waker> SocketTransport::waker() { return state_->waker(); }

}  // namespace mail::net
