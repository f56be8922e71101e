// Playing a transcript: the steps are walked in order; a client step only queues bytes, and `pump`
// moves everything that can move. A server or event step then takes from what has come.
//
// The same expectations hold for every way of cutting, so passing all of them shows that the engine
// behaves the same however its input is cut. Random cuts with an odd seed are *polite*: the rest of
// a block waits while a question that arose inside it is open, as with a driver that reads only
// when it has nothing to answer.
//
// Tested by tests/unit/transcript/transcript_test.cc.
#include <algorithm>
#include <deque>

#include "mail/base/absl.h"
#include "support/transcript.h"

namespace mail::test {
namespace {

constexpr int kDeadlinesAtOnce = 1000;

struct Connection {
  std::unique_ptr<TranscriptSession> session;
  std::string unsent;  // the client's bytes on their way
  bool sends_eof = false;
  std::string output;  // received by the client, not yet matched
  std::deque<EventText> events;
  std::vector<std::string> never;  // `-S` patterns, up to the next `S`
  bool question_open = false;
  bool question_is_new = false;  // it arose inside the block that is being sent
};

bool matches(std::string_view pattern, std::string_view line) {
  if (pattern.ends_with('*')) return line.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == line;
}

class Player {
 public:
  Player(const Transcript& transcript, const Protocol& protocol, const Cutting& cutting)
      : transcript_(transcript), protocol_(protocol), cutting_(cutting), random_(cutting.seed) {}

  std::optional<std::string> play() {
    for (std::size_t i = 0; i < transcript_.steps.size() && !error_; ++i) {
      const Step& step = transcript_.steps[i];
      line_ = step.line;
      Connection* connection = open(step.connection);
      if (connection == nullptr) break;
      perform(step, *connection);
      const bool block_goes_on = step.kind == StepKind::kClient &&
                                 i + 1 < transcript_.steps.size() &&
                                 transcript_.steps[i + 1].kind == StepKind::kClient &&
                                 transcript_.steps[i + 1].connection == step.connection;
      if (!block_goes_on) pump_all();
    }
    if (!error_) {
      for (auto& [number, connection] : connections_) expect_nothing_unread(connection, "the end");
    }
    return error_;
  }

 private:
  void perform(const Step& step, Connection& c) {
    switch (step.kind) {
      case StepKind::kServer: return match_line(step, c);
      case StepKind::kServerRaw: return match_bytes(step, c);
      case StepKind::kNever: c.never.push_back(step.text); return;
      case StepKind::kClient: return send(step, c);
      case StepKind::kEvent: return match_event(step, c);
      case StepKind::kAnswer: return answer(step, c);
      case StepKind::kTime: return pass_time(step.time);
      case StepKind::kTls: return start_tls(c);
      case StepKind::kEof:
        expect_nothing_unread(c, "EOF");
        c.sends_eof = true;
        return;
      case StepKind::kClosed:
        if (!c.session->finished()) fail("the session should be finished, and is not");
        return;
    }
  }

  // ---- what the client does

  void send(const Step& step, Connection& c) {
    if (c.unsent.empty()) expect_nothing_unread(c, "the client speaks");
    c.unsent += step.text;
    c.question_is_new = false;
  }

  void start_tls(Connection& c) {
    expect_nothing_unread(c, "the handshake");
    if (!c.session->wants_tls()) return fail("the session does not want TLS");
    c.session->tls_started({.version = "TLSv1.3",
                            .cipher = "TLS_AES_256_GCM_SHA384",
                            .server_name = {},
                            .bindings = {.exporter = "EXPORTER", .end_point = "END-POINT"}});
  }

  void pass_time(Duration time) {
    const TimePoint until = now_ + time;
    for (auto& [number, c] : connections_) {
      expect_nothing_unread(c, "time passes");
      for (int i = 0; !error_; ++i) {
        const auto deadline = c.session->deadline();
        if (!deadline || *deadline > until || c.session->finished()) break;
        if (i == kDeadlinesAtOnce) return fail("on_deadline does not move the deadline");
        now_ = std::max(now_, *deadline);
        c.session->on_deadline(now_);
        pump(c);
      }
    }
    now_ = until;
  }

