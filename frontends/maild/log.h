#pragma once

#include <memory>
#include <string_view>

#include "mail/base/ports.h"

namespace maild {

/// The library's log on standard error, a line an event:
///
///     2026-11-21T23:07:55.123+01:00 info message accepted queue=mx-3 from="ann@example.com"
///
/// A value stands in quotes when it is not a plain word; control characters and quotes are escaped,
/// so that no peer can write a line of its own. Safe from any thread.
class Log final : public mail::Logger {
 public:
  Log();
  ~Log() override;
  /// LOG_LEVEL: error, warn, info, debug or trace.
  void set_level(std::string_view name);
  void log(Level level, std::string_view sentence, std::span<const Field> fields) override;

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
};

/// `text` as a logfmt value.
std::string quoted(std::string_view text);

}  // namespace maild
