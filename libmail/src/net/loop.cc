// A connection is a node of a list: its ticket, its socket, its task. The task's last act is to
// post its own removal, since a coroutine cannot destroy the frame that it runs in.
// Tested by tests/unit/net/network_test.cc.
#include "net/loop.h"

#include <utility>

namespace mail::net {

Loop::Loop(WorkerPool& pool)
    : keep_running_(io_.get_executor()),
      inbox_(std::make_shared<Inbox>(io_)),
      worker_(pool, inbox_),
      alarm_(io_, [this](TimePoint now) { return look(now); }) {
  // Asio opens its epoll with the first timer or descriptor of a loop, and throws when it cannot:
  // that must not be a connection's when descriptors are short.
  const asio::steady_timer opens_epoll(io_);
}

Loop::~Loop() { stop(); }

Status Loop::start(const std::string& name) {
  MAIL_ASSIGN_OR_RETURN(thread_, Thread::start(name, [this] { io_.run(); }));
  return absl::OkStatus();
}

void Loop::stop() {
  inbox_->post([this] {
    connections_.clear();
    io_.stop();
  });
  thread_.join();
  inbox_->close();
  // A loop whose thread never ran.
  connections_.clear();
}

void Loop::serve(Arrival arrival, const Handler& handler) {
  if (arrival.is_load) load_.fetch_add(1, std::memory_order_relaxed);
  // Asio's handlers must be copyable in name only; what moves is held by a pointer.
  auto moving = std::make_shared<Arrival>(std::move(arrival));
  inbox_->post([this, moving, &handler] { begin(std::move(*moving), handler); });
}

void Loop::begin(Arrival arrival, const Handler& handler) {
  auto socket = SocketState::make(io_, alarm_, inbox_, arrival.descriptor.release());
  connections_.push_front(Connection{.ticket = std::move(arrival.ticket),
                                     .socket = socket,
                                     .task = {},
                                     .is_load = arrival.is_load});
  const auto self = connections_.begin();
  auto transport = std::make_unique<SocketTransport>(
      socket, std::move(arrival.peer), std::move(arrival.tls), arrival.protocol, &self->ticket);
  if (stopping_) socket->tell_stopping();
  const bool may_stay =
      self->ticket.on_shed([inbox = inbox_, weak = std::weak_ptr<SocketState>(socket)] {
        inbox->post([weak] {
          if (const auto state = weak.lock()) state->abort();
        });
      });
  if (!may_stay) socket->abort();
  self->task = run(handler, std::move(transport), self);
  self->task.start();
}

Task<void> Loop::run(const Handler& handler, std::unique_ptr<Transport> transport,
                     Connections::iterator self) {
  Task<void> serving = handler(*this, std::move(transport));
  co_await serving;
  if (self->is_load) load_.fetch_sub(1, std::memory_order_relaxed);
  asio::post(io_, [this, self] { connections_.erase(self); });
}

Walk Loop::look(TimePoint now) {
  Walk walk;
  // A connection that ends only posts its removal: the list stays as it is in this walk.
  for (auto& connection : connections_) {
    const auto deadline = connection.socket->ring(now);
    if (deadline && (!walk.next || *deadline < *walk.next)) walk.next = deadline;
    ++walk.looked_at;
  }
  return walk;
}

void Loop::tell_stopping() {
  inbox_->post([this] {
    stopping_ = true;
    for (auto& connection : connections_) connection.socket->tell_stopping();  // as in `look`
  });
}

void Loop::abort_connections() {
  inbox_->post([this] {
    for (auto& connection : connections_) connection.socket->abort();
  });
}

}  // namespace mail::net
