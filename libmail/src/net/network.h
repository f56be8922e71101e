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
    bool counts = true;  // towards the connection limits; the control socket does not
  };

  /// Loops and threads are there when this returns. `logger` outlives it. Fails: ResourceExhausted
  /// when the system has no descriptors or threads left.
  static StatusOr<std::unique_ptr<Network>> start(const Limits& limits, Logger& logger);
  ~Network();

  /// Begins to accept.
  void listen(Descriptor socket, Service service);

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

  Logger& logger_;
  Gate gate_;
  Gate control_gate_;
  WorkerPool pool_;
  // Handlers outlive the loops that run them.
  std::list<Service> services_;
  std::list<std::unique_ptr<Acceptor>> acceptors_;
  std::vector<std::unique_ptr<Loop>> loops_;
  bool stopped_ = false;
};

}  // namespace mail::net
