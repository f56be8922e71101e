// status: what the running server says of itself.
#include <iostream>

#include "context.h"
#include "control.h"

namespace mailctl {
namespace {

std::string text_in(const Json& value) {
  return shown(value.is_string() ? value.get<std::string>() : value.dump());
}

void print_text(const Json& report) {
  std::cout << "maild is running\n";
  for (const auto& [name, addresses] : report["listeners"].items()) {
    std::cout << name << ":";
    for (const auto& address : addresses) std::cout << " " << text_in(address);
    std::cout << "\n";
  }
  if (!report.contains("server")) return;
  for (const auto& [name, value] : report["server"].items()) {
    if (name == "listeners" || name == "ok") continue;
    std::cout << name << ": " << text_in(value) << "\n";
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
    if (!listeners.is_object()) {
      return refuse(context, named(path) + " holds no JSON object; restart maild");
    }
    report["listeners"] = listeners;
  }
  switch (answer.state) {
    case ControlAnswer::State::kAnswered: report["server"] = Json::parse(answer.text); break;
    case ControlAnswer::State::kNobody: break;
    case ControlAnswer::State::kFailed:
      return refuse(context, "the server does not answer: " + answer.text + "; see its log");
  }
  if (context.json) {
    std::cout << text_of(report);
  } else if (text.ok()) {
    print_text(report);
  }
  if (text.ok()) return kDone;
  return refuse_on_stderr(context, "maild is not running: '" + shown(path) + "' does not exist");
}

}  // namespace mailctl
