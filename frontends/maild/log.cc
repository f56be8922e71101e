// spdlog writes the lines; this file makes them safe to read.
#include "log.h"

#include <algorithm>
#include <string>

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "mail/base/ascii.h"

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

bool is_plain(char c) {
  return mail::ascii::is_printable(c) && c != ' ' && c != '"' && c != '\\' && c != '=';
}

}  // namespace

struct Log::Sink {
  spdlog::logger logger{"maild", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Log::Log() : sink_(std::make_unique<Sink>()) {
  sink_->logger.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

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
  std::string line(sentence);
  for (const Field& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    line += quoted(field.value);
  }
  sink_->logger.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string quoted(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  constexpr char kHex[] = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (mail::ascii::is_control(c)) {
      result += "\\x";
      result += kHex[octet >> 4];
      result += kHex[octet & 15];
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace maild
