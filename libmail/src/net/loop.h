#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "mail/base/ports.h"
#include "net/alarm.h"
#include "net/asio.h"
#include "net/gate.h"
#include "net/inbox.h"
#include "net/socket.h"
#include "net/thread.h"
#include "net/transport.h"
#include "net/worker_pool.h"

namespace mail::net {

class Loop;

/// Serves one connection to its end, on `loop`. What it captures outlives the loop.
using Handler = std::function<Task<void>(Loop& loop, std::unique_ptr<Transport> transport)>;

/// An accepted connection on its way to its loop.
struct Arrival {
  Descriptor descriptor;
  Endpoint peer;
  std::shared_ptr<const TlsContext> tls;
  std::string_view protocol;  // for ALPN; outlives the loop
  Gate::Ticket ticket;
  bool is_load = true;  // else it says nothing about where the next one is best served
};

/// One Asio loop, its thread, and the connections that live on it from their first byte to their
/// last. Public functions are safe from any thread, but for those that say otherwise.
class Loop {
 public:
  explicit Loop(WorkerPool& pool);
  ~Loop();

  Status start(const std::string& name);
  /// Ends what is still being served, then the thread. The worker pool must have stopped: no job
  /// may hold a piece of a connection that is being destroyed.
  void stop();

  asio::io_context& io() { return io_; }
  const std::shared_ptr<Inbox>& inbox() { return inbox_; }
  Worker& worker() { return worker_; }
  /// Connections, those on their way here included.
  std::size_t load() const { return load_.load(std::memory_order_relaxed); }

  /// `handler` outlives the loop.
  void serve(Arrival arrival, const Handler& handler);
  void tell_stopping();
  void abort_connections();

 private:
  struct Connection {
    Gate::Ticket ticket;
    std::shared_ptr<SocketState> socket;
    Task<void> task;
    bool is_load = true;
  };
  using Connections = std::list<Connection>;

  void begin(Arrival arrival, const Handler& handler);
  Task<void> run(const Handler& handler, std::unique_ptr<Transport> transport,
                 Connections::iterator self);
  Walk look(TimePoint now);

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> keep_running_;
  const std::shared_ptr<Inbox> inbox_;
  LoopWorker worker_;
  Alarm alarm_;
  std::atomic<std::size_t> load_ = 0;
  Connections connections_;  // its own thread only, as the next
  bool stopping_ = false;
  Thread thread_;
};

}  // namespace mail::net
