#include <mail/net.h>

int main() {
  mail::ServerOptions options;
  options.accounts = {{"ann@example.com", "secret"}};
  const auto server = mail::Server::run(std::move(options));
  return server.ok() && (*server)->port("imaps") != 0 ? 0 : 1;
}
