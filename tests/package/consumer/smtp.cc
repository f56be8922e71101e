// The whole loop of a server with nothing behind it: feed bytes, ask for events, take the output.
#include <mail/smtp/server_session.h>

int main() {
  const mail::TimePoint now{};
  mail::smtp::ServerSession session({.hostname = "mx.example.com"}, now);
  std::string output;
  const auto run = [&] {
    while (session.next()) session.accept();
    output += session.output();
    session.consume_output(session.output().size());
  };
  run();
  session.receive("EHLO client.example.com\r\n", now);
  run();
  return output.starts_with("220 mx.example.com") && output.find("250 ") != std::string::npos ? 0
                                                                                              : 1;
}
