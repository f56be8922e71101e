// The SMTP engine inside an application's own asio::io_context, beside whatever else runs there:
// one coroutine a connection, no thread of ours. The application answers for one address.
// Prints its port first.
#include <cstdio>
#include <string>

#include <mail/smtp/server_session.h>
#include <asio.hpp>

namespace smtp = mail::smtp;
using asio::ip::tcp;

namespace {

mail::TimePoint now() {
  return std::chrono::time_point_cast<mail::Duration>(std::chrono::steady_clock::now());
}

/// What the application has to say to the questions of one connection.
class Application {
 public:
  explicit Application(smtp::ServerSession& session) : session_(session) {}

  void handle(const smtp::ServerSession::Event& event) {
    if (const auto* recipient = std::get_if<smtp::RcptTo>(&event)) {
      if (recipient->forward_path == "app@example.com") return session_.accept();
      return session_.answer({550, "5.1.1", "There is nobody here but app@example.com"});
    }
    if (const auto* chunk = std::get_if<smtp::DataChunk>(&event)) message_ += chunk->bytes;
    if (std::holds_alternative<smtp::Reset>(event)) message_.clear();
    if (std::holds_alternative<smtp::DataEnd>(event)) {
      std::printf("a message of %zu octets\n", message_.size());
      message_.clear();
    }
    if (smtp::is_question(event)) session_.accept();
  }

 private:
  smtp::ServerSession& session_;
  std::string message_;
};

asio::awaitable<void> serve(tcp::socket accepted) {
  const auto socket = std::make_shared<tcp::socket>(std::move(accepted));
  smtp::ServerSession session({.hostname = "app.example.com"}, now());
  Application application(session);
  asio::steady_timer deadline(socket->get_executor());
  asio::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  char bytes[4096];
  while (!session.finished() && !error) {
    while (const auto event = session.next()) application.handle(*event);
    const auto output = session.output();
    if (!output.empty()) {
      const auto sent = co_await socket->async_write_some(asio::buffer(output), token);
      session.consume_output(sent);
      continue;
    }
    if (!session.wants_input()) break;
    // The session says when it has waited enough; a timer of the loop cancels the read then.
    if (const auto end = session.deadline()) {
      deadline.expires_at(*end);
      deadline.async_wait([socket](asio::error_code cancelled) {
        if (!cancelled) socket->cancel();
      });
    }
    const auto size = co_await socket->async_read_some(asio::buffer(bytes), token);
    deadline.cancel();
    if (error == asio::error::operation_aborted) {
      session.on_deadline(now());
      error = {};
    } else if (error == asio::error::eof) {
      session.receive_eof(now());
      error = {};
    } else {
      session.receive({bytes, size}, now());
    }
  }
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor) {
  while (true) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main() {
  asio::io_context loop;
  tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("%d\n", acceptor.local_endpoint().port());
  asio::co_spawn(loop, accept_all(acceptor), asio::detached);
  loop.run();
}
