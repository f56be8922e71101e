// email restrict: who may not send or receive.
#include <iostream>
#include <nlohmann/json.hpp>

#include "context.h"
#include "mail/directory/editor.h"

namespace mailctl {
namespace {

using namespace mail::directory;

int list(const Context& context, Editor::Direction direction) {
  const auto snapshot = load_snapshot(context);
  const bool sends = direction == Editor::Direction::kSend;
  const auto rules = sends ? snapshot->send_access_rules() : snapshot->receive_access_rules();
  auto json = nlohmann::ordered_json::array();
  for (const AccessRule& rule : rules) {
    json.push_back(
        {{"address", rule.key}, {"action", to_string(rule.action)}, {"line", rule.line}});
    if (!context.json) std::cout << "* " << rule.key << " (" << to_string(rule.action) << ")\n";
  }
  if (context.json) {
    std::cout << json.dump(2) << "\n";
  } else if (rules.empty()) {
    std::cout << "Everyone is allowed to " << (sends ? "send" : "receive") << " mails\n";
  }
  return kDone;
}

}  // namespace

int email_restrict(const Context& context) {
  const std::string& verb = context.arguments[0];
  if (verb != "add" && verb != "del" && verb != "list") {
    return refuse("Unknown or missing command '" + verb + "' - specify 'add', 'del' or 'list'");
  }
  const std::string& what = context.arguments[1];
  if (what != "send" && what != "receive") {
    return refuse("Unknown or missing second parameter '" + what +
                  "' - specify 'send' or 'receive'");
  }
  const auto direction = what == "send" ? Editor::Direction::kSend : Editor::Direction::kReceive;
  if (verb == "list") return list(context, direction);
  std::string address = context.arguments.size() > 2 ? context.arguments[2] : "";
  if (context.arguments.size() < 3) {
    std::cerr << "Provide a username: " << std::flush;
    std::getline(std::cin, address);
  }
  if (address.empty()) return refuse("User must not be empty");
  Editor editor = make_editor(context);
  return run_edit(context, [&] {
    return verb == "add" ? editor.restrict(direction, address)
                         : editor.unrestrict(direction, address);
  });
}

}  // namespace mailctl
