// The client's engine tied to the server's: whatever the one says the other understands, in every
// dialect and however the bytes between them are cut.
#include <catch2/catch.hpp>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "mail/base/absl.h"
#include "mail/smtp/client_session.h"
#include "mail/smtp/server_session.h"

namespace mail::smtp {
namespace {

constexpr TimePoint kNow{hours(1)};

/// How many octets cross at once.
using Cut = std::function<std::size_t()>;

/// Accepts everybody but "gone", and keeps what it was given.
struct Application {
  struct Message {
    std::string from;
    std::vector<std::string> to;
    std::string bytes;
    bool operator==(const Message&) const = default;
  };
  std::vector<Message> messages;
  Message message;
  std::string login;
  bool is_lmtp = false;

  void handle(ServerSession& session, const ServerSession::Event& event) {
    if (const auto* mail = std::get_if<MailFrom>(&event)) {
      message = {.from = std::string(mail->reverse_path), .to = {}, .bytes = {}};
    } else if (const auto* rcpt = std::get_if<RcptTo>(&event)) {
      if (rcpt->forward_path.starts_with("gone")) return session.answer({550, "5.1.1", "No"});
      message.to.emplace_back(rcpt->forward_path);
    } else if (const auto* chunk = std::get_if<DataChunk>(&event)) {
      message.bytes += chunk->bytes;
      return;
    } else if (std::holds_alternative<DataEnd>(event)) {
      messages.push_back(message);
      if (is_lmtp) {
        std::vector<Reply> replies(message.to.size(), Reply{250, "2.0.0", "Saved"});
        replies.back() = {452, "4.2.2", "Over quota"};
        return session.answer_each(replies);
      }
    } else if (std::holds_alternative<Reset>(event) || std::holds_alternative<Quit>(event) ||
               std::holds_alternative<Violated>(event)) {
      return;
    }
    session.accept();
  }
};

struct Wire {
  ClientSession client;
  ServerSession server;
  Application application;
  Cut cut;
  std::vector<std::vector<Outcome>> sent;
  std::vector<Failed> failures;
  /// Called at each Ready.
  std::function<void(ClientSession&)> on_ready;

  bool move() {
    bool moved = false;
    while (const auto event = server.next()) {
      moved = true;
      application.handle(server, *event);
    }
    while (const auto event = client.next()) {
      moved = true;
      if (std::holds_alternative<Ready>(*event)) on_ready(client);
      if (const auto* s = std::get_if<Sent>(&*event)) {
        sent.emplace_back(s->outcomes.begin(), s->outcomes.end());
      }
      if (const auto* f = std::get_if<Failed>(&*event)) failures.push_back(*f);
    }
    if (client.wants_tls() && server.wants_tls()) {
      client.tls_started({.version = "TLSv1.3"});
      server.tls_started({.version = "TLSv1.3"});
      return true;
    }
    return pass(client, server) || pass(server, client) || moved;
  }

