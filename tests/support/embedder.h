// What embedders do to engines (docs/embedding.md): cut the bytes anyhow, let the clock go back,
// ask for the deadline all the time, destroy the session in the middle. A dialog must come out the
// same, or at least not crash.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "mail/base/session.h"

namespace mail::test {

/// How one dialog is led.
struct Embedding {
  std::size_t piece = SIZE_MAX;  // octets of input at a time
  std::size_t bite = SIZE_MAX;   // octets of output at a time
  std::size_t steps = SIZE_MAX;  // calls of the session after which it is destroyed
  bool asks_deadline = false;    // on_deadline, early, between all calls
  std::function<TimePoint(std::size_t)> clock = [](std::size_t) { return TimePoint{}; };
};

/// All that the session said to `input`. `make(now)` makes it; `answer(session, event)` answers its
/// events.
template <class Make, class Answer>
std::string lead(const Make& make, const Answer& answer, std::string_view input,
                 const Embedding& how) {
  std::size_t step = 0;
  auto session = make(how.clock(0));
  std::string said;
  const auto go_on = [&] {
    if (how.asks_deadline) session.on_deadline(how.clock(step));
    return step++ < how.steps;
  };
  while (!session.finished()) {
    while (true) {
      if (!go_on()) return said;
      const auto event = session.next();
      if (!event) break;
      if (!go_on()) return said;
      answer(session, *event);
    }
    if (const auto output = session.output(); !output.empty()) {
      const std::size_t taken = std::min(how.bite, output.size());
      said += output.substr(0, taken);
      if (!go_on()) return said;
      session.consume_output(taken);
    } else if (session.wants_input()) {
      if (!go_on()) return said;
      const auto piece = input.substr(0, how.piece);
      if (piece.empty()) {
        session.receive_eof(how.clock(step));
      } else {
        session.receive(piece, how.clock(step));
      }
      input.remove_prefix(piece.size());
    } else if (session.output().empty() && !session.finished()) {
      return said + "(stuck)";
    }
  }
  return said;
}

}  // namespace mail::test
