#include <mail/imap.h>

int main() {
  const mail::TimePoint now{};
  mail::imap::ServerSession session({.hostname = "imap.example.com"}, now);
  if (!session.next()) return 1;
  session.ok("", "ready");
  session.receive("a CAPABILITY\r\n", now);
  while (session.next()) session.no("", "not here");
  return session.output().find("a OK") != std::string_view::npos ? 0 : 1;
}
