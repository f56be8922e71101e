// Tested by tests/unit/net/server_test.cc.
#include "net/report.h"

#include <nlohmann/json.hpp>

namespace mail::net {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const std::vector<directory::Listener>& listeners) {
  Json all = Json::object();
  for (const auto& listener : listeners) {
    Json& addresses = all[listener.name] = Json::array();
    for (const auto& address : listener.addresses) addresses.push_back(to_string(address));
  }
  return all;
}

/// Diagnostics quote config files, which may hold anything: invalid UTF-8 is replaced.
std::string text_of(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string listeners_json(const std::vector<directory::Listener>& listeners) {
  return text_of(to_json(listeners), 2) + "\n";
}

std::string status_json(const ServerReport& report) {
  return text_of({{"ok", true},
                  {"version", MAIL_VERSION},
                  {"hostname", report.hostname},
                  {"pid", report.pid},
                  {"uptime_seconds", report.uptime_seconds},
                  {"connections", report.connections},
                  {"accounts", report.accounts},
                  {"aliases", report.aliases},
                  {"diagnostics", report.diagnostics},
                  {"listeners", to_json(report.listeners)}});
}

std::string ok_json() { return text_of({{"ok", true}}); }

std::string error_json(std::string_view error) {
  return text_of({{"ok", false}, {"error", error}});
}

}  // namespace mail::net
