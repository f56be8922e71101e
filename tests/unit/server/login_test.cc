// Logins through whole connections: SCRAM end to end, the order of mechanisms, and the queue.
#include <atomic>
#include <catch2/catch.hpp>
#include <coroutine>
#include <deque>
#include <functional>
#include <thread>

#include "mail/crypto/password.h"
#include "mail/crypto/scram.h"
#include "mail/sasl/client.h"
#include "mail/text/base64.h"
#include "server/shared.h"
#include "unit/server/script_world.h"

namespace mail::server::test {
namespace {

constexpr std::string_view kPlain = "AGFubkBleGFtcGxlLnRlc3QAc2VjcmV0";  // ann@example.test secret

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::string scram_line(std::string_view address) {
  const auto credential = crypto::make_scram_credential("secret", "0123456789abcdef", 4096);
  return cat(address, "|{SCRAM-SHA-256}", crypto::to_string(credential), "\n");
}

directory::Snapshot::Texts accounts(std::string lines) {
  directory::Snapshot::Texts texts;
  texts.accounts = std::move(lines);
  return texts;
}

ServiceOptions options(SaslScram scram = SaslScram::kAuto) {
  ServiceOptions options;
  options.sasl_scram = scram;
  options.secret = "server secret";
  return options;
}

/// The challenge behind the last "334 " or "+ " that is not empty.
std::string last_challenge(std::string_view output, std::string_view prefix) {
  const auto at = output.rfind(cat("\n", prefix));
  REQUIRE(at != output.npos);
  const auto begin = at + 1 + prefix.size();
  return std::string(output.substr(begin, output.find('\r', begin) - begin));
}

/// Lets something happen before the first octet behind `calm` octets arrives.
class ThenTransport : public ScriptTransport {
 public:
  ThenTransport(ScriptWorld& world, std::string script, std::size_t calm, std::string& output,
                std::function<void()> then)
      : ScriptTransport(world.clock, std::move(script), 1, output),
        calm_(calm),
        then_(std::move(then)) {}
  Moved read(std::span<char> to) override {
    if (calm_-- == 0) then_();
    return ScriptTransport::read(to);
  }

