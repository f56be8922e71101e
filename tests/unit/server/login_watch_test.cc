#include "server/login_watch.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <catch2/catch.hpp>

#include "mail/text/base64.h"
#include "unit/server/script_world.h"

namespace mail::server {
namespace {

using test::ScriptWorld;

directory::Snapshot::Texts config(std::string_view accounts) {
  directory::Snapshot::Texts texts;
  texts.accounts = std::string(accounts);
  texts.masters = "admin|{PLAIN}rootpass\n";
  return texts;
}

/// Between the script and its `rest` `then` happens, and whoever waits is woken if it was
/// published.
class ThenTransport : public test::ScriptTransport {
 public:
  ThenTransport(test::ManualClock& clock, const std::string& script, std::string& output,
                std::function<void()> then, std::string_view rest = {})
      : ScriptTransport(clock, cat(script, rest), 4096, output),
        left_(script.size()),
        then_(std::move(then)) {}

  Task<Readiness> wait(Interest interest, std::optional<TimePoint> deadline) override {
    if (interest.readable && left_ == 0 && then_) {
      std::exchange(then_, nullptr)();
      if (flag_->woken) co_return Readiness::kWoken;
    }
    Task<Readiness> waiting = ScriptTransport::wait(interest, deadline);
    const auto readiness = co_await waiting;
    co_return readiness;
  }
  Moved read(std::span<char> to) override {
    if (!then_) return ScriptTransport::read(to);
    const Moved moved = ScriptTransport::read(to.first(std::min(to.size(), left_)));
    left_ -= moved.octets;
    return moved;
  }
  std::shared_ptr<Waker> waker() override { return flag_; }

