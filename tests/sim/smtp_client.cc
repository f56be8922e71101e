// A sending client with a conscience: it says what it knows. A message counts as possibly stored
// from the moment its last octet was handed to the network, as stored when 250 came, as not stored
// when a refusal came or the end of data was never sent.
//
// Tested by tests/sim/delivery_test.cc.
#include "sim/smtp_client.h"

#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "mail/text/base64.h"
#include "sim/dialog.h"

namespace mail::sim {

namespace {

constexpr std::size_t kAttempts = 400;

struct Letter {
  Made message;
  std::vector<std::string> recipients;
  std::set<std::string> accounts;  // who gets a copy
};

class SmtpClient {
 public:
  SmtpClient(Simulation& sim, Model& model, std::string name)
      : sim_(sim), model_(model), name_(std::move(name)), dice_(sim.dice(name_)) {}

  Task<void> run(std::size_t messages);

 private:
  Letter make_letter(std::size_t number);
  Task<void> connect();
  Task<bool> greet(server::Protocol protocol);
  Task<bool> hello();
  Task<bool> authenticate();
  /// True when it was accepted.
  Task<bool> send(Letter letter);
  Task<bool> envelope(const Letter& letter);
  Task<bool> body(const Letter& letter);
  /// The code of the next reply, its continuation lines read; 0 when the connection failed.
  Task<int> reply();
  Task<int> command(std::string line);

