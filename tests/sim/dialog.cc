// The plain client: what a line is, how long to wait for it, and that the end is the end.
//
// Tested by every test in tests/sim that talks to a server.
#include "sim/dialog.h"

#include <utility>

namespace mail::sim {

bool Dialog::take_what_came() {
  char buffer[8192];
  for (;;) {
    const Transport::Moved moved = transport_->read(buffer);
    input_.append(buffer, moved.octets);
    if (!moved.open) return false;
    if (moved.octets == 0) return true;
  }
}

Task<bool> Dialog::read_some(TimePoint deadline) {
  if (failed_) co_return false;
  const Transport::Interest readable{.readable = true, .writable = false};
  const auto readiness = co_await transport_->wait(readable, deadline);
  if (readiness == Transport::Readiness::kDeadline) co_return false;
  const std::size_t before = input_.size();
  const bool is_open = take_what_came();
  if (input_.size() != before) co_return true;
  failed_ = !is_open;
  co_return is_open;
}

Task<bool> Dialog::send(std::string bytes) {
  std::string_view rest = bytes;
  TimePoint deadline = scheduler_.now() + patience_;
  while (!failed_) {
    const Transport::Moved moved = transport_->write(rest);
    rest.remove_prefix(moved.octets);
    if (!moved.open) break;
    if (rest.empty()) co_return true;
    if (moved.octets != 0) deadline = scheduler_.now() + patience_;
    const Transport::Interest both{.readable = true, .writable = true};
    const auto readiness = co_await transport_->wait(both, deadline);
    if (readiness == Transport::Readiness::kDeadline) break;
    if (!take_what_came()) break;
  }
  failed_ = true;
  co_return false;
}

Task<std::optional<std::string>> Dialog::line_before(TimePoint deadline) {
  for (;;) {
    const std::size_t end = input_.find("\r\n");
    if (end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 2);
      co_return line;
    }
    const bool more = co_await read_some(deadline);
    if (!more) co_return std::nullopt;
  }
}

Task<std::optional<std::string>> Dialog::line() {
  auto line = co_await line_before(scheduler_.now() + patience_);
  failed_ = failed_ || !line;
  co_return line;
}

Task<std::optional<std::string>> Dialog::octets(std::size_t count) {
  while (input_.size() < count) {
    const TimePoint deadline = scheduler_.now() + patience_;
    const bool more = co_await read_some(deadline);
    if (!more) {
      failed_ = true;
      co_return std::nullopt;
    }
  }
  std::string octets = input_.substr(0, count);
  input_.erase(0, count);
  co_return octets;
}

Task<bool> Dialog::start_tls() {
  if (failed_) co_return false;
  const TimePoint deadline = scheduler_.now() + patience_;
  const auto info = co_await transport_->start_tls(deadline);
  failed_ = !info.ok();
  co_return info.ok();
}

}  // namespace mail::sim