 private:
  struct Flag : Waker {
    void wake() override { woken = true; }
    bool woken = false;
  };
  std::size_t left_;
  std::function<void()> then_;
  std::shared_ptr<Flag> flag_ = std::make_shared<Flag>();
};

TEST_CASE("A session ends when its account is deleted or has another password, and only then") {
  struct Row {
    std::string_view accounts;
    std::string_view masters;
    std::string_view login;
    bool ends;
  };
  const std::string_view ann = "ann@d.example|{PLAIN}secret\n";
  const std::string_view admin = "admin|{PLAIN}rootpass\n";
  const Row rows[] = {
      {"", admin, "ann@d.example secret", true},
      {"ann@d.example|{PLAIN}other\n", admin, "ann@d.example secret", true},
      {ann, "", "ann@d.example secret", false},
      {"ann@d.example|{PLAIN}secret|userdb_home=/x\nbob@d.example|{PLAIN}x\n", admin,
       "ann@d.example secret", false},
      {ann, "", "\"ann@d.example*admin\" rootpass", true},
      {"", admin, "\"ann@d.example*admin\" rootpass", true},
      {"ann@d.example|{PLAIN}other\n", admin, "\"ann@d.example*admin\" rootpass", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.accounts, row.masters, row.login);
    ServiceOptions options;
    options.allows_cleartext_auth = true;
    ScriptWorld world(config(ann), options);
    const auto before = world.current.get();
    auto texts = config(row.accounts);
    texts.masters = std::string(row.masters);
    std::string output;
    auto transport = std::make_unique<ThenTransport>(
        world.clock, cat("a LOGIN ", row.login, "\r\nb NOOP\r\n"), output, [&] {
          world.current.set(directory::Snapshot::from_texts(texts, {}));
          publish_changed_logins(*world.bus, *before, *world.current.get());
        });
    Task<void> task = serve(world.world, world.shared, Protocol::kImap, std::move(transport));
    task.start();
    CAPTURE(output);
    CHECK(task.done());
    CHECK(output.find("\r\na OK ") != std::string::npos);
    const bool told =
        output.find("* BYE your account or password has changed") != std::string::npos;
    CHECK(told == row.ends);
  }
}

TEST_CASE("A session of an app password ends when that is deleted or changed, and only then") {
  struct Row {
    std::string_view accounts, app_passwords;
    bool ends;
  };
  const std::string_view ann = "ann@d.example|{PLAIN}secret\n";
  const std::string_view phone = "ann@d.example|{PLAIN}app|phone|imap\n";
  const Row rows[] = {
      {ann, "", true},
      {ann, "ann@d.example|{PLAIN}other|phone|imap\n", true},
      {ann, "ann@d.example|{PLAIN}app|phone|smtp\n", true},
      {"ann@d.example|{SUSPENDED}{PLAIN}secret\n", phone, true},
      {"", phone, true},
      {"ann@d.example|{PLAIN}new\n", phone, false},
      {ann, "ann@d.example|{PLAIN}x|tablet\nann@d.example|{PLAIN}app|phone|imap\n", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.accounts, row.app_passwords);
    ServiceOptions options;
    options.allows_cleartext_auth = true;
    auto texts = config(ann);
    texts.app_passwords = std::string(phone);
    ScriptWorld world(texts, options);
    const auto before = world.current.get();
    texts.accounts = std::string(row.accounts);
    texts.app_passwords = std::string(row.app_passwords);
    std::string output;
    auto transport = std::make_unique<ThenTransport>(
        world.clock, "a LOGIN ann@d.example app\r\nb NOOP\r\n", output, [&] {
          world.current.set(directory::Snapshot::from_texts(texts, {}));
          publish_changed_logins(*world.bus, *before, *world.current.get());
        });
    Task<void> task = serve(world.world, world.shared, Protocol::kImap, std::move(transport));
    task.start();
    CAPTURE(output);
    CHECK(task.done());
    CHECK(output.find("\r\na OK ") != std::string::npos);
    const bool told =
        output.find("* BYE your account or password has changed") != std::string::npos;
    CHECK(told == row.ends);
  }
}

TEST_CASE("A session ends at the second its app password expires") {
  // The world's clock begins at 2023-11-14T22:13:20Z.
  ServiceOptions options;
  options.allows_cleartext_auth = true;
  auto texts = config("ann@d.example|{PLAIN}secret\n");
  texts.app_passwords = "ann@d.example|{PLAIN}app|phone||2023-11-14T22:13:50Z\n";
  ScriptWorld world(texts, options);
  const TimePoint start = world.clock.now();
  const std::string output = world.talk(Protocol::kImap, "a LOGIN ann@d.example app\r\nb NOOP\r\n",
                                        4096, test::Ending::kStays);
  CHECK(output.find("\r\nb OK ") != std::string::npos);
  CHECK(output.find("* BYE your account or password has changed") != std::string::npos);
  CHECK(world.clock.now() - start == seconds(30));
  const std::string late = world.talk(Protocol::kImap, "a LOGIN ann@d.example app\r\n");
  CHECK(late.find("\r\na NO ") != std::string::npos);
}

TEST_CASE("An app password opens the services that it is for, and is named in the log") {
  struct Row {
    Protocol protocol;
    std::string_view script, accepted;
  };
  const std::string plain = text::base64_encode(std::string("\0ann@d.example\0app", 18));
  const std::string smtp = cat("EHLO c\r\nAUTH PLAIN ", plain, "\r\n");
  const Row rows[] = {
      {Protocol::kImap, "a LOGIN ann@d.example app\r\n", "\r\na OK "},
      {Protocol::kPop3, "USER ann@d.example\r\nPASS app\r\n", "+OK Logged in"},
      {Protocol::kSubmission, smtp, "\r\n235 "},
  };
  for (const std::string_view scope : {"imap", "pop3", "smtp", ""}) {
    for (const Row& row : rows) {
      CAPTURE(scope, row.script);
      ServiceOptions options;
      options.allows_cleartext_auth = true;
      auto texts = config("ann@d.example|{PLAIN}secret\n");
      texts.app_passwords = cat("ann@d.example|{PLAIN}app|My phone|", scope, "\n");
      ScriptWorld world(texts, options);
      const std::string output = world.talk(row.protocol, std::string(row.script));
      CAPTURE(output);
      const bool is_for_it = scope.empty() ||
                             (scope == "imap" && row.protocol == Protocol::kImap) ||
                             (scope == "pop3" && row.protocol == Protocol::kPop3) ||
                             (scope == "smtp" && row.protocol == Protocol::kSubmission);
      CHECK((output.find(row.accepted) != std::string::npos) == is_for_it);
      const std::string_view said =
          is_for_it ? "app_password=My phone" : "reason=the app password 'My phone' is not for ";
      CHECK(std::any_of(
          world.logger.lines.begin(), world.logger.lines.end(),
          [&](const std::string& line) { return line.find(said) != std::string::npos; }));
    }
  }
}

TEST_CASE("A message that a revoked login was still sending goes nowhere") {
  const bool is_revoked = GENERATE(true, false);
  CAPTURE(is_revoked);
  ServiceOptions options;
  options.allows_cleartext_auth = true;
  ScriptWorld world(config("ann@d.example|{PLAIN}secret\n"), options);
  const auto before = world.current.get();
  std::string output;
  auto transport = std::make_unique<ThenTransport>(
      world.clock,
      cat("EHLO c.example\r\nAUTH PLAIN ",
          text::base64_encode(std::string("\0ann@d.example\0secret", 21)),
          "\r\nMAIL FROM:<ann@d.example>\r\nRCPT TO:<ann@d.example>\r\nDATA\r\nSubject: x\r\n"),
      output,
      [&] {
        if (is_revoked) world.current.set(directory::Snapshot::from_texts(config(""), {}));
        publish_changed_logins(*world.bus, *before, *world.current.get());
      },
      "\r\nx\r\n.\r\nNOOP\r\n");
  Task<void> task = serve(world.world, world.shared, Protocol::kSubmission, std::move(transport));
  task.start();
  CAPTURE(output);
  CHECK(task.done());
  CHECK(output.find("\r\n235 ") != std::string::npos);
  const bool told =
      output.find("\r\n421 4.7.0 your account or password has changed\r\n") != std::string::npos;
  CHECK(told == is_revoked);
  const auto answer = output.find("\r\n354 ");
  REQUIRE(answer != std::string::npos);
  CHECK((output.find("\r\n250 ", answer) != std::string::npos) == !is_revoked);
}

TEST_CASE("The logins that are published are those whose account or password changed") {
  const auto before = directory::Snapshot::from_texts(
      config("a@d.example|{PLAIN}1\nb@d.example|{PLAIN}2\nc@d.example|{PLAIN}3\n"), {});
  auto texts = config("a@d.example|{PLAIN}1|userdb_home=/x\nb@d.example|{PLAIN}other\n");
  texts.masters = "other|{PLAIN}x\n";
  const auto after = directory::Snapshot::from_texts(texts, {});
  class Recorder : public EventBus {
   public:
    std::unique_ptr<Subscription> subscribe(std::string_view, std::shared_ptr<Waker>) override {
      return nullptr;
    }
    void publish(std::string_view topic) override { topics.emplace_back(topic); }
    std::vector<std::string> topics;
  };
  Recorder bus;
  publish_changed_logins(bus, *before, *after);
  CHECK(bus.topics ==
        std::vector<std::string>{"login/b@d.example", "login/c@d.example", "login/*admin"});
}

}  // namespace
}  // namespace mail::server
