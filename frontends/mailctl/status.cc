#include <iostream>
#include <nlohmann/json.hpp>

#include "context.h"
#include "control.h"

namespace mailctl {
namespace {

using Json = nlohmann::ordered_json;

void print_text(const Json& report) {
  std::cout << "maild is running\n";
  for (const auto& [name, addresses] : report["listeners"].items()) {
    std::cout << name << ":";
    for (const auto& address : addresses) {
      std::cout << " " << (address.is_string() ? address.get<std::string>() : address.dump());
    }
    std::cout << "\n";
  }
  if (!report.contains("server")) return;
  for (const auto& [name, value] : report["server"].items()) {
    if (name == "listeners" || name == "ok") continue;
    std::cout << name << ": " << (value.is_string() ? value.get<std::string>() : value.dump())
              << "\n";
  }
}

}  // namespace

int status(const Context& context) {
  constexpr std::uint64_t kMaxOctets = 1024 * 1024;
  const std::string path = context.state + "/run/listeners.json";
  const auto text = mail::read_file(mail::real_filesystem(), path, kMaxOctets);
  const ControlAnswer answer = ask_server(context.control_socket(), "status");
  Json report = {{"running", text.ok()}, {"listeners", Json::object()}};
  if (text.ok()) {
    const Json listeners = Json::parse(*text, nullptr, false);
    if (!listeners.is_object()) return refuse("'" + path + "' holds no JSON object");
    report["listeners"] = listeners;
  }
  switch (answer.state) {
    case ControlAnswer::State::kAnswered: report["server"] = Json::parse(answer.text); break;
    case ControlAnswer::State::kNobody: break;
    case ControlAnswer::State::kFailed: return refuse("the server does not answer: " + answer.text);
  }
  if (context.json) {
    std::cout << report.dump(2) << "\n";
    return text.ok() ? kDone : kRefused;
  }
  if (!text.ok()) return refuse("maild is not running: '" + path + "' does not exist");
  print_text(report);
  return kDone;
}

}  // namespace mailctl
