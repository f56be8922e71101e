// Loops, workers and listening sockets together: what accepts connections and hands each to its
// handler.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mail/base/ports.h"
#include "mail/net/limits.h"
#include "net/loop.h"

namespace mail::net {

class Acceptor;

class Network {
 public:
  /// What an acceptor needs to know: who serves, and the TLS context in force.
  struct Service {
    Handler handler;
    std::function<std::shared_ptr<const TlsContext>()> tls;  // may answer null
    std::string protocol = {};                               // its name for ALPN; empty: any
    /// Whether a proxy is there, whose connections are its clients'; none: never.
    std::function<bool(std::string_view address)> is_proxy = {};
    bool counts = true;  // towards the connection limits; the control socket does not
  };

  /// Loops and threads are there when this returns. `logger` outlives it. Fails: ResourceExhausted
  /// when the system has no descriptors or threads left.
  static StatusOr<std::unique_ptr<Network>> start(const Limits& limits, Logger& logger);
  ~Network();

  /// Begins to accept; null when the network has stopped. Safe from any thread, as the next two.
  Acceptor* listen(Descriptor socket, Service service);
  /// Accepts no more and closes the socket before this returns; what was accepted lives on.
  void unlisten(Acceptor& acceptor);
  /// For connections that come from now on.
  void set_limits(const Limits& limits);

  /// Serves something that is no connection but lives like one, on the first loop, until the server
  /// stops.
  void adopt(Descriptor descriptor, Handler handler);

  Loop& first_loop() { return *loops_.front(); }
  std::size_t loops() const { return loops_.size(); }
  std::size_t connections() const { return gate_.count(); }

  /// Accepts no more, tells every connection that the server stops, waits up to `grace` for them
  /// to end, cuts those that did not, joins all threads. Once.
  void stop(Duration grace);

 private:
  friend class Acceptor;
  Network(const Limits& limits, Logger& logger);
  Loop& least_loaded();
  void complain(std::string_view sentence, std::string_view peer);

  Logger& logger_;
  Gate gate_;
  Gate control_gate_;
  WorkerPool pool_;
  std::mutex mutex_;  // of the two lists and `stopped_`
  // Handlers outlive the loops that run them.
  std::list<Service> services_;
  std::list<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<std::unique_ptr<Loop>> loops_;
  bool stopped_ = false;
  TimePoint complained_{};     // the first loop's only, as the next
  std::size_t swallowed_ = 0;  // complaints since
};

}  // namespace mail::net