 private:
  std::size_t calm_;
  std::function<void()> then_;
};

/// A whole exchange. The server is made anew for each step, and says the same as before. With
/// `between`, which happens between challenge and proof, the exchange ends with the proof.
std::string log_in(Protocol protocol, const directory::Snapshot::Texts& texts,
                   std::string_view name, std::string_view password,
                   const std::function<void(ScriptWorld&)>& between = nullptr) {
  const bool is_smtp = protocol == Protocol::kSubmissions;
  const std::string_view prefix = is_smtp ? "334 " : "+ ";
  const std::string_view command = is_smtp                        ? "EHLO c\r\nAUTH"
                                   : protocol == Protocol::kImaps ? "a AUTHENTICATE"
                                                                  : "AUTH";
  const auto talk = [&](const std::string& script) {
    ScriptWorld world(texts, options(SaslScram::kOn));
    return world.talk(protocol, script);
  };
  sasl::ClientExchange client(sasl::Mechanism::kScramSha256, {"", name, ""}, "client", nullptr,
                              false);
  const auto first = client.start();
  REQUIRE(first.ok());
  std::string script = cat(command, " SCRAM-SHA-256 ", **first, "\r\n");
  const auto asked = client.receive(last_challenge(talk(script), prefix));
  const auto* question = std::get_if<sasl::ScramPassword>(&asked);
  REQUIRE(question != nullptr);
  const auto proof = crypto::make_scram_proof(password, question->salt, question->iterations,
                                              question->auth_message);
  const auto final = client.prove_scram({proof.proof, proof.server_signature});
  const std::size_t asked_octets = script.size();
  append(script, std::get<sasl::Respond>(final).line, "\r\n");
  if (between) {
    ScriptWorld world(texts, options(SaslScram::kOn));
    std::string output;
    // The empty answer to the server's signature follows.
    auto transport = std::make_unique<ThenTransport>(world, script + "\r\n", asked_octets, output,
                                                     [&] { between(world); });
    Task<void> task = serve(world.world, world.shared, protocol, std::move(transport));
    task.start();
    return output;
  }
  const std::string output = talk(script);
  if (!contains(output, cat(prefix, text::base64_encode("v=").substr(0, 2)))) return output;
  const auto done = client.receive(last_challenge(output, prefix));
  REQUIRE(std::holds_alternative<sasl::Respond>(done));
  CHECK(client.finish().ok());
  return talk(script + "\r\n");
}

/// Keeps jobs until they are released.
class HoldingWorker : public Worker {
 public:
  Task<void> run(std::function<void()> job) override {
    Hold hold{*this};
    co_await hold;
    job();
  }
  void release_all() {
    while (!waiting_.empty()) {
      const auto next = waiting_.front();
      waiting_.pop_front();
      next.resume();
    }
  }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  struct Hold {
    HoldingWorker& worker;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { worker.waiting_.push_back(handle); }
    void await_resume() const noexcept {}
  };
  std::deque<std::coroutine_handle<>> waiting_;
};

}  // namespace

TEST_CASE("A client logs in by SCRAM in SMTP, IMAP and POP3") {
  const auto texts = accounts(scram_line("ann@example.test"));
  CHECK(contains(log_in(Protocol::kSubmissions, texts, "ann@example.test", "secret"),
                 "235 2.7.0 Authentication successful"));
  CHECK(contains(log_in(Protocol::kImaps, texts, "Ann@Example.Test", "secret"), "a OK "));
  CHECK(contains(log_in(Protocol::kPop3s, texts, "ann@example.test", "secret"), "+OK Logged in"));
  CHECK(contains(log_in(Protocol::kPop3s, texts, "ann@example.test", "wrong"), "-ERR [AUTH] "));
}

TEST_CASE("A password that changes between challenge and proof ends the session that it let in") {
  const auto texts = accounts(scram_line("ann@example.test"));
  const struct {
    std::string accounts;
    bool ends;
  } cases[] = {{"ann@example.test|{PLAIN}other\n", true},
               {"", true},
               {scram_line("ann@example.test") + "bob@example.test|{PLAIN}x\n", false}};
  for (const auto& c : cases) {
    CAPTURE(c.accounts);
    const auto change = [&](ScriptWorld& world) {
      world.current.set(directory::Snapshot::from_texts(accounts(c.accounts), {}));
    };
    const std::string imap = log_in(Protocol::kImaps, texts, "ann@example.test", "secret", change);
    CHECK(contains(imap, "a OK "));
    CHECK(contains(imap, "* BYE your account or password has changed") == c.ends);
  }
}

TEST_CASE("A wrong password, a wrong name and a password that is stored otherwise look alike") {
  const auto texts =
      accounts(cat(scram_line("ann@example.test"), "bob@example.test|{PLAIN}secret\n"));
  const struct {
    std::string_view name, password;
  } cases[] = {{"ann@example.test", "wrong"},
               {"nobody@example.test", "secret"},
               {"bob@example.test", "secret"}};
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const std::string smtp = log_in(Protocol::kSubmissions, texts, c.name, c.password);
    CHECK(contains(smtp, "535 5.7.8 Error: authentication failed"));
    CHECK_FALSE(contains(smtp, "235 "));
    const std::string imap = log_in(Protocol::kImaps, texts, c.name, c.password);
    CHECK(contains(imap, "a NO [AUTHENTICATIONFAILED] "));
    CHECK_FALSE(contains(imap, "a OK"));
  }
}

