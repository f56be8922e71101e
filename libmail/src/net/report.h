// What the server tells about itself as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mail/directory/settings.h"

namespace mail::net {

/// {"smtp": ["127.0.0.1:2525"], …}
std::string listeners_json(const std::vector<directory::Listener>& listeners);

/// A value.
struct ServerReport {
  std::string hostname;
  std::int64_t pid = 0;
  std::int64_t uptime_seconds = 0;
  std::size_t connections = 0;
  std::size_t accounts = 0;
  std::size_t aliases = 0;
  std::vector<std::string> diagnostics;  // of the config folder
  std::vector<directory::Listener> listeners;
};
std::string status_json(const ServerReport& report);

std::string ok_json();
std::string error_json(std::string_view error);

}  // namespace mail::net
