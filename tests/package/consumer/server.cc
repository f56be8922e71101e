#include <mail/server/event_bus.h>
#include <mail/server/service.h>

int main() {
  const auto events = mail::server::make_local_event_bus();
  const auto shared = mail::server::make_shared_state({.hostname = "mx.example.com"});
  events->publish("mailbox/ann@example.com/INBOX");
  return shared && mail::server::to_string(mail::server::Protocol::kImaps) == "imaps" ? 0 : 1;
}
