#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "mail/base/ports.h"

namespace maild {

/// The library's log on standard error, a line an event:
///
///     2026-11-21T23:07:55.123+01:00 info message accepted queue=mx-3 from="ann@example.com"
///     {"time":"2026-11-21T23:07:55.123+01:00","level":"info","message":"message accepted",…}
///
/// A value stands in quotes when it is not a plain word; control characters and quotes are escaped,
/// so that no peer can write a line of its own. Safe from any thread.
class Log final : public mail::Logger {
 public:
  Log();
  ~Log() override;
  /// LOG_LEVEL: error, warn, info, debug or trace.
  void set_level(std::string_view name);
  /// LOG_FORMAT: text or json.
  void set_format(std::string_view name) { is_json_ = name == "json"; }
  void log(Level level, std::string_view sentence, std::span<const Field> fields) override;

 private:
  struct Sink;
  std::unique_ptr<Sink> sink_;
  std::atomic<bool> is_json_ = false;
};

/// `text` as a logfmt value. Control characters of ASCII, of ISO 8859 (U+0080 to U+009F, which some
/// terminals obey) and those that turn the direction of writing are escaped, as is what is no
/// UTF-8.
std::string logfmt_value(std::string_view text);

std::string text_line(std::string_view time, std::string_view level, std::string_view sentence,
                      std::span<const mail::Logger::Field> fields);
std::string json_line(std::string_view time, std::string_view level, std::string_view sentence,
                      std::span<const mail::Logger::Field> fields);

}  // namespace maild
