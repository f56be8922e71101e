// spdlog writes the lines; log_line.cc makes them safe to read.
#include "log.h"

#include <array>
#include <chrono>
#include <ctime>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "mail/base/absl.h"

namespace maild {
namespace {

spdlog::level::level_enum to_spdlog(mail::Logger::Level level) {
  switch (level) {
    case mail::Logger::Level::kDebug: return spdlog::level::debug;
    case mail::Logger::Level::kInfo: return spdlog::level::info;
    case mail::Logger::Level::kWarning: return spdlog::level::warn;
    case mail::Logger::Level::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view name_of(mail::Logger::Level level) {
  switch (level) {
    case mail::Logger::Level::kDebug: return "debug";
    case mail::Logger::Level::kInfo: return "info";
    case mail::Logger::Level::kWarning: return "warning";
    case mail::Logger::Level::kError: return "error";
  }
  return "info";
}

/// RFC 3339, with milliseconds, in the zone of the process.
std::string now_text() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t whole = std::chrono::system_clock::to_time_t(now);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  std::tm local{};
  localtime_r(&whole, &local);
  std::array<char, 32> date{};
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &local);
  std::array<char, 16> zone{};
  std::strftime(zone.data(), zone.size(), "%z", &local);
  const std::string digits = mail::cat(1000 + static_cast<int>(rest.count() % 1000));
  const std::string_view offset = zone.data();
  return mail::cat(date.data(), ".", digits.substr(1), offset.substr(0, 3), ":", offset.substr(3));
}

}  // namespace

struct Log::Sink {
  spdlog::logger logger{"maild", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Log::Log() : sink_(std::make_unique<Sink>()) { sink_->logger.set_pattern("%v"); }

Log::~Log() = default;

void Log::set_level(std::string_view name) {
  auto level = spdlog::level::info;
  if (name == "error") level = spdlog::level::err;
  if (name == "warn") level = spdlog::level::warn;
  if (name == "debug" || name == "trace") level = spdlog::level::debug;
  sink_->logger.set_level(level);
}

void Log::log(Level level, std::string_view sentence, std::span<const Field> fields) {
  if (!sink_->logger.should_log(to_spdlog(level))) return;
  const auto write = is_json_ ? json_line : text_line;
  const std::string line = write(now_text(), name_of(level), sentence, fields);
  sink_->logger.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace maild
