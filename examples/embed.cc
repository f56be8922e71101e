// A whole mail server inside a program: one account, mail in memory, free ports, a certificate of
// its own. Delivers a message and reads how many there are; a client would connect to the ports.
#include <cstdio>

#include <mail/net.h>

int main() {
  mail::ServerOptions options;
  options.accounts = {{"ann@example.com", "secret"}};
  options.aliases = "hello@example.com ann@example.com\n";
  auto server = mail::Server::run(std::move(options));
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return 1;
  }
  std::printf("SMTP on port %d, IMAP on port %d\n", (*server)->port("smtp"),
              (*server)->port("imaps"));

  const mail::store::Target ann{.account = {.address = "ann@example.com", .directory = ""}};
  const std::string_view message = "Subject: First light\r\n\r\nHello.\r\n";
  auto& store = (*server)->store();
  if (auto status = store.deliver({&ann, 1}, {&message, 1}, mail::WallTime{}); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  auto account = store.account(ann.account);
  if (!account.ok()) return 1;
  auto inbox = (*account)->status("INBOX");
  if (!inbox.ok()) return 1;
  std::printf("%u message in the INBOX\n", static_cast<unsigned>(inbox->messages));
  return inbox->messages == 1 ? 0 : 1;
}
