// doctor: what keeps the server from working, or its users from being served, each with its fix.
//
// Tested by tests/cases/mailctl/doctor.py and tests/unit/net/checkup_test.cc.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "context.h"
#include "control.h"
#include "mail/net/checkup.h"

namespace mailctl {
namespace {

using mail::net::Finding;

std::vector<mail::directory::Listener> listeners_in(const Json& json) {
  std::vector<mail::directory::Listener> listeners;
  if (!json.is_object()) return listeners;
  for (const auto& [name, addresses] : json.items()) {
    mail::directory::Listener listener{name, {}};
    for (const Json& address : addresses) {
      if (!address.is_string()) continue;
      const auto parsed = mail::directory::parse_listen_list(address.get<std::string>());
      if (parsed.ok()) {
        listener.addresses.insert(listener.addresses.end(), parsed->begin(), parsed->end());
      }
    }
    listeners.push_back(std::move(listener));
  }
  return listeners;
}

Colour colour_of(Finding::Severity severity) {
  switch (severity) {
    case Finding::Severity::kError: return Colour::kRed;
    case Finding::Severity::kWarning: return Colour::kYellow;
    case Finding::Severity::kNote: return Colour::kCyan;
  }
  return Colour::kDim;
}

void print(const Finding& finding) {
  const std::string severity(to_string(finding.severity));
  std::cout << paint(STDOUT_FILENO, colour_of(finding.severity), severity + ":") << " "
            << finding.area << ": " << shown(finding.text) << "\n";
  if (!finding.fix.empty()) {
    std::cout << paint(STDOUT_FILENO, Colour::kDim, "  fix: " + shown(finding.fix)) << "\n";
  }
}

Json to_json(const Finding& finding) {
  return {{"severity", to_string(finding.severity)},
          {"area", finding.area},
          {"text", finding.text},
          {"fix", finding.fix}};
}

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

}  // namespace

int doctor(const Context& context) {
  mail::net::CheckupOptions options;
  options.config = context.config;
  options.mail = context.mail;
  options.state = context.state;
  options.environment = environment();
  options.machine_name = own_name();
  options.now = std::chrono::time_point_cast<mail::Duration>(std::chrono::system_clock::now());
  const ControlAnswer answer = ask_server(context.control_socket(), "status");
  std::vector<Finding> findings;
  if (answer.state == ControlAnswer::State::kAnswered) {
    const Json report = Json::parse(answer.text, nullptr, false);
    options.running = {report.value("hostname", std::string()),
                       listeners_in(report.value("listeners", Json::object()))};
  } else if (answer.state == ControlAnswer::State::kFailed) {
    findings.push_back({Finding::Severity::kError, "ports",
                        "the running server does not answer: " + answer.text,
                        "ask as root or as its user; else see its log"});
  }
  const auto found = mail::net::examine(mail::real_filesystem(), options);
  findings.insert(findings.end(), found.begin(), found.end());
  const auto count = [&findings](Finding::Severity severity) {
    return static_cast<std::size_t>(
        std::count_if(findings.begin(), findings.end(),
                      [severity](const Finding& finding) { return finding.severity == severity; }));
  };
  const std::size_t errors = count(Finding::Severity::kError);
  Json json = Json::array();
  for (const Finding& finding : findings) {
    context.json ? json.push_back(to_json(finding)) : print(finding);
  }
  if (context.json) {
    std::cout << text_of(json);
  } else {
    std::cout << counted(errors, "error") << ", "
              << counted(count(Finding::Severity::kWarning), "warning") << ", "
              << counted(count(Finding::Severity::kNote), "note") << "\n";
  }
  return errors == 0 ? kDone : kRefused;
}

}  // namespace mailctl