  // ---- what the engine said

  void match_line(const Step& step, Connection& c) {
    std::string passed;
    for (;;) {
      const auto end = c.output.find("\r\n");
      if (end == std::string::npos) {
        return fail(cat("expected: S ", step.text,
                        "\n     got: ", c.output.empty() ? "nothing" : escape(c.output),
                        passed.empty() ? "" : "\n   after:\n", passed, waiting_event(c)));
      }
      const std::string line = c.output.substr(0, end);
      for (const auto& pattern : c.never) {
        if (matches(pattern, line)) return fail(cat("must not come: S ", escape(line)));
      }
      const bool fits = matches(step.text, line);
      if (!fits && !step.skips) {
        return fail(
            cat("expected: S ", step.text, "\n     got: S ", escape(line), waiting_event(c)));
      }
      c.output.erase(0, end + 2);
      if (fits) break;
      append(passed, "          S ", escape(line), "\n");
    }
    c.never.clear();
  }

  void match_bytes(const Step& step, Connection& c) {
    if (!c.output.starts_with(step.text)) {
      return fail(cat("expected: S| ", escape(step.text), "\n     got: S| ", escape(c.output)));
    }
    c.output.erase(0, step.text.size());
  }

  void match_event(const Step& step, Connection& c) {
    if (c.events.empty()) {
      return fail(cat("expected: ? ", step.text, "\n     got: no event",
                      c.output.empty() ? "" : " but S| ", escape(c.output)));
    }
    EventText& event = c.events.front();
    const std::string got = event.data ? cat(event.text, " ", escape(*event.data)) : event.text;
    if (event.data && take_data(step.text, event)) {
      if (event.data->empty()) c.events.pop_front();
      return;
    }
    if (event.data || !matches(step.text, event.text)) {
      return fail(cat("expected: ? ", step.text, "\n     got: ? ", got));
    }
    c.events.pop_front();
  }

  /// "data TEXT" takes TEXT from the front of the merged chunks, "data *" all of them.
  static bool take_data(std::string_view text, EventText& event) {
    if (!text.starts_with(event.text)) return false;
    text.remove_prefix(event.text.size());
    if (text == " *") return event.data->clear(), true;
    if (!text.starts_with(' ')) return false;
    const auto bytes = unescape(text.substr(1));
    if (!bytes || !event.data->starts_with(*bytes)) return false;
    event.data->erase(0, bytes->size());
    return true;
  }

  void answer(const Step& step, Connection& c) {
    if (c.session->is_answer(step.text)) {
      if (!c.question_open || !c.events.empty()) {
        return fail(cat("no question is open to answer with: ! ", step.text, waiting_event(c)));
      }
      c.question_open = false;
    }
    if (auto wrong = c.session->answer(step.text); !wrong.empty()) fail(wrong);
    tell_time(c);
  }

  /// An answer carries no time; a driver that answers late tells it.
  void tell_time(Connection& c) { c.session->receive({}, now_); }

  void expect_nothing_unread(Connection& c, std::string_view before) {
    if (error_) return;
    if (!c.output.empty()) {
      fail(cat("not expected before ", before, ": S| ", escape(c.output)));
    } else if (!c.events.empty()) {
      fail(cat("not expected before ", before, waiting_event(c)));
    }
  }

  static std::string waiting_event(const Connection& c) {
    return c.events.empty() ? "" : cat("\n   event: ? ", c.events.front().text);
  }

  // ---- moving bytes

  Connection* open(int number) {
    if (auto found = connections_.find(number); found != connections_.end()) return &found->second;
    auto options = transcript_.options;
    if (auto own = transcript_.connection_options.find(number);
        own != transcript_.connection_options.end()) {
      for (const auto& [name, value] : own->second) options[name] = value;
    }
    std::string error;
    auto session = protocol_.make(options, now_, error);
    if (!session) {
      fail(error);
      return nullptr;
    }
    auto& connection = connections_[number];
    connection.session = std::move(session);
    pump(connection);
    return &connection;
  }

