#include <catch2/catch.hpp>

#include "sim/imap_client.h"
#include "sim/smtp_client.h"
#include "sim/world.h"

namespace mail::sim {
namespace {

/// Reads until the server ends the connection; when that was, and the last line.
struct End {
  Duration after{};
  std::string last_line;
};

Task<void> say_and_wait(Simulation& sim, server::Protocol protocol, std::string words, End& end) {
  Dialog dialog(sim.scheduler, sim.connect(protocol, Weather(), "idler"), hours(24));
  co_await dialog.line();
  if (!words.empty()) co_await dialog.send(words);
  const TimePoint start = sim.scheduler.now();
  for (;;) {
    const auto line = co_await dialog.line();
    if (!line) break;
    end.last_line = *line;
  }
  end.after = sim.scheduler.now() - start;
}

TEST_CASE("An idle client is dropped when its time is over, with a word") {
  struct Case {
    server::Protocol protocol;
    std::string words;
    Duration limit;
    std::string last_line;
  };
  const Case cases[] = {
      {server::Protocol::kSmtp, "", minutes(5), "421 "},
      {server::Protocol::kSmtp, "EHLO x.example\r\n", minutes(5), "421 "},
      {server::Protocol::kSmtp, "EHLO x.exa", minutes(5), "421 "},
      {server::Protocol::kImap, "", minutes(3), "* BYE "},
      {server::Protocol::kImap, "a LOGIN ann@example.com secret\r\n", minutes(30), "* BYE "},
      {server::Protocol::kImap, "a LOGIN ann@example.com secret\r\nb SELECT INBOX\r\n", minutes(30),
       "* BYE "},
  };
  for (const Case& c : cases) {
    Simulation sim({});
    End end;
    sim.clients.start(say_and_wait(sim, c.protocol, c.words, end));
    sim.scheduler.run_while([&] { return sim.clients.running() != 0; });
    CAPTURE(c.words, end.last_line, end.after.count());
    CHECK(end.last_line.starts_with(c.last_line));
    CHECK(end.after >= c.limit - seconds(1));
    CHECK(end.after <= c.limit + seconds(1));
    sim.scheduler.run_for(seconds(1));
    CHECK(sim.connections() == 0);
    CHECK(sim.is_sound());
  }
}

TEST_CASE("A client that sends an octet a minute does not hold a command open for ever") {
  Simulation sim({});
  End end;
  const auto dribble = [](Simulation& s, End& e) -> Task<void> {
    Dialog dialog(s.scheduler, s.connect(server::Protocol::kSmtp, Weather(), "dribbler"),
                  hours(24));
    co_await dialog.line();
    const TimePoint start = s.scheduler.now();
    while (!dialog.failed() && s.scheduler.now() < start + hours(10)) {
      co_await dialog.send("x");
      const auto line = co_await dialog.line_before(s.scheduler.now() + minutes(1));
      if (line) e.last_line = *line;
    }
    e.after = s.scheduler.now() - start;
  };
  sim.clients.start(dribble(sim, end));
  sim.scheduler.run_while([&] { return sim.clients.running() != 0; });
  CAPTURE(end.last_line);
  CHECK(end.after <= minutes(10));
}

TEST_CASE("A client that vanishes in the middle of its message is forgotten") {
  Simulation sim({});
  Weather weather;
  weather.fault = Weather::Fault::kSilence;
  weather.fault_at = 90;
  const auto vanish = [](Simulation& s, Weather w) -> Task<void> {
    Dialog dialog(s.scheduler, s.connect(server::Protocol::kSmtp, w, "vanisher"));
    co_await dialog.line();
    co_await dialog.send("EHLO x.example\r\nMAIL FROM:<>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n");
    co_await dialog.send(std::string(1000, 'x'));
    co_await dialog.line_before(s.scheduler.now() + hours(1));
  };
  sim.clients.start(vanish(sim, weather));
  sim.scheduler.run_for(minutes(2));
  CHECK(sim.connections() == 1);
  sim.scheduler.run_for(minutes(20));
  CHECK(sim.connections() == 0);
  CHECK(sim.is_sound());
}

TEST_CASE("When the server stops every connection hears it and ends") {
  Simulation sim({});
  End smtp;
  End imap;
  End idle;
  sim.clients.start(say_and_wait(sim, server::Protocol::kSmtp, "EHLO x\r\n", smtp));
  sim.clients.start(say_and_wait(sim, server::Protocol::kImap, "", imap));
  sim.clients.start(say_and_wait(sim, server::Protocol::kImap,
                                 "a LOGIN ann@example.com secret\r\nb SELECT INBOX\r\nc IDLE\r\n",
                                 idle));
  sim.scheduler.run_for(seconds(10));
  CHECK(sim.connections() == 3);
  sim.stop_server();
  sim.scheduler.run_for(seconds(5));
  CHECK(sim.connections() == 0);
  CHECK(sim.clients.running() == 0);
  CHECK(smtp.last_line.starts_with("421 "));
  CHECK(imap.last_line.starts_with("* BYE "));
  CHECK(idle.last_line.starts_with("* BYE "));
}

/// Somebody else's message, stored through a second connection.
Task<void> deliver(Simulation& sim, TimePoint& accepted, int& code) {
  Dialog dialog(sim.scheduler, sim.connect(server::Protocol::kSmtp, Weather(), "sender"));
  co_await dialog.line();
  co_await dialog.send("HELO x\r\n");
  co_await dialog.line();
  co_await dialog.send("MAIL FROM:<>\r\nRCPT TO:<ann@example.com>\r\nDATA\r\n");
  co_await dialog.line();
  co_await dialog.line();
  co_await dialog.line();
  co_await dialog.send("Subject: wake up\r\n\r\nnow\r\n.\r\n");
  const auto line = co_await dialog.line();
  if (line) code = std::atoi(line->c_str());
  accepted = sim.scheduler.now();
}

Task<void> idle_for_one(Simulation& sim, TimePoint& told, std::size_t& seen) {
  ImapConnection connection(sim, "idler", sim.connect(server::Protocol::kImap, Weather(), "idler"));
  const bool is_in = co_await connection.log_in("ann@example.com", server::Protocol::kImap);
  if (!is_in) co_return;
  co_await connection.select("INBOX");
  const TimePoint deadline = sim.scheduler.now() + minutes(20);
  const auto answer = co_await connection.idle(deadline, 1);
  told = sim.scheduler.now();
  seen = connection.uids().size();
}

TEST_CASE("A delivery wakes a client that idles at once") {
  for (const std::uint64_t seed : seeds(20)) {
    Setup setup;
    setup.seed = seed;
    setup.options.idle_refresh = hours(1);  // nothing but a wake can tell it
    Simulation sim(setup);
    TimePoint accepted{};
    TimePoint told{};
    int code = 0;
    std::size_t seen = 0;
    sim.clients.start(idle_for_one(sim, told, seen));
    sim.scheduler.run_for(seconds(10) + milliseconds(seed));
    sim.clients.start(deliver(sim, accepted, code));
    sim.scheduler.run_while([&] { return sim.clients.running() != 0; });
    CAPTURE(seed);
    CHECK(code == 250);
    CHECK(seen == 1);
    // Latency there and back for DONE, and a job or two of the worker.
    CHECK(told - accepted <= milliseconds(30));
    INFO(sim.report());
    CHECK(sim.is_sound());
  }
}

TEST_CASE("A stop that comes while a refused login is held back is heard afterwards") {
  for (const server::Protocol protocol : {server::Protocol::kImap, server::Protocol::kSubmission}) {
    Setup setup;
    setup.options.auth_failure_delay = seconds(2);
    Simulation sim(setup);
    End end;
    const bool is_imap = protocol == server::Protocol::kImap;
    // "\0ann@example.com\0wrong"
    const std::string words = is_imap ? "a LOGIN ann@example.com wrong\r\n"
                                      : "EHLO x\r\nAUTH PLAIN AGFubkBleGFtcGxlLmNvbQB3cm9uZw==\r\n";
    sim.clients.start(say_and_wait(sim, protocol, words, end));
    sim.scheduler.run_for(seconds(1));
    sim.stop_server();
    sim.scheduler.run_for(seconds(10));
    CAPTURE(words, end.last_line);
    CHECK(sim.connections() == 0);
    CHECK(end.last_line.starts_with(is_imap ? "* BYE " : "421 "));
    CHECK(sim.is_sound());
  }
}

constexpr std::size_t kDeliveries = 60;

Task<void> deliver_many(Simulation& sim) {
  for (std::size_t i = 0; i < kDeliveries; ++i) {
    TimePoint accepted{};
    int code = 0;
    co_await deliver(sim, accepted, code);
    if (code != 250) sim.broken(cat("delivery ", i, " was answered ", code));
  }
}

/// Idles without reading, so that the server cannot say what it has to say; then reads.
Task<void> idle_deaf(Simulation& sim, std::string& last) {
  Weather weather;
  weather.window = 512;
  Dialog dialog(sim.scheduler, sim.connect(server::Protocol::kImap, weather, "deaf"));
  co_await dialog.line();
  co_await dialog.send("a LOGIN ann@example.com secret\r\nb SELECT INBOX\r\nc IDLE\r\n");
  for (;;) {
    const auto line = co_await dialog.line();
    if (!line || line->starts_with("+")) break;
  }
  co_await pause_for(sim.scheduler, seconds(100));
  for (;;) {
    const auto line = co_await dialog.line_before(sim.scheduler.now() + seconds(10));
    if (!line) break;
    if (line->ends_with(" EXISTS")) last = *line;
  }
}

TEST_CASE("A wake that comes while the client does not read is not lost") {
  Setup setup;
  setup.options.idle_refresh = hours(1);
  Simulation sim(setup);
  std::string last;
  sim.clients.start(idle_deaf(sim, last));
  sim.scheduler.run_for(seconds(10));
  sim.clients.start(deliver_many(sim));
  sim.scheduler.run_while([&] { return sim.clients.running() != 0; });
  INFO(sim.report());
  CHECK(sim.is_sound());
  CHECK(last == cat("* ", kDeliveries, " EXISTS"));
}

}  // namespace
}  // namespace mail::sim
