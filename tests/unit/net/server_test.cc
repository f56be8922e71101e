#include <chrono>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "mail/net.h"
#include "net/control.h"
#include "unit/net/folder.h"
#include "unit/net/peer.h"

namespace mail::net::test {
namespace {

ServerOptions test_options() {
  ServerOptions options;
  options.accounts = {{"ann@example.com", "secret"}, {"bob@example.com", "a|b"}};
  options.aliases = "team@example.com ann@example.com,bob@example.com\n";
  options.limits.loops = 2;
  options.limits.stop_grace = seconds(2);
  return options;
}

std::unique_ptr<Server> started(ServerOptions options) {
  auto server = Server::run(std::move(options));
  INFO(message_of(server.status()));
  REQUIRE(server.ok());
  return std::move(server).value();
}

/// A server on a config folder, on free loopback ports.
ServerOptions folder_options(const TestFolder& folder) {
  for (const char* name : {"config", "mail", "state"}) {
    std::filesystem::create_directory(folder / name);
  }
  folder.write("config/mailserver.env",
               "OVERRIDE_HOSTNAME=mail.example.com\nSSL_TYPE=self-signed\n"
               "LISTEN_SMTP=127.0.0.1:0\nLISTEN_SUBMISSION=\nLISTEN_SUBMISSIONS=\n"
               "LISTEN_IMAP=127.0.0.1:0\nLISTEN_IMAPS=127.0.0.1:0\n");
  folder.write("config/postfix-accounts.cf", "ann@example.com|{PLAIN}secret\n");
  ServerOptions options;
  options.config = folder / "config";
  options.mail = folder / "mail";
  options.state = folder / "state";
  options.limits.loops = 2;
  return options;
}

std::string ask(const TestFolder& folder, std::string_view command) {
  Peer peer = Peer::connect_to_unix(folder / "state/run/control.sock");
  peer.send(command);
  return peer.receive_until_closed();
}

}  // namespace

TEST_CASE("A test server greets on every port, with TLS where it belongs") {
  const auto server = started(test_options());
  struct Row {
    const char* listener;
    bool tls;
    const char* greeting;
  };
  const Row rows[] = {{"smtp", false, "220 localhost.localdomain"},
                      {"submission", false, "220 localhost.localdomain"},
                      {"submissions", true, "220 localhost.localdomain"},
                      {"imap", false, "* OK "},
                      {"imaps", true, "* OK "},
                      {"pop3", false, "+OK "},
                      {"pop3s", true, "+OK "}};
  for (const Row& row : rows) {
    INFO(row.listener);
    const std::size_t size = std::string_view(row.greeting).size();
    Peer peer = Peer::connect_to(server->port(row.listener));
    if (row.tls) {
      TlsPeer tls(std::move(peer), server->authority(), "localhost");
      REQUIRE(tls.handshake());
      CHECK(tls.receive_all(size) == row.greeting);
    } else {
      CHECK(peer.receive_all(size) == row.greeting);
    }
  }
  CHECK(server->port("managesieve") == 0);
  CHECK(server->directory()->accounts().size() == 2);
}

TEST_CASE("A message that goes in by SMTP lies in the store of the embedded server") {
  const auto server = started(test_options());
  Peer peer = Peer::connect_to(server->port("smtp"));
  peer.send("EHLO client.example\r\n");
  const auto expect = [&](std::string_view end) {
    std::string seen;
    while (seen.find(end) == std::string::npos) {
      const std::string some = peer.receive(1);
      if (some.empty()) break;
      seen += some;
    }
    INFO(seen);
    return seen.find(end) != std::string::npos;
  };
  REQUIRE(expect("250 "));
  peer.send("MAIL FROM:<x@client.example>\r\nRCPT TO:<team@example.com>\r\nDATA\r\n");
  REQUIRE(expect("\r\n354 "));
  peer.send("Subject: hello\r\n\r\nbody\r\n.\r\nQUIT\r\n");
  REQUIRE(expect("\r\n250 "));
  REQUIRE(expect("\r\n221 "));
  for (const char* address : {"ann@example.com", "bob@example.com"}) {
    auto account = server->store().account({.address = address, .directory = {}});
    REQUIRE(account.ok());
    CHECK((*account)->status("INBOX")->messages == 1);
  }
}

TEST_CASE("Wrong accounts of a test server are an error") {
  ServerOptions options;
  options.accounts = {{"no address", "secret"}};
  CHECK_FALSE(Server::run(std::move(options)).ok());
}

TEST_CASE("Many servers live in one process, start and stop") {
  for (int round = 0; round < 10; ++round) {
    std::vector<std::unique_ptr<Server>> servers;
    std::set<std::uint16_t> ports;
    for (int i = 0; i < 3; ++i) {
      servers.push_back(started(test_options()));
      ports.insert(servers.back()->port("imap"));
    }
    CHECK(ports.size() == 3);
    Peer peer = Peer::connect_to(servers[1]->port("imap"));
    CHECK(peer.receive_all(5) == "* OK ");
    servers[1]->stop();
    CHECK_THAT(peer.receive_until_closed(), Catch::Contains("* BYE"));
    CHECK(Peer::connect_to(servers[2]->port("imap")).receive_all(5) == "* OK ");
    CHECK_FALSE(servers[1]->start().ok());
  }
}

TEST_CASE("A server on a folder tells its ports, answers its control socket, and tidies up") {
  const TestFolder folder;
  auto server = started(folder_options(folder));
  std::ifstream file(folder / "state/run/listeners.json");
  const std::string listeners((std::istreambuf_iterator<char>(file)), {});
  CHECK_THAT(listeners, Catch::Contains(cat("\"127.0.0.1:", server->port("imaps"), "\"")));
  CHECK_THAT(listeners, !Catch::Contains("submission"));

  const std::string status = ask(folder, "status\n");
  CHECK_THAT(status, Catch::StartsWith("{\"ok\":true,") &&
                         Catch::Contains("\"hostname\":\"mail.example.com\"") &&
                         Catch::Contains("\"accounts\":1") && Catch::EndsWith("}\n"));
  CHECK_THAT(ask(folder, "nonsense\n"), Catch::StartsWith("{\"ok\":false,"));
  CHECK(ask(folder, std::string(kMaxControlLine, 'x')).empty());

  folder.write("config/postfix-accounts.cf",
               "ann@example.com|{PLAIN}secret\nbob@example.com|{PLAIN}x\n");
  CHECK(ask(folder, "reload\n") == "{\"ok\":true}\n");
  CHECK(server->directory()->find_login("bob@example.com") != nullptr);

  server->stop();
  CHECK_FALSE(std::filesystem::exists(folder / "state/run/listeners.json"));
  CHECK_FALSE(std::filesystem::exists(folder / "state/run/control.sock"));
}

TEST_CASE("An account that is written to the config folder is soon there by itself") {
  const TestFolder folder;
  const auto server = started(folder_options(folder));
  folder.write("config/new", "ann@example.com|{PLAIN}secret\ncat@example.com|{PLAIN}x\n");
  std::filesystem::rename(folder / "config/new", folder / "config/postfix-accounts.cf");
  const auto give_up = std::chrono::steady_clock::now() + seconds(10);
  while (server->directory()->find_login("cat@example.com") == nullptr &&
         std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  CHECK(server->directory()->find_login("cat@example.com") != nullptr);
}

TEST_CASE("Every config file is read again when it is written, replaced or removed") {
  const TestFolder folder;
  const auto server = started(folder_options(folder));
  const auto comes_true = [](const auto& is_true) {
    const auto give_up = std::chrono::steady_clock::now() + seconds(10);
    while (!is_true() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    return is_true();
  };
  const auto quota = [&] {
    const auto snapshot = server->directory();
    return snapshot->quota_of(*snapshot->find_login("ann@example.com")).octets;
  };
  folder.write("config/dovecot-quotas.cf", "ann@example.com:5G\n");
  CHECK(comes_true([&] { return quota() == 5ULL << 30; }));
  std::filesystem::remove(folder / "config/dovecot-quotas.cf");
  CHECK(comes_true([&] { return quota() == 0; }));
  folder.write("config/postfix-receive-access.cf", "ann@example.com REJECT\n");
  CHECK(comes_true(
      [&] { return server->directory()->receive_access("ann@example.com") != nullptr; }));
  folder.write("config/new", "recipient_delimiter = -\n");
  std::filesystem::rename(folder / "config/new", folder / "config/postfix-main.cf");
  CHECK(comes_true(
      [&] { return server->directory()->find_mailbox("ann-news@example.com") != nullptr; }));
  std::filesystem::remove(folder / "config/postfix-main.cf");
  CHECK(comes_true(
      [&] { return server->directory()->find_mailbox("ann+news@example.com") != nullptr; }));
}

TEST_CASE("A start that cannot be says why") {
  const TestFolder folder;
  ServerOptions options = folder_options(folder);
  const auto fails_with = [&](std::string_view words) {
    const auto server = Server::run(options);
    REQUIRE_FALSE(server.ok());
    CHECK_THAT(std::string(message_of(server.status())), Catch::Contains(std::string(words)));
  };
  SECTION("no config folder") {
    options.config = folder / "nowhere";
    fails_with("nowhere");
  }
  SECTION("a TLS port without a certificate") {
    options.environment = {{"LISTEN_IMAPS", "127.0.0.1:0"}};
    folder.write("config/mailserver.env",
                 "LISTEN_SMTP=127.0.0.1:0\nLISTEN_IMAP=\nLISTEN_SUBMISSION=\n");
    fails_with("SSL_TYPE");
  }
  SECTION("a port that is taken") {
    const auto taken = listen_on({.host = "127.0.0.1", .port = 0, .unix_path = {}});
    options.environment = {{"LISTEN_SMTP", to_string(taken->address)}};
    fails_with("another program");
  }
  SECTION("a state folder that is in use") {
    const auto first = started(options);
    fails_with("another server answers");
    CHECK(std::filesystem::exists(folder / "state/run/listeners.json"));
    CHECK_THAT(ask(folder, "status\n"), Catch::StartsWith("{\"ok\":true,"));
  }
}

// Attack B1: James and Dovecot read into the session what had been sent before the handshake.
TEST_CASE("Nothing said in the clear survives STARTTLS, wherever the network cuts it") {
  const auto server = started(test_options());
  struct Row {
    const char* listener;
    std::string said;  // in the clear, STARTTLS and what an attacker adds
    std::string_view go;
  };
  const Row rows[] = {
      {"smtp", "EHLO c.example\r\nSTARTTLS\r\nMAIL FROM:<evil@c.example>\r\n", "220 2.0.0"},
      {"submission", "EHLO c.example\r\nSTARTTLS\r\nAUTH PLAIN AGFubg==\r\n", "220 2.0.0"},
      {"imap", "a STARTTLS\r\nb LOGIN ann@example.com secret\r\n", "a OK"},
  };
  for (const Row& row : rows) {
    const std::size_t end = row.said.find("STARTTLS\r\n") + 10;
    for (std::size_t cut = end; cut <= row.said.size(); ++cut) {
      INFO(row.listener << " cut at " << cut);
      Peer peer = Peer::connect_to(server->port(row.listener));
      REQUIRE(peer.send(row.said.substr(0, cut)));
      std::string seen;
      while (seen.find(row.go) == std::string::npos) {
        const std::string some = peer.receive();
        if (some.empty()) break;
        seen += some;
      }
      const bool is_clean = cut == end;
      if (!is_clean && seen.find(row.go) == std::string::npos) continue;  // closed at once
      // The rest comes where a ClientHello is awaited: it must not become a command.
      peer.send(row.said.substr(cut));
      peer.shut_down_writing();
      const std::string answer = peer.receive_until_closed();
      CHECK((answer.empty() || answer[0] == '\x15'));  // a TLS alert
    }
  }
}

TEST_CASE("A user has as many connections from one address as the settings say") {
  ServerOptions options = test_options();
  options.environment = {{"MAIL_MAX_USERIP_CONNECTIONS", "2"}};
  const auto server = started(std::move(options));
  const auto log_in = [&](const std::string& user) {
    auto tls = std::make_unique<TlsPeer>(Peer::connect_to(server->port("imaps")),
                                         server->authority(), "localhost");
    REQUIRE(tls->handshake());
    tls->send(cat("a LOGIN ", user, "@example.com secret\r\n"));
    std::string seen;
    while (seen.find("\na ") == std::string::npos || !seen.ends_with('\n')) {
      const std::string octet = tls->receive_all(1);
      if (octet.empty()) break;
      seen += octet;
    }
    return std::pair(std::move(tls), seen.substr(seen.find("\na ") + 1));
  };
  auto first = log_in("ann");
  auto second = log_in("ann");
  CHECK_THAT(first.second, Catch::StartsWith("a OK"));
  CHECK_THAT(second.second, Catch::StartsWith("a OK"));
  CHECK(log_in("ann").second ==
        "a NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded "
        "(mail_max_userip_connections=2)\r\n");
  first.first.reset();
  const auto give_up = std::chrono::steady_clock::now() + seconds(10);
  while (server->connections() > 2 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::yield();
  }
  // The place is free once the server has seen the end.
  std::string again;
  while (!again.starts_with("a OK") && std::chrono::steady_clock::now() < give_up) {
    again = log_in("ann").second;
  }
  CHECK_THAT(again, Catch::StartsWith("a OK"));
}

// Attack H6.
TEST_CASE("A server survives its embedder") {
  {
    auto bound = Server::bind(test_options());
    REQUIRE(bound.ok());
    Server& server = **bound;
    // Before the start: answers, no crash.
    server.reload();
    CHECK(server.connections() == 0);
    CHECK(server.port("smtp") != 0);
    CHECK(server.store().account({.address = "ann@example.com", .directory = {}}).ok());
    server.stop();
    REQUIRE(server.start().ok());
    CHECK_FALSE(server.start().ok());
    Peer peer = Peer::connect_to(server.port("imap"));
    CHECK(peer.receive_all(5) == "* OK ");
    server.stop();
    server.stop();
    server.reload();
    CHECK_FALSE(server.start().ok());
  }
  // Destroyed while somebody is connected, in the middle of a handshake, and never started.
  Peer peer;
  Peer shaking;
  {
    const auto server = started(test_options());
    peer = Peer::connect_to(server->port("smtp"));
    shaking = Peer::connect_to(server->port("imaps"));
    CHECK(peer.receive_all(3) == "220");
  }
  CHECK_THAT(peer.receive_until_closed(), Catch::Contains("421"));
  CHECK(shaking.receive_until_closed().size() < 100);
  {
    const auto never_started = Server::bind(test_options());
  }
  CHECK_FALSE(Server::bind({.config = "/nonexistent"}).ok());
}

}  // namespace mail::net::test
