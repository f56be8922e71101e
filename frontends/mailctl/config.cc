// config: what is set, by whom, and what is wrong.
#include <iostream>
#include <nlohmann/json.hpp>

#include "context.h"
#include "mail/base/ascii.h"

namespace mailctl {
namespace {

using mail::directory::Diagnostic;

bool is_error(const Diagnostic& diagnostic) {
  return diagnostic.severity == Diagnostic::Severity::kError;
}

}  // namespace

int config_show(const Context& context) {
  const auto settings = load_settings(context);
  const std::string wanted =
      context.arguments.empty() ? std::string() : mail::ascii::to_upper(context.arguments[0]);
  auto json = nlohmann::ordered_json::array();
  for (const auto& [name, value] : settings.all()) {
    if (!wanted.empty() && name != wanted) continue;
    const std::string_view source = settings.source(name);
    json.push_back(
        {{"name", name}, {"value", value}, {"source", source.empty() ? "default" : source}});
    if (context.json) continue;
    std::cout << name << "=" << value;
    std::cout << "  (" << (source.empty() ? std::string_view("default") : source) << ")\n";
  }
  if (json.empty()) {
    return refuse("'" + context.arguments[0] + "' is no setting; see mailctl config show");
  }
  if (context.json) std::cout << json.dump(2) << "\n";
  return kDone;
}

int config_check(const Context& context) {
  const auto settings = load_settings(context);
  const auto snapshot = load_snapshot(context);
  std::vector<Diagnostic> found = settings.diagnostics();
  found.insert(found.end(), snapshot->diagnostics().begin(), snapshot->diagnostics().end());
  auto json = nlohmann::ordered_json::array();
  int code = kDone;
  for (const Diagnostic& diagnostic : found) {
    if (is_error(diagnostic)) code = kRefused;
    const char* severity = is_error(diagnostic) ? "error" : "warning";
    json.push_back({{"severity", severity},
                    {"file", diagnostic.file},
                    {"line", diagnostic.line},
                    {"text", diagnostic.text},
                    {"fix", diagnostic.fix}});
    if (!context.json) std::cout << severity << ": " << to_string(diagnostic) << "\n";
  }
  if (context.json) std::cout << json.dump(2) << "\n";
  return code;
}

}  // namespace mailctl