  Simulation& sim_;
  Model& model_;
  const std::string name_;
  Dice dice_;
  std::unique_ptr<Dialog> dialog_;
};

Letter SmtpClient::make_letter(std::size_t number) {
  static constexpr char kClasses[] = {'S', 'S', 'D', 'M'};
  Letter letter;
  letter.message =
      make_message(dice_, cat(name_, "-", number, "-", std::string(1, kClasses[dice_.below(4)])));
  const std::uint64_t count = dice_.percent(70) ? 1 : dice_.between(2, 4);
  for (std::uint64_t i = 0; i < count; ++i) {
    const KnownAddress& to = known_addresses()[dice_.below(known_addresses().size())];
    letter.recipients.emplace_back(to.address);
    letter.accounts.insert(to.accounts.begin(), to.accounts.end());
  }
  model_.made(letter.message);
  return letter;
}

Task<int> SmtpClient::reply() {
  for (;;) {
    auto line = co_await dialog_->line();
    if (!line) co_return 0;
    if (line->size() < 3) {
      sim_.broken(cat(name_, " was told '", *line, "'"));
      co_return 0;
    }
    if (line->size() > 3 && (*line)[3] == '-') continue;
    co_return std::atoi(line->substr(0, 3).c_str());
  }
}

Task<int> SmtpClient::command(std::string line) {
  const bool sent = co_await dialog_->send(line + "\r\n");
  if (!sent) co_return 0;
  co_return co_await reply();
}

Task<bool> SmtpClient::hello() {
  const int code = co_await command("EHLO client.example");
  if (code != 0 && code != 250) sim_.broken(cat(name_, ": EHLO was answered ", code));
  co_return code == 250;
}

Task<bool> SmtpClient::authenticate() {
  const std::string plain =
      cat(std::string(1, '\0'), kAccounts[0], std::string(1, '\0'), kPassword);
  const int code = co_await command("AUTH PLAIN " + text::base64_encode(plain));
  if (code != 0 && code != 235) sim_.broken(cat(name_, ": AUTH was answered ", code));
  co_return code == 235;
}

Task<bool> SmtpClient::greet(server::Protocol protocol) {
  if (server::has_implicit_tls(protocol)) {
    const bool shaken = co_await dialog_->start_tls();
    if (!shaken) co_return false;
  }
  const int greeting = co_await reply();
  if (greeting != 220) co_return false;
  const bool greeted = co_await hello();
  if (!greeted) co_return false;
  if (!server::has_implicit_tls(protocol) && dice_.percent(30)) {
    const int code = co_await command("STARTTLS");
    if (code != 220) co_return false;
    const bool shaken = co_await dialog_->start_tls();
    if (!shaken) co_return false;
    const bool again = co_await hello();
    if (!again) co_return false;
  }
  if (protocol == server::Protocol::kSmtp) co_return true;
  co_return co_await authenticate();
}

Task<void> SmtpClient::connect() {
  static constexpr server::Protocol kProtocols[] = {
      server::Protocol::kSmtp, server::Protocol::kSmtp, server::Protocol::kSubmission,
      server::Protocol::kSubmissions};
  const server::Protocol protocol = kProtocols[dice_.below(4)];
  dialog_ = std::make_unique<Dialog>(sim_.scheduler, sim_.connect(protocol, dice_, name_));
  const bool is_ready = co_await greet(protocol);
  if (!is_ready) dialog_.reset();
}

Task<bool> SmtpClient::envelope(const Letter& letter) {
  std::vector<std::string> commands{"MAIL FROM:<ann@example.com>"};
  for (const std::string& to : letter.recipients) commands.push_back(cat("RCPT TO:<", to, ">"));
  commands.emplace_back("DATA");
  if (dice_.percent(50)) {
    // RFC 2920: all in one write, then all the replies.
    std::string group;
    for (const std::string& line : commands) group += line + "\r\n";
    const bool sent = co_await dialog_->send(group);
    if (!sent) co_return false;
    for (const std::string& line : commands) {
      const int code = co_await reply();
      if (code == 0) co_return false;
      const int expected = line == "DATA" ? 354 : 250;
      if (code != expected) sim_.broken(cat(name_, ": ", line, " was answered ", code));
    }
    co_return true;
  }
  for (const std::string& line : commands) {
    const int code = co_await command(line);
    if (code == 0) co_return false;
    const int expected = line == "DATA" ? 354 : 250;
    if (code != expected) sim_.broken(cat(name_, ": ", line, " was answered ", code));
  }
  co_return true;
}

std::string dot_stuffed(std::string_view bytes) {
  std::string stuffed;
  bool starts_line = true;
  for (const char c : bytes) {
    if (starts_line && c == '.') stuffed += '.';
    stuffed += c;
    starts_line = c == '\n';
  }
  return stuffed;
}

Task<bool> SmtpClient::body(const Letter& letter) {
  std::string bytes = dot_stuffed(letter.message.bytes);
  const bool sent = co_await dialog_->send(std::move(bytes));
  if (!sent) co_return false;
  for (const std::string& account : letter.accounts) model_.copy_began(account, letter.message.id);
  const bool ended = co_await dialog_->send(".\r\n");
  int code = 0;
  if (ended) code = co_await reply();
  if (code == 0) {
    // The network may have taken all of it before it failed: nobody knows.
    if (ended) co_return false;
    for (const std::string& account : letter.accounts) {
      model_.copy_undone(account, letter.message.id);
    }
    co_return false;
  }
  sim_.trace.add(name_, cat("was told ", code, " for ", letter.message.id));
  for (const std::string& account : letter.accounts) {
    if (code == 250) model_.copy_done(account, letter.message.id);
    if (code != 250) model_.copy_undone(account, letter.message.id);
  }
  if (code != 250 && code / 100 != 4) {
    sim_.broken(cat(name_, ": ", letter.message.id, " was refused for good with ", code));
  }
  co_return code == 250;
}

Task<bool> SmtpClient::send(Letter letter) {
  if (!dialog_) co_await connect();
  if (!dialog_) co_return false;
  const bool invited = co_await envelope(letter);
  bool accepted = false;
  if (invited) accepted = co_await body(letter);
  if (dialog_->failed()) {
    dialog_.reset();
  } else if (dice_.percent(30)) {
    const bool quits = dice_.percent(70);
    if (quits) co_await command("QUIT");
    dialog_.reset();
  }
  co_return accepted;
}

Task<void> SmtpClient::run(std::size_t messages) {
  for (std::size_t number = 1; number <= messages; ++number) {
    Letter letter = make_letter(number);
    std::size_t attempt = 0;
    for (;; ++attempt) {
      const Duration pause =
          dice_.between(milliseconds(0), attempt == 0 ? seconds(1) : seconds(20));
      co_await pause_for(sim_.scheduler, pause);
      if (attempt == kAttempts) {
        sim_.broken(cat(name_, " gave up on ", letter.message.id));
        break;
      }
      const bool accepted = co_await send(letter);
      if (accepted) break;
    }
  }
  if (dialog_) co_await command("QUIT");
  dialog_.reset();
}

}  // namespace

Task<void> smtp_client(Simulation& sim, Model& model, std::string name, std::size_t messages) {
  SmtpClient client(sim, model, std::move(name));
  co_await client.run(messages);
}

}  // namespace mail::sim
