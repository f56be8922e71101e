#include "control.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

namespace mailctl {
namespace {

constexpr time_t kAnswerSeconds = 30;
constexpr std::size_t kMaxAnswerOctets = 16 * 1024 * 1024;

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

ControlAnswer failed(std::string_view what) {
  return {ControlAnswer::State::kFailed, std::string(what) + ": " + std::strerror(errno)};
}

ControlAnswer checked(std::string text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) {
    return {ControlAnswer::State::kFailed, "its answer is no JSON object"};
  }
  if (!json.value("ok", true)) {
    return {ControlAnswer::State::kFailed, json.value("error", std::string("it said no"))};
  }
  return {ControlAnswer::State::kAnswered, std::move(text)};
}

}  // namespace

ControlAnswer ask_server(const std::string& socket_path, std::string_view command) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return {};
  socket_path.copy(address.sun_path, socket_path.size());
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return failed("cannot make a socket");
  const timeval patience{kAnswerSeconds, 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) return {};
    return failed("cannot connect to '" + socket_path + "'");
  }
  const std::string line = std::string(command) + "\n";
  if (send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(line.size())) {
    return failed("cannot send to '" + socket_path + "'");
  }
  std::string text;
  char chunk[4096];
  while (text.size() < kMaxAnswerOctets) {
    const ssize_t size = recv(socket.get(), chunk, sizeof chunk, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed("no answer from '" + socket_path + "'");
    if (size == 0) break;
    text.append(chunk, static_cast<std::size_t>(size));
  }
  return checked(std::move(text));
}

}  // namespace mailctl
