// The runner judges every engine, so it is judged first: with an engine that echoes lines, and
// faults put into it on purpose.
#include "support/transcript.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "mail/base/absl.h"

namespace mail::test {
namespace {

/// Answers "LINE" with "echo LINE"; "ask X" is a question, answered by what `!` says; "big X" gives
/// X in chunks as they come; "tls" wants a handshake; "bye" finishes.
class Echo : public TranscriptSession {
 public:
  explicit Echo(bool is_cut_sensitive) : is_cut_sensitive_(is_cut_sensitive) {}

  void receive(std::string_view bytes, TimePoint now) override {
    now_ = now;
    if (is_cut_sensitive_ && !bytes.empty() && bytes.size() < 3) out_ += "short\r\n";
    in_ += bytes;
  }
  void receive_eof(TimePoint) override { out_ += "eof\r\n", finished_ = true; }
  std::optional<EventText> next() override {
    if (asked_) return std::nullopt;
    if (in_.starts_with("big ")) {
      const auto data = in_.substr(4, std::min(in_.find('\r', 4), in_.size()) - 4);
      in_.erase(4, data.size());
      if (!data.empty()) return EventText{"chunk", false, data};
      in_.erase(0, in_ == "big \r\n" ? 6 : 0);
      return std::nullopt;
    }
    const auto end = in_.find("\r\n");
    if (end == std::string::npos) return std::nullopt;
    const std::string line = in_.substr(0, end);
    in_.erase(0, end + 2);
    if (line.starts_with("ask ")) return asked_ = true, EventText{line, true, {}};
    if (line == "tls") wants_tls_ = true;
    if (line == "bye") finished_ = true;
    append(out_, "echo ", line, "\r\n");
    return EventText{"line", false, {}};
  }
  std::string_view output() override { return out_; }
  void consume_output(std::size_t octets) override { out_.erase(0, octets); }
  bool wants_input() const override { return !finished_; }
  bool wants_tls() const override { return wants_tls_; }
  void tls_started(const TlsInfo&) override { wants_tls_ = false; }
  std::optional<TimePoint> deadline() const override { return now_ + minutes(5); }
  void on_deadline(TimePoint now) override { now_ = now, out_ += "late\r\n"; }
  bool finished() const override { return finished_ && out_.empty(); }
  std::string answer(std::string_view text) override {
    asked_ = false;
    append(out_, text, "\r\n");
    return text == "wrong" ? "wrong answer" : "";
  }

 private:
  const bool is_cut_sensitive_;
  std::string in_, out_;
  bool asked_ = false, wants_tls_ = false, finished_ = false;
  TimePoint now_{hours(1)};
};

Protocol echo() {
  return {"echo",
          [](const TranscriptOptions& options, TimePoint,
             std::string& error) -> std::unique_ptr<TranscriptSession> {
            for (const auto& [name, value] : options) {
              if (name != "broken") return error = cat("unknown option: ", name), nullptr;
            }
            return std::make_unique<Echo>(options.contains("broken"));
          }};
}

/// The first difference over all cuts, or "".
std::string difference(std::string_view body) {
  std::string error;
  const auto transcript = parse_transcript("t", cat("protocol echo\nauto line\n", body), error);
  if (!transcript) return error;
  for (const auto* cutting : {"whole", "bytes", "0", "1", "2", "3"}) {
    if (auto found = play(*transcript, echo(), *parse_cutting(cutting))) return *found;
  }
  return "";
}

TEST_CASE("A transcript that tells the truth passes") {
  const std::string_view bodies[] = {
      "C hello\nS echo hello\n",
      "C hello    a remark\nS echo *    another\n",
      "C| a\\x62\\{3*c}\\r\\n\nS echo abccc\n",
      "C a\nC b\nS echo a\nS echo b\n",
      "C a\nC b\nC c\nS ...echo c\n",
      "C a\nC b\n-S echo c\nS ...echo b\n",
      "C a\nS| echo a\\r\\n\n",
      "C ask me\n? ask me\n! yes\nS yes\n",
      "C ask me\nC next\n? ask *\n! yes\nS yes\nS echo next\n",
      "C big hello\n? chunk he\n? chunk llo\n",
      "C big hello\n? chunk *\n",
      "C tls\nS echo tls\nTLS\nC x\nS echo x\n",
      "C x\nS echo x\nT +4m\nT +1m\nS late\n",
      "C bye\nS echo bye\nCLOSED\n",
      "EOF\nS eof\nCLOSED\n",
      "2:C x\n2:S echo x\nC y\nS echo y\n",
  };
  for (const auto body : bodies) {
    INFO(body);
    CHECK(difference(body) == "");
  }
}

TEST_CASE("A transcript that lies fails at the first lie, with file and line") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"C hello\nS echo hullo\n", "t:4: expected: S echo hullo"},
      {"C hello\nS echo hello\nS more\n", "t:5: expected: S more"},
      {"C hello\n", "t:3: not expected before the end: S| echo hello"},
      {"C a\nS echo a\nC b\nC c\nS echo b\nC d\n", "not expected before the client speaks"},
      {"C a\nC b\nC c\n-S echo b\nS ...echo c\n", "t:7: must not come: S echo b"},
      {"C ask me\n", "t:3: not expected before the end\n   event: ? ask me"},
      {"C ask me\n? ask you\n", "t:4: expected: ? ask you\n     got: ? ask me"},
      {"C a\n? ask\n", "got: no event but S| echo a"},
      {"C a\nS echo a\n! yes\n", "t:5: no question is open"},
      {"C ask me\n? ask me\n! wrong\n", "t:5: wrong answer"},
      {"C big hello\n? chunk hallo\n", "expected: ? chunk hallo\n     got: ? chunk hello"},
      {"C big hello\n? chunk hel\n", "not expected before the end\n   event: ? chunk"},
      {"C x\nS echo x\nTLS\n", "t:5: the session does not want TLS"},
      {"C x\nS echo x\nCLOSED\n", "t:5: the session should be finished"},
      {"option colour=red\nC x\n", "unknown option: colour"},
      {"option broken=1\nC hello\nS echo hello\n", "short"},
  };
  for (const auto& [body, expected] : cases) {
    INFO(body);
    CHECK_THAT(difference(body), Catch::Contains(std::string(expected)));
  }
}

