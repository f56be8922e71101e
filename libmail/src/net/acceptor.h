#pragma once

#include <memory>

#include "mail/base/time.h"
#include "net/asio.h"
#include "net/network.h"
#include "net/socket.h"

namespace mail::net {

/// How long accepting pauses when the system is out of descriptors or memory: connections wait in
/// the kernel's backlog meanwhile.
inline constexpr Duration kAcceptPause = milliseconds(100);
/// Connections accepted in one go before the loop looks after others.
inline constexpr int kAcceptBatch = 64;

/// Accepts on one listening socket, on the first loop, and hands each connection to the loop that
/// has the fewest. Lives on its loop's thread once started.
class Acceptor {
 public:
  Acceptor(Network& network, const Network::Service& service, Descriptor socket);
  void start() { wait(); }
  void stop();

 private:
  void wait();
  void pause(int error);
  void accept_some();
  void admit(Descriptor descriptor, Endpoint peer);

  Network& network_;
  const Network::Service& service_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer pause_;
  bool complained_ = false;  // about the present shortage
};

}  // namespace mail::net