  template <class From, class To>
  bool pass(From& from, To& to) {
    if (!to.wants_input()) return false;
    const auto bytes = std::string(from.output().substr(0, cut()));
    if (bytes.empty()) return false;
    from.consume_output(bytes.size());
    to.receive(bytes, kNow);
    return true;
  }
};

struct Row {
  std::string_view name;
  Dialect dialect = Dialect::kSmtp;
  bool has_tls = false;
  bool has_auth = false;
  bool prefers_chunking = false;
  std::string_view withheld = "";
};

constexpr Row kRows[] = {
    {.name = "SMTP"},
    {.name = "SMTP by BDAT", .prefers_chunking = true},
    {.name = "SMTP with STARTTLS", .has_tls = true},
    {.name = "SMTP without PIPELINING", .withheld = "pipelining"},
    {.name = "SMTP by BDAT, without PIPELINING",
     .prefers_chunking = true,
     .withheld = "pipelining"},
    {.name = "submission", .dialect = Dialect::kSubmission, .has_tls = true, .has_auth = true},
    {.name = "submissions", .dialect = Dialect::kSubmissions, .has_tls = true, .has_auth = true},
    {.name = "LMTP", .dialect = Dialect::kLmtp},
    {.name = "LMTP by BDAT", .dialect = Dialect::kLmtp, .prefers_chunking = true},
    {.name = "LMTP with STARTTLS", .dialect = Dialect::kLmtp, .has_tls = true},
};

ClientOptions client_options(const Row& row) {
  ClientOptions options;
  options.dialect = row.dialect;
  options.hostname = "me.example";
  options.prefers_chunking = row.prefers_chunking;
  if (row.has_auth) options.credentials = Credentials{"ann@example", "secret", {}};
  if (row.has_tls) options.tls = TlsUse::kRequired;
  return options;
}

ServerOptions server_options(const Row& row) {
  ServerOptions options;
  options.dialect = row.dialect;
  options.offers_starttls = row.has_tls;
  options.offers_auth = options.requires_auth = row.has_auth;
  options.requires_tls = row.has_tls;
  options.withheld = parse_extension_list(row.withheld);
  return options;
}

std::vector<Cut> cuts() {
  std::vector<Cut> all = {[] { return std::size_t{1} << 20; }, [] { return std::size_t{1}; }};
  for (unsigned seed = 0; seed < 6; ++seed) {
    all.emplace_back([random = std::mt19937(seed)]() mutable { return random() % 90 + 1; });
  }
  return all;
}

TEST_CASE("Client and server understand each other in every dialect and cut") {
  const std::string text = "Subject: x\n\n.dot\r\n..\rlast \xc3\xa4 line";
  const std::string arrived = "Subject: x\r\n\r\n.dot\r\n..\r\nlast \xc3\xa4 line\r\n";
  for (const Row& row : kRows) {
    for (const Cut& cut : cuts()) {
      CAPTURE(row.name);
      Wire wire{ClientSession(client_options(row), kNow),
                ServerSession(server_options(row), kNow),
                {},
                cut,
                {},
                {},
                {}};
      wire.application.is_lmtp = row.dialect == Dialect::kLmtp;
      int rounds = 0;
      wire.on_ready = [&](ClientSession& client) {
        Envelope envelope;
        envelope.reverse_path = "ann@example";
        envelope.recipients = {{"bob@mx.example", {}, {}, {}},
                               {"gone@mx.example", {}, {}, {}},
                               {"j\xc3\xb6rg@mx.example", {}, {}, {}}};
        if (rounds == 1) envelope.recipients = {{"gone@mx.example", {}, {}, {}}};
        if (++rounds > 3) return client.quit();
        client.send(std::move(envelope), text);
      };
      while (wire.move()) {
      }
      CHECK(wire.failures.empty());
      CHECK(wire.client.finished());
      CHECK(wire.server.finished());
      const Application::Message whole{
          "ann@example", {"bob@mx.example", "j\xc3\xb6rg@mx.example"}, arrived};
      CHECK(wire.application.messages == std::vector{whole, whole});
      REQUIRE(wire.sent.size() == 3);
      CHECK(wire.sent[0][0].is_delivered());
      CHECK(wire.sent[0][1].reply == Reply{550, "5.1.1", "No"});
      CHECK(wire.sent[0][2].is_delivered() == !wire.application.is_lmtp);
      CHECK(wire.sent[1][0].stage == Stage::kRcpt);
      CHECK(wire.server.is_authenticated() == row.has_auth);
    }
  }
}

TEST_CASE("A large message, and a binary one, arrive as they must") {
  std::string large;
  for (int i = 0; i < 20'000; ++i) append(large, "line ", i, i % 7 == 0 ? "\n." : "\r\n");
  std::string binary(200'000, '\0');
  for (std::size_t i = 0; i < binary.size(); ++i) binary[i] = static_cast<char>(i * 7);
  for (const bool is_binary : {false, true}) {
    for (const bool chunks : {false, true}) {
      for (const std::string_view withheld : {"", "pipelining"}) {
        Row row{.name = "", .prefers_chunking = chunks, .withheld = withheld};
        Wire wire{ClientSession(client_options(row), kNow),
                  ServerSession(server_options(row), kNow),
                  {},
                  [] { return std::size_t{5000}; },
                  {},
                  {},
                  {}};
        bool was_sent = false;
        wire.on_ready = [&](ClientSession& client) {
          if (std::exchange(was_sent, true)) return client.quit();
          Envelope envelope;
          envelope.recipients = {{"bob@mx.example", {}, {}, {}}};
          if (is_binary) envelope.body = BodyType::kBinaryMime;
          client.send(std::move(envelope), is_binary ? binary : large);
        };
        while (wire.move()) {
        }
        REQUIRE(wire.application.messages.size() == 1);
        const std::string& bytes = wire.application.messages[0].bytes;
        if (is_binary) {
          CHECK(bytes == binary);
        } else {
          CHECK(std::count(bytes.begin(), bytes.end(), '\n') == 20'001);
          CHECK(bytes.find("\n.line 8") != std::string::npos);
        }
      }
    }
  }
}

}  // namespace
}  // namespace mail::smtp