TEST_CASE("A line that is not part of the format is named") {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "t:0: no `protocol` line"},
      {"protocol x\n", "t:1: no steps"},
      {"protocol x\nX y\n", "t:2: unknown line: X y"},
      {"protocol x\nC| \\q\n", "t:2: bad escape"},
      {"protocol x\nC| \\x4\n", "t:2: bad escape"},
      {"protocol x\nC| \\{3*a\n", "t:2: bad escape"},
      {"protocol x\nT 5m\n", "t:2: a time is"},
      {"protocol x\nT +5w\n", "t:2: a time is"},
      {"protocol x\noption y\n", "t:2: an option is name=value"},
      {"protocol x\nwhere dead\n", "t:2: unknown place: dead"},
  };
  for (const auto& [content, expected] : cases) {
    INFO(content);
    std::string error;
    CHECK_FALSE(parse_transcript("t", content, error));
    CHECK_THAT(error, Catch::StartsWith(std::string(expected)));
  }
}

TEST_CASE("`where live` and comments are read") {
  std::string error;
  const auto transcript =
      parse_transcript("t", "# why\r\nprotocol x\r\nwhere live\r\n\r\nC a\r\n", error);
  REQUIRE(transcript);
  CHECK(transcript->runs_live);
  CHECK(transcript->steps.size() == 1);
}

TEST_CASE("Escapes are read back as they are printed") {
  const std::string bytes("a\r\n\t\\ \0\x7f\xff~", 10);
  CHECK(escape(bytes) == "a\\r\\n\\t\\\\ \\x00\\x7f\\xff~");
  CHECK(unescape(escape(bytes)) == bytes);
}

TEST_CASE("A protocol whose folder is missing or empty fails") {
  const auto folder = std::filesystem::temp_directory_path() /
                      cat("libmail-transcripts-", reinterpret_cast<std::uintptr_t>(&difference));
  std::filesystem::remove_all(folder);
  CHECK(transcript_main({}, folder.string(), {echo()}) != 0);
  std::filesystem::create_directories(folder / "echo");
  CHECK(transcript_main({}, folder.string(), {echo()}) != 0);
  std::ofstream(folder / "echo" / "a.txt") << "protocol echo\nauto line\nC a\nS echo a\n";
  CHECK(transcript_main({}, folder.string(), {echo()}) == 0);
  CHECK(transcript_main({"echo/a"}, folder.string(), {echo()}) == 0);
  CHECK(transcript_main({"echo/b"}, folder.string(), {echo()}) != 0);
  std::ofstream(folder / "echo" / "b.txt") << "protocol echo\nauto line\nC a\nS echo b\n";
  CHECK(transcript_main({}, folder.string(), {echo()}) != 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mail::test
