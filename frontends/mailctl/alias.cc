#include <iostream>

#include "context.h"
#include "mail/directory/editor.h"
#include "mail/directory/resolution.h"

namespace mailctl {
namespace {

using namespace mail::directory;

std::vector<std::string> split_targets(std::string_view text) {
  std::vector<std::string> targets;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(", \t");
    if (end != 0) targets.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return targets;
}

std::string describe(const Step& step) {
  std::string text(step.from);
  if (!step.to.empty() && step.to != step.from) text += " -> " + std::string(step.to);
  text += "  (" + std::string(to_string(step.rule));
  if (step.line != 0) text += ", " + std::string(step.file) + ":" + std::to_string(step.line);
  return text + ")";
}

Json to_json(std::string_view address, const Resolution& resolution) {
  Json json = {{"address", address},
               {"verdict", to_string(resolution.verdict)},
               {"recipients", Json::array()},
               {"undeliverable", resolution.undeliverable},
               {"path", Json::array()}};
  for (const Recipient& recipient : resolution.recipients) {
    json["recipients"].push_back({{"address", recipient.address},
                                  {"kind", to_string(recipient.kind)},
                                  {"final_address", recipient.final_address}});
  }
  for (const Step& step : resolution.path) {
    json["path"].push_back({{"rule", to_string(step.rule)},
                            {"from", step.from},
                            {"to", step.to},
                            {"file", step.file},
                            {"line", step.line}});
  }
  return json;
}

/// Empty: mail for it is delivered.
std::string why_not(const Context& context, const std::string& address, Verdict verdict) {
  switch (verdict) {
    case Verdict::kDeliverable: return {};
    case Verdict::kUnknownUser:
      return named(address) + " is neither an account nor an alias (550 5.1.1)";
    case Verdict::kRelayDenied:
      return "the domain of " + named(address) +
             " is not served here; only authenticated users may send to it (554 5.7.1)";
    case Verdict::kLookupFailure:
      return "the alias or account tables cannot be used for " + named(address) +
             " now (451 4.3.0); see `" + context.program + " config check`";
    case Verdict::kExpansionError:
      return named(address) + " expands into a circle, a limit or a bad address (451 4.6.0)";
  }
  return {};
}

}  // namespace

int alias_add(const Context& context) {
  const std::string& alias = context.arguments[0];
  const std::string& recipient = context.arguments[1];
  return run_edit(context, {{"alias", alias}, {"recipient", recipient}},
                  {always([&](Editor& editor) { return editor.add_alias(alias, recipient); })});
}

int alias_delete(const Context& context) {
  const std::string& alias = context.arguments[0];
  const std::string& recipient = context.arguments[1];
  // Nothing to delete is no error, as in `setup`.
  return run_edit(context, {{"alias", alias}, {"recipient", recipient}},
                  {[&](Editor& editor) { return editor.delete_alias(alias, recipient); }});
}

int alias_list(const Context& context) {
  if (!context.json) {
    if (const int code = require_file(context, "postfix-virtual.cf"); code != kDone) return code;
  }
  const auto snapshot = load_snapshot(context);
  Json list = Json::array();
  for (const Alias& alias : snapshot->aliases()) {
    list.push_back(
        {{"alias", alias.key}, {"recipients", split_targets(alias.targets)}, {"line", alias.line}});
    if (context.json) continue;
    std::cout << "* " << shown(alias.key) << " " << shown(alias.targets) << "\n\n";
  }
  if (context.json) std::cout << text_of(list);
  return kDone;
}

int alias_resolve(const Context& context) {
  const std::string& address = context.arguments[0];
  const auto snapshot = load_snapshot(context);  // the resolution refers to it
  const Resolution resolution = snapshot->resolve(address);
  if (context.json) {
    std::cout << text_of(to_json(address, resolution));
  } else {
    for (const Step& step : resolution.path) std::cout << shown(describe(step)) << "\n";
  }
  const std::string why = why_not(context, address, resolution.verdict);
  return why.empty() ? kDone : refuse_on_stderr(context, why);
}

}  // namespace mailctl
