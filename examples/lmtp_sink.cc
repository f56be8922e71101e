// An LMTP sink: takes every message for everybody, and says how long it was. Plain poll(2) and
// mail::smtp, nothing else: no TLS, no event library, no thread. Prints its port first.
#include <cstdio>
#include <map>
#include <vector>

#include <arpa/inet.h>
#include <mail/smtp/server_session.h>
#include <poll.h>
#include <unistd.h>

using namespace mail::smtp;

const ServerOptions kOptions{.hostname = "sink.example.com", .dialect = Dialect::kLmtp};

mail::TimePoint now() {
  return std::chrono::time_point_cast<mail::Duration>(std::chrono::steady_clock::now());
}

/// False when the connection is over.
bool serve(int socket, bool is_readable, ServerSession& session) {
  char bytes[65536];
  const ssize_t size = is_readable ? read(socket, bytes, sizeof bytes) : -1;
  if (size > 0) session.receive({bytes, size_t(size)}, now());
  if (size == 0) session.receive_eof(now());
  session.on_deadline(now());  // does nothing before it
  while (const auto event = session.next()) {
    const auto* end = std::get_if<DataEnd>(&*event);
    if (end != nullptr) std::printf("%zu octets\n", size_t(end->octets));
    if (is_question(*event)) session.accept();
  }
  const auto output = session.output();
  const ssize_t sent = send(socket, output.data(), output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) session.consume_output(size_t(sent));
  return !session.finished() && (sent >= 0 || errno == EAGAIN);
}

int main() {
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  auto* const name = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, name, size) || listen(listener, 64) || getsockname(listener, name, &size))
    return 1;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("%d\n", ntohs(address.sin_port));
  std::map<int, ServerSession> sessions;
  while (true) {
    std::vector<pollfd> polled = {{listener, POLLIN, 0}};
    for (auto& [socket, session] : sessions) {
      const int out = session.output().empty() ? 0 : POLLOUT;
      polled.push_back({socket, short(session.wants_input() ? POLLIN | out : out), 0});
    }
    poll(polled.data(), polled.size(), 1000);
    for (const auto& [socket, wanted, ready] : polled) {
      if (socket == listener) continue;
      if (!serve(socket, ready & ~POLLOUT, sessions.at(socket)))
        sessions.erase(socket), close(socket);
    }
    if (!polled[0].revents) continue;
    const int peer = accept(listener, nullptr, nullptr);
    serve(peer, false, sessions.try_emplace(peer, kOptions, now()).first->second);
  }
}