TEST_CASE("SCRAM is offered only while every account has a credential, or as SASL_SCRAM says") {
  const std::string ann = scram_line("ann@example.test");
  const std::string bob = "bob@example.test|{PLAIN}secret\n";
  const struct {
    std::string accounts;
    SaslScram setting;
    bool is_offered;
  } cases[] = {
      {ann, SaslScram::kAuto, true},     {ann + bob, SaslScram::kAuto, false},
      {bob, SaslScram::kAuto, false},    {"", SaslScram::kAuto, false},
      {ann + bob, SaslScram::kOn, true}, {ann, SaslScram::kOff, false},
  };
  for (const auto& c : cases) {
    ScriptWorld world(accounts(c.accounts), options(c.setting));
    const std::string smtp = world.talk(Protocol::kSubmissions, "EHLO c\r\n");
    CHECK(contains(smtp, "SCRAM-SHA-256") == c.is_offered);
    CHECK(contains(smtp, " PLAIN LOGIN\r\n"));
    const std::string imap = world.talk(Protocol::kImaps, "a CAPABILITY\r\n");
    CHECK(contains(imap, "AUTH=SCRAM-SHA-256") == c.is_offered);
    CHECK(contains(imap, " AUTH=PLAIN AUTH=LOGIN"));
  }
}

TEST_CASE("An account with a SCRAM credential logs in by PLAIN and LOGIN too") {
  ScriptWorld world(accounts(scram_line("ann@example.test")));
  const std::string plain =
      world.talk(Protocol::kSubmissions, cat("EHLO c\r\nAUTH PLAIN ", kPlain, "\r\n"));
  CHECK(contains(plain, "235 "));
  const std::string login = world.talk(Protocol::kImaps, "a LOGIN ann@example.test secret\r\n");
  CHECK(contains(login, "a OK "));
}

TEST_CASE("No more passwords are hashed at the same time than may be, whatever the workers") {
  Shared shared{ServiceOptions{}};
  for (int i = 0; i < kPasswordsAtOnce; ++i) shared.begin_password();
  std::atomic<bool> is_served = false;
  std::thread next([&] {
    shared.begin_password();
    is_served = true;
    shared.end_password();
  });
  CHECK_FALSE(is_served);
  shared.end_password();
  next.join();
  CHECK(is_served);
  for (int i = 1; i < kPasswordsAtOnce; ++i) shared.end_password();
}

TEST_CASE("Logins beyond the limit are told to come back; those in the queue are served") {
  ManualClock clock;
  CountingRandom random;
  HoldingWorker worker;
  ListLogger logger;
  const auto bus = make_local_event_bus();
  const auto store = store::make_memory_store(clock, bus.get());
  directory::Current current(
      directory::Snapshot::from_texts(accounts("ann@example.test|{PLAIN}secret\n"), {}));
  World world{clock, random, worker, logger, *bus, *store, current};
  ServiceOptions limited;
  limited.has_tls = true;
  limited.waiting_logins = 2;
  const auto shared = make_shared_state(limited);

  struct Client {
    Protocol protocol;
    std::string script;
    std::string output = {};
    Task<void> task = {};
  };
  const std::string smtp = cat("EHLO c\r\nAUTH PLAIN ", kPlain, "\r\n");
  const std::string imap = cat("a AUTHENTICATE PLAIN ", kPlain, "\r\n");
  std::deque<Client> clients;
  const auto connect = [&](Protocol protocol, const std::string& script) -> Client& {
    Client& client = clients.emplace_back(Client{protocol, script});
    auto transport = std::make_unique<ScriptTransport>(clock, script, 4096, client.output);
    client.task = serve(world, shared, protocol, std::move(transport));
    client.task.start();
    return client;
  };
  const Client& first = connect(Protocol::kSubmissions, smtp);
  const Client& second = connect(Protocol::kImaps, imap);
  CHECK(worker.waiting() == 2);
  CHECK(contains(connect(Protocol::kSubmissions, smtp).output, "454 4.7.0 "));
  CHECK(contains(connect(Protocol::kImaps, imap).output, "a NO [UNAVAILABLE] "));
  CHECK(worker.waiting() == 2);
  worker.release_all();
  CHECK(contains(first.output, "235 2.7.0 "));
  CHECK(contains(second.output, "a OK "));
  const Client& later = connect(Protocol::kSubmissions, smtp);
  worker.release_all();
  CHECK(contains(later.output, "235 2.7.0 "));
}

}  // namespace mail::server::test
