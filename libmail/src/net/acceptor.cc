// One thread accepts for all loops: connections go to the least loaded one, which SO_REUSEPORT
// cannot do (it hashes addresses, and ten clients may well meet on one core), a port that is taken
// is an error instead of a silent half, and a connection that waits in the backlog is never lost
// with its listener. The price is one hop between threads a connection.
// Tested by tests/unit/net/network_test.cc.
#include "net/acceptor.h"

#include <cerrno>

#include <poll.h>

namespace mail::net {
namespace {

/// accept(2) wants the new descriptor before it looks whether anybody waits.
bool somebody_waits(int listening) {
  pollfd entry{.fd = listening, .events = POLLIN, .revents = 0};
  return poll(&entry, 1, 0) > 0;
}

}  // namespace

Acceptor::Acceptor(Network& network, const Network::Service& service, Descriptor socket)
    : network_(network),
      service_(service),
      socket_(network.first_loop().io()),
      pause_(network.first_loop().io()) {
  asio::error_code error;
  const int descriptor = socket.release();
  socket_.assign(descriptor, error);
  if (error) {
    ::close(descriptor);
    network_.logger_.error("cannot watch a listening socket", {{"error", error.message()}});
  }
}

void Acceptor::stop() {
  asio::error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
}

void Acceptor::wait() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read, [this](asio::error_code error) {
    if (!error) accept_some();
  });
}

void Acceptor::pause(int error) {
  // Somebody who has not said who he is has the descriptor that the next one needs.
  network_.gate_.shed_one();
  if (!complained_) {
    network_.logger_.error("cannot accept connections for now",
                           {{"error", std::string(message_of(errno_status(error, "accept")))},
                            {"fix", "raise the limit of open files (ulimit -n, LimitNOFILE=)"}});
    complained_ = true;
  }
  pause_.expires_after(kAcceptPause);
  pause_.async_wait([this](asio::error_code cancelled) {
    if (!cancelled) accept_some();
  });
}

void Acceptor::accept_some() {
  for (int i = 0; i < kAcceptBatch; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Descriptor descriptor(accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address),
                                  &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (descriptor) {
      complained_ = false;
      admit(std::move(descriptor), to_endpoint(address));
      continue;
    }
    switch (errno) {
      case EMFILE:
      case ENFILE:
      case ENOBUFS:
      case ENOMEM: {
        const int error = errno;
        return somebody_waits(socket_.native_handle()) ? pause(error) : wait();
      }
      case EBADF:
      case EINVAL: return;  // closed
      case EAGAIN: return wait();
      default: break;  // the peer was faster: a fault of that one connection (accept(2))
    }
  }
  wait();
}

void Acceptor::admit(Descriptor descriptor, Endpoint peer) {
  Arrival arrival;
  Gate& gate = service_.counts ? network_.gate_ : network_.control_gate_;
  // A proxy's connections count for its clients, once it has said who they are.
  const bool is_proxy = service_.is_proxy && service_.is_proxy(peer.address);
  const std::string_view counted = is_proxy ? std::string_view() : peer.address;
  switch (gate.admit(service_.protocol, counted, arrival.ticket)) {
    case Gate::Verdict::kAdmitted: break;
    case Gate::Verdict::kAdmittedForAnother:
      network_.complain("all connections are taken, the oldest unknown one makes room",
                        peer.address);
      break;
    case Gate::Verdict::kTooMany:
      network_.complain("too many connections, closed a new one", peer.address);
      return;
    case Gate::Verdict::kTooManyFromAddress:
      network_.complain("too many connections from one address, closed a new one", peer.address);
      return;
  }
  arrival.descriptor = std::move(descriptor);
  arrival.peer = std::move(peer);
  if (service_.tls) arrival.tls = service_.tls();
  arrival.protocol = service_.protocol;
  network_.least_loaded().serve(std::move(arrival), service_.handler);
}

}  // namespace mail::net
