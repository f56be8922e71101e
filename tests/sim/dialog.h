// A client's side of a text protocol, over a simulated connection.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sim/network.h"
#include "sim/scheduler.h"

namespace mail::sim {

/// Sends and reads lines. Once anything fails (the connection, the client's patience) everything
/// fails. Owned by one task; closed when destroyed.
class Dialog {
 public:
  Dialog(Scheduler& scheduler, std::unique_ptr<SimTransport> transport,
         Duration patience = minutes(10))
      : scheduler_(scheduler), transport_(std::move(transport)), patience_(patience) {}
  ~Dialog() { transport_->close(); }
  Dialog(const Dialog&) = delete;
  Dialog& operator=(const Dialog&) = delete;

  /// True when the connection took every octet. Reads meanwhile: a client that does not would hold
  /// the server up for ever when both windows are full.
  Task<bool> send(std::string bytes);
  /// Without CRLF. None: it failed.
  Task<std::optional<std::string>> line();
  /// None also when `deadline` passes first; then the dialog is still good.
  Task<std::optional<std::string>> line_before(TimePoint deadline);
  Task<std::optional<std::string>> octets(std::size_t count);
  Task<bool> start_tls();

  bool failed() const { return failed_; }
  SimTransport& transport() { return *transport_; }

 private:
  /// False when the deadline passed or the connection ended with nothing read.
  Task<bool> read_some(TimePoint deadline);
  bool take_what_came();

  Scheduler& scheduler_;
  const std::unique_ptr<SimTransport> transport_;
  const Duration patience_;
  std::string input_;
  bool failed_ = false;
};

}  // namespace mail::sim
