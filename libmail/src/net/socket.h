// Listening sockets and addresses: the system calls, without a loop.
#pragma once

#include <string>
#include <utility>

#include <sys/socket.h>

#include "mail/base/ports.h"
#include "mail/base/status.h"
#include "mail/directory/listen.h"

namespace mail::net {

/// Owns a file descriptor. A resource.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// Ready to accept from; `address` has the actual port.
struct ListeningSocket {
  Descriptor descriptor;
  directory::ListenAddress address;
};

/// Connections that may wait to be accepted.
inline constexpr int kBacklog = 1024;

/// An IPv6 socket takes no IPv4 connections: the two are separate addresses. Fails: Unavailable
/// when the system has no such address family; otherwise with the address and what to do.
StatusOr<ListeningSocket> listen_on(const directory::ListenAddress& address);

/// A unix socket that only its owner may connect to. What an earlier process left under that path
/// is removed; one that answers is left alone. Fails: AlreadyExists when another process answers.
StatusOr<Descriptor> listen_on_control(const std::string& path);

Endpoint to_endpoint(const sockaddr_storage& address);

}  // namespace mail::net
