// Tested by tests/unit/net/network_test.cc.
#include "net/socket.h"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mail/net/checkup.h"

namespace mail::net {
namespace {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

StatusOr<SocketAddress> to_socket_address(const directory::ListenAddress& address) {
  SocketAddress result;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(address.port);
    std::memcpy(&result.storage, &v4, sizeof v4);
    result.size = sizeof v4;
  } else if (inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(address.port);
    std::memcpy(&result.storage, &v6, sizeof v6);
    result.size = sizeof v6;
  } else {
    return invalid("'", address.host, "' is not an IP address");
  }
  return result;
}

StatusOr<SocketAddress> to_unix_address(const std::string& path) {
  SocketAddress result;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return invalid("the socket path '", path, "' is longer than ", sizeof address.sun_path - 1,
                   " octets: choose a shorter folder");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  std::memcpy(&result.storage, &address, sizeof address);
  result.size = sizeof address;
  return result;
}

Status bind_error(int error, const std::string& where) {
  if (error == EADDRINUSE) {
    return already_exists("cannot listen on ", where,
                          ": another program does. Stop it (ss -ltnp shows which) or choose "
                          "another address");
  }
  if (error == EACCES) {
    return errno_status(error, cat("cannot listen on ", where,
                                   " (ports below 1024 need root or CAP_NET_BIND_SERVICE)"));
  }
  return errno_status(error, cat("cannot listen on ", where));
}

/// Removes a socket that nobody answers on.
Status remove_stale(const std::string& path, SocketAddress& address) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return failed_precondition(path, " is not a socket: remove it");
  }
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connect(probe.get(), address.get(), address.size) == 0 || errno == EAGAIN) {
    return already_exists("another server answers on ", path,
                          ": stop it or choose another state folder");
  }
  if (unlink(path.c_str()) != 0) return errno_status(errno, cat("cannot remove the old ", path));
  return absl::OkStatus();
}

StatusOr<Descriptor> listen_on_unix(const std::string& path, mode_t mode) {
  MAIL_ASSIGN_OR_RETURN(auto address, to_unix_address(path));
  MAIL_RETURN_IF_ERROR(remove_stale(path, address));
  Descriptor descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor) return errno_status(errno, cat("cannot make a socket for ", path));
  // The mode is set before anybody can connect: a socket that is bound but does not listen refuses.
  if (bind(descriptor.get(), address.get(), address.size) != 0 || chmod(path.c_str(), mode) != 0 ||
      listen(descriptor.get(), kBacklog) != 0) {
    return bind_error(errno, path);
  }
  return descriptor;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (number_ >= 0) ::close(number_);
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

namespace {

/// Bound, not yet listening. Fails: as `listen_on`.
StatusOr<Descriptor> bind_to(const directory::ListenAddress& wanted) {
  const std::string where = directory::to_string(wanted);
  MAIL_ASSIGN_OR_RETURN(auto address, to_socket_address(wanted));
  const int family = address.storage.ss_family;
  Descriptor descriptor(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor) {
    if (errno == EAFNOSUPPORT) return unavailable("this system has no IPv6 for ", where);
    return errno_status(errno, cat("cannot make a socket for ", where));
  }
  const int on = 1;
  // Without SO_REUSEADDR a restarted server would have to wait for TIME_WAIT connections to fade.
  // SO_REUSEPORT is not set: two servers on one port would each get half of the mail.
  setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) {
    setsockopt(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  // Inherited by what is accepted. Replies are written whole: waiting to fill a segment only
  // delays.
  setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(descriptor.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (bind(descriptor.get(), address.get(), address.size) != 0) {
    if (errno == EADDRNOTAVAIL && family == AF_INET6) {
      return unavailable("cannot listen on ", where, ": the system has no such address");
    }
    return bind_error(errno, where);
  }
  return descriptor;
}

}  // namespace

StatusOr<ListeningSocket> listen_on(const directory::ListenAddress& wanted) {
  if (!wanted.unix_path.empty()) {
    MAIL_ASSIGN_OR_RETURN(auto descriptor, listen_on_unix(wanted.unix_path, 0666));
    return ListeningSocket{.descriptor = std::move(descriptor), .address = wanted};
  }
  const std::string where = directory::to_string(wanted);
  MAIL_ASSIGN_OR_RETURN(Descriptor descriptor, bind_to(wanted));
  if (listen(descriptor.get(), kBacklog) != 0) return bind_error(errno, where);
  SocketAddress actual;
  actual.size = sizeof actual.storage;
  if (getsockname(descriptor.get(), actual.get(), &actual.size) != 0) {
    return errno_status(errno, cat("cannot learn the port of ", where));
  }
  ListeningSocket result{.descriptor = std::move(descriptor), .address = wanted};
  result.address.port = to_endpoint(actual.storage).port;
  return result;
}

Status check_is_free(const directory::ListenAddress& address) {
  if (address.unix_path.empty()) return bind_to(address).status();
  MAIL_ASSIGN_OR_RETURN(const auto target, to_unix_address(address.unix_path));
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* to = reinterpret_cast<const sockaddr*>(&target.storage);
  if (connect(probe.get(), to, target.size) != 0 && errno != EAGAIN) return absl::OkStatus();
  return already_exists("another process answers at '", address.unix_path, "'");
}

StatusOr<Descriptor> listen_on_control(const std::string& path) {
  return listen_on_unix(path, 0600);
}

Endpoint to_endpoint(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = {};
  Endpoint endpoint;
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    endpoint = {.address = text, .port = ntohs(v4.sin_port)};
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    endpoint = {.address = text, .port = ntohs(v6.sin6_port)};
  }
  return endpoint;
}

}  // namespace mail::net
