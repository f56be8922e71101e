// config: what is set, by whom, and what is wrong.
#include <unistd.h>

#include <iostream>

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
  Json json = Json::array();
  for (const auto& [name, value] : settings.all()) {
    if (!context.arguments.empty() && name != wanted) continue;
    const std::string_view given = settings.source(name);
    const std::string source(given.empty() ? std::string_view("default") : given);
    json.push_back({{"name", name}, {"value", value}, {"source", source}});
    if (context.json) continue;
    const std::string origin = "(" + shown(source) + ")";
    std::cout << paint(STDOUT_FILENO, Colour::kBold, name) << "=" << shown(value) << "  "
              << paint(STDOUT_FILENO, given.empty() ? Colour::kDim : Colour::kCyan, origin) << "\n";
  }
  if (json.empty()) {
    return refuse(context, named(context.arguments[0]) + " is no setting; see `" + context.program +
                               " config show`");
  }
  if (context.json) std::cout << text_of(json);
  return kDone;
}

int config_check(const Context& context) {
  const auto settings = load_settings(context);
  const auto snapshot = load_snapshot(context);
  std::vector<Diagnostic> found = settings.diagnostics();
  found.insert(found.end(), snapshot->diagnostics().begin(), snapshot->diagnostics().end());
  Json json = Json::array();
  int code = kDone;
  for (const Diagnostic& diagnostic : found) {
    if (is_error(diagnostic)) code = kRefused;
    const std::string severity = is_error(diagnostic) ? "error" : "warning";
    json.push_back({{"severity", severity},
                    {"file", diagnostic.file},
                    {"line", diagnostic.line},
                    {"text", diagnostic.text},
                    {"fix", diagnostic.fix}});
    if (context.json) continue;
    const Colour colour = is_error(diagnostic) ? Colour::kRed : Colour::kYellow;
    std::cout << paint(STDOUT_FILENO, colour, severity + ":") << " " << shown(to_string(diagnostic))
              << "\n";
  }
  if (context.json) std::cout << text_of(json);
  return code;
}

}  // namespace mailctl
