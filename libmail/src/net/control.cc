// Tested by tests/unit/net/server_test.cc.
#include "net/control.h"

#include <string_view>

namespace mail::net {
namespace {

constexpr Transport::Interest kReadable{.readable = true, .writable = false};
constexpr Transport::Interest kWritable{.readable = false, .writable = true};

/// The first line without its end; empty when none came in time.
Task<std::string> read_line(Transport& transport, TimePoint give_up) {
  std::string line;
  const std::optional<TimePoint> deadline = give_up;
  while (line.size() < kMaxControlLine) {
    char byte = 0;
    const auto got = transport.read({&byte, 1});
    if (got.octets == 1) {
      if (byte == '\n') co_return line;
      line += byte;
      continue;
    }
    if (!got.open) break;
    const auto why = co_await transport.wait(kReadable, deadline);
    if (why != Transport::Readiness::kReady) break;
  }
  co_return std::string();
}

Task<void> write_all(Transport& transport, std::string text, TimePoint give_up) {
  std::string_view rest = text;
  const std::optional<TimePoint> deadline = give_up;
  while (!rest.empty()) {
    const auto sent = transport.write(rest);
    rest.remove_prefix(sent.octets);
    if (!sent.open) co_return;
    if (rest.empty()) break;
    const auto why = co_await transport.wait(kWritable, deadline);
    if (why == Transport::Readiness::kDeadline) co_return;
  }
}

}  // namespace

Task<void> serve_control(Clock& clock, Worker& worker, const ControlAnswers& answers,
                         std::unique_ptr<Transport> transport) {
  Task<std::string> reading = read_line(*transport, clock.now() + kControlPatience);
  std::string command = co_await reading;
  if (command.ends_with('\r')) command.pop_back();
  if (!command.empty()) {
    auto job = [&answers, &command] { return answers(command); };
    std::string answer = co_await run_on(worker, std::move(job));
    answer += '\n';
    Task<void> writing = write_all(*transport, std::move(answer), clock.now() + kControlPatience);
    co_await writing;
  }
  transport->close();
}

}  // namespace mail::net
