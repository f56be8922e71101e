// The record of a run: what happened, when, to whom. Two runs of one seed have the same.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/ports.h"
#include "sim/scheduler.h"

namespace mail::sim {

/// One line an event: "+12.000345 smtp-3>server bytes 57 9f86d081884c7d65".
class Trace {
 public:
  explicit Trace(const Scheduler& scheduler) : scheduler_(scheduler) {}

  void add(std::string_view who, std::string_view what, std::string_view detail = {});
  /// The bytes themselves are not kept, only how many and their hash.
  void add_bytes(std::string_view who, std::string_view what, std::string_view bytes);

  const std::string& text() const { return text_; }
  std::uint64_t hash() const;
  /// The last lines, for a failure's report.
  std::string tail(std::size_t lines) const;

 private:
  const Scheduler& scheduler_;
  std::string text_;
};

/// The first line that differs, with its number; empty when the texts are the same.
std::string first_difference(std::string_view one, std::string_view other);

/// The Logger port: every sentence goes to the trace, so the logs must repeat as well.
class SimLogger final : public Logger {
 public:
  explicit SimLogger(Trace& trace) : trace_(trace) {}
  void log(Level level, std::string_view sentence, std::span<const Field> fields) override;

 private:
  Trace& trace_;
};

}  // namespace mail::sim
