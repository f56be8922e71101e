// The same driver as everywhere (docs/sessions.md), with a peer that never waits and an application
// that decides by a number. Everything that is seen from outside goes into one log: events, data,
// and output. Input is fed until the session wants no more; a session that wants nothing, says
// nothing and is not finished is stuck, which is a fault too.
//
// An octet 0xFE in the input is where the peer waits: there, and only there, a handshake that the
// session wants takes place. What else comes while it is wanted was pipelined behind STARTTLS.
#include "session/session.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "mail/base/absl.h"

namespace mail::fuzz {
namespace {

[[noreturn]] void fail(std::string_view what, std::string_view first, std::string_view second) {
  std::fprintf(stderr, "%.*s\n--- first\n%.*s\n--- second\n%.*s\n", static_cast<int>(what.size()),
               what.data(), static_cast<int>(first.size()), first.data(),
               static_cast<int>(second.size()), second.data());
  std::abort();
}

class Dialog {
 public:
  Dialog(std::unique_ptr<test::TranscriptSession> session, std::string_view refusal,
         std::uint8_t seed)
      : session_(std::move(session)), refusal_(refusal), seed_(seed) {
    settle();
  }

  void play(std::string_view input, std::size_t chunk) {
    for (;;) {
      const auto end = input.find(kPause);
      play_block(input.substr(0, end), chunk);
      if (end == input.npos || session_->finished()) break;
      input.remove_prefix(end + 1);
      if (!session_->wants_tls()) continue;
      session_->tls_started({.version = "TLSv1.3",
                             .cipher = {},
                             .server_name = {},
                             .bindings = {.exporter = "EXPORTER", .end_point = "END-POINT"}});
      settle();
    }
    if (!session_->finished()) {
      session_->receive_eof(TimePoint{});
      settle();
    }
    if (!session_->finished()) fail("not finished behind the end of the input", events_, output_);
  }

  std::string log() const { return cat(events_, "--- output\n", output_); }

 private:
  static constexpr char kPause = '\xfe';

  void play_block(std::string_view block, std::size_t chunk) {
    while (!block.empty() && !session_->finished() &&
           (session_->wants_input() || session_->wants_tls())) {
      const auto bytes = block.substr(0, chunk);
      block.remove_prefix(bytes.size());
      session_->receive(bytes, TimePoint{});
      settle();
    }
  }

  /// Until the session has nothing to ask, to tell or to send.
  void settle() {
    for (bool moved = true; moved;) {
      moved = false;
      while (auto event = session_->next()) {
        moved = true;
        tell(*event);
      }
      if (const auto bytes = session_->output(); !bytes.empty()) {
        moved = true;
        output_ += bytes;
        session_->consume_output(bytes.size());
      }
    }
  }

  void tell(const test::EventText& event) {
    if (event.data) {
      if (last_data_ != event.text) append(events_, "\n", event.text, " ");
      last_data_ = event.text;
      events_ += *event.data;
      return;
    }
    last_data_.clear();
    append(events_, "\n", event.text);
    if (!event.is_question) return;
    const bool is_refused = ((seed_ >> (questions_++ % 8)) & 1) != 0;
    const auto fault = session_->answer(is_refused ? refusal_ : "accept");
    if (!fault.empty()) fail(fault, event.text, refusal_);
  }

  std::unique_ptr<test::TranscriptSession> session_;
  std::string_view refusal_;
  std::uint8_t seed_;
  std::size_t questions_ = 0;
  std::string events_;
  std::string last_data_;
  std::string output_;
};

}  // namespace

void play_in_two_cuts(const test::Protocol& protocol, const test::TranscriptOptions& options,
                      std::string_view refusal, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string logs[2];
  for (const std::size_t chunk : {input.size() + 2, std::size_t{1}}) {
    std::string error;
    auto session = protocol.make(options, TimePoint{}, error);
    if (!session) fail(error, {}, {});
    Dialog dialog(std::move(session), refusal, data[0]);
    dialog.play(input, chunk);
    logs[chunk == 1] = dialog.log();
  }
  if (logs[0] != logs[1]) fail("the dialog depends on how its input is cut", logs[0], logs[1]);
}

}  // namespace mail::fuzz