  void pump_all() {
    for (auto& [number, connection] : connections_) pump(connection);
  }

  void pump(Connection& c) {
    bool moved = true;
    while (moved && !error_) {
      moved = take_events(c);
      moved |= take_output(c);
      if (c.session->finished()) {
        c.unsent.clear();  // the peer's last bytes find nobody
      } else if (!c.unsent.empty()) {
        moved |= feed(c);
      } else if (c.sends_eof) {
        c.sends_eof = false;
        c.session->receive_eof(now_);
        moved = true;
      }
    }
    if (!c.unsent.empty() && !c.question_open && !error_) {
      fail(cat("the session takes no more input, left: ", escape(c.unsent.substr(0, 60))));
    }
  }

  bool take_events(Connection& c) {
    bool moved = false;
    while (auto event = c.session->next()) {
      moved = true;
      if (c.question_open) {
        fail(cat("an event while a question is open: ? ", event->text));
        return false;
      }
      const auto name = event->text.substr(0, event->text.find(' '));
      if (std::count(transcript_.automatic.begin(), transcript_.automatic.end(), name) != 0) {
        if (event->is_question) {
          c.session->answer("accept");
          tell_time(c);
        }
        continue;
      }
      c.question_open = c.question_is_new = event->is_question;
      if (event->data && !c.events.empty() && c.events.back().data &&
          c.events.back().text == event->text) {
        *c.events.back().data += *event->data;
      } else {
        c.events.push_back(std::move(*event));
      }
    }
    return moved;
  }

  bool take_output(Connection& c) {
    const auto bytes = c.session->output();
    if (bytes.empty()) return false;
    const auto n =
        cutting_.kind == Cutting::Kind::kRandom ? 1 + random() % bytes.size() : bytes.size();
    c.output += bytes.substr(0, n);
    c.session->consume_output(n);
    return true;
  }

  bool feed(Connection& c) {
    const bool is_polite = cutting_.kind == Cutting::Kind::kRandom && cutting_.seed % 2 == 1;
    if (is_polite && c.question_open && c.question_is_new) return false;
    // Bytes that come while the session waits for its handshake are the attack that STARTTLS must
    // withstand: they are handed over, as when they had come in one packet with the command.
    if (!c.session->wants_input() && !c.session->wants_tls()) return false;
    const auto n = piece(c.unsent.size());
    // A copy of its own, gone at once: a view kept into it is caught by the address sanitizer.
    const auto bytes = std::make_unique<std::string>(c.unsent.substr(0, n));
    c.unsent.erase(0, n);
    c.session->receive(*bytes, now_);
    return true;
  }

  std::size_t piece(std::size_t left) {
    constexpr std::size_t kLongest[] = {3, 17, 80, 700};
    switch (cutting_.kind) {
      case Cutting::Kind::kWhole: return left;
      case Cutting::Kind::kBytes: return 1;
      case Cutting::Kind::kRandom:
        return std::min<std::size_t>(left, 1 + random() % kLongest[cutting_.seed / 2 % 4]);
    }
    return left;
  }

  /// splitmix64: the same cuts on every machine.
  std::uint64_t random() {
    std::uint64_t z = (random_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  void fail(std::string_view what) {
    if (!error_) error_ = cat(transcript_.file, ":", line_, ": ", what);
  }

  const Transcript& transcript_;
  const Protocol& protocol_;
  const Cutting cutting_;
  std::uint64_t random_;
  std::map<int, Connection> connections_;
  TimePoint now_{hours(1)};
  int line_ = 0;
  std::optional<std::string> error_;
};

}  // namespace

std::optional<std::string> play(const Transcript& transcript, const Protocol& protocol,
                                const Cutting& cutting) {
  return Player(transcript, protocol, cutting).play();
}

}  // namespace mail::test
