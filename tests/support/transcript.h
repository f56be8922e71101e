// Transcripts: dialogs in plain text, played against a protocol engine (docs/sessions.md tells the
// format).
//
// The core knows no protocol. A protocol plugs in with a `Protocol`: a name and a function that
// makes a `TranscriptSession` from the options of the file; `EngineUnderTest` does all of it but
// printing an event and applying an answer.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/base/session.h"

namespace mail::test {

/// What a `?` line of a transcript is compared with.
struct EventText {
  std::string text;                 // "mail <ann@example>"; of a chunk its name: "data"
  bool is_question = false;         // a `!` line must answer it
  std::optional<std::string> data;  // a chunk's bytes; chunks of one name are merged
};

/// One connection: a `Session` whose events and answers are text.
class TranscriptSession {
 public:
  virtual ~TranscriptSession() = default;
  virtual void receive(std::string_view bytes, TimePoint now) = 0;
  virtual void receive_eof(TimePoint now) = 0;
  virtual std::optional<EventText> next() = 0;
  virtual std::string_view output() = 0;
  virtual void consume_output(std::size_t octets) = 0;
  virtual bool wants_input() const = 0;
  virtual bool wants_tls() const = 0;
  virtual void tls_started(const TlsInfo& info) = 0;
  virtual std::optional<TimePoint> deadline() const = 0;
  virtual void on_deadline(TimePoint now) = 0;
  virtual bool finished() const = 0;
  /// Applies the text of a `!` line. Empty, or what is wrong with it.
  virtual std::string answer(std::string_view text) = 0;
  /// False for what the application may also say unasked, and which answers nothing.
  virtual bool is_answer(std::string_view) const { return true; }
};

/// Base of an adaptor: `print` and `answer` remain to be written.
template <Session S>
class EngineUnderTest : public TranscriptSession {
 public:
  explicit EngineUnderTest(S session) : session_(std::move(session)) {}
  void receive(std::string_view bytes, TimePoint now) override { session_.receive(bytes, now); }
  void receive_eof(TimePoint now) override { session_.receive_eof(now); }
  std::optional<EventText> next() override {
    auto event = session_.next();
    if (!event) return std::nullopt;
    return print(*event);
  }
  std::string_view output() override { return session_.output(); }
  void consume_output(std::size_t octets) override { session_.consume_output(octets); }
  bool wants_input() const override { return session_.wants_input(); }
  bool wants_tls() const override { return session_.wants_tls(); }
  void tls_started(const TlsInfo& info) override { session_.tls_started(info); }
  std::optional<TimePoint> deadline() const override { return session_.deadline(); }
  void on_deadline(TimePoint now) override { session_.on_deadline(now); }
  bool finished() const override { return session_.finished(); }

 protected:
  virtual EventText print(const typename S::Event& event) = 0;
  S session_;
};

/// `option` lines: name and value.
using TranscriptOptions = std::map<std::string, std::string, std::less<>>;

struct Protocol {
  std::string name;  // of `protocol` lines and of the folder
  /// Null for an option that the protocol does not know; `error` says which.
  std::function<std::unique_ptr<TranscriptSession>(const TranscriptOptions& options, TimePoint now,
                                                   std::string& error)>
      make;
};

enum class StepKind {
  kServer,
  kServerRaw,
  kNever,
  kClient,
  kEvent,
  kAnswer,
  kTime,
  kTls,
  kEof,
  kClosed
};

struct Step {
  StepKind kind = StepKind::kServer;
  int connection = 1;
  int line = 0;        // in the file
  std::string text;    // pattern, bytes, event or answer
  bool skips = false;  // `S ...`: lines before the one that matches are passed over
  Duration time{};
};

/// A parsed file. A value.
struct Transcript {
  std::string file;
  std::string protocol;
  TranscriptOptions options;
  std::map<int, TranscriptOptions> connection_options;  // `2:option k=v`
  std::vector<std::string> automatic;  // `auto NAME…`: questions answered "accept", unmentioned
  bool runs_live = false;              // `where live`
  std::vector<Step> steps;
};

/// `error` is "file:line: what is wrong" when the result is empty.
std::optional<Transcript> parse_transcript(std::string_view file, std::string_view content,
                                           std::string& error);

/// How the client's bytes reach the engine.
struct Cutting {
  enum class Kind { kWhole, kBytes, kRandom };
  Kind kind = Kind::kWhole;
  std::uint64_t seed = 0;  // of kRandom

  std::string to_string() const;  // "whole", "bytes", "7"
};
std::optional<Cutting> parse_cutting(std::string_view text);

/// Plays one file in one way. The first difference as "file:line: …", or nullopt when all is as
/// written.
std::optional<std::string> play(const Transcript& transcript, const Protocol& protocol,
                                const Cutting& cutting);

/// Random cuts that every file is played in, beside whole and byte by byte.
inline constexpr int kRandomCuts = 8;

/// Main of a transcript executable: plays the files named (or, with none, every file under
/// `folder`/<protocol>/*.txt), each in every cut. A protocol without a folder or with an empty one
/// fails. Returns the exit code.
int transcript_main(const std::vector<std::string>& arguments, const std::string& folder,
                    const std::vector<Protocol>& protocols);

/// "a\r\n" → `a\r\n` in letters, and back. `unescape` fails on a malformed escape.
std::string escape(std::string_view bytes);
std::optional<std::string> unescape(std::string_view text);

}  // namespace mail::test
