#include <mail/pop3.h>

int main() {
  const mail::TimePoint now{};
  mail::pop3::ServerSession session({.hostname = "pop.example.com"}, now);
  if (!session.next()) return 1;
  session.accept();
  session.receive("CAPA\r\n", now);
  while (session.next()) session.refuse("", "not here");
  return session.output().find("\r\nUIDL\r\n") != std::string_view::npos ? 0 : 1;
}
