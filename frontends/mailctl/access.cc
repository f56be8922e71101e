// email restrict: who may not send or receive.
#include <iostream>

#include "context.h"
#include "mail/directory/editor.h"

namespace mailctl {
namespace {

using namespace mail::directory;

int list(const Context& context, Editor::Direction direction) {
  const auto snapshot = load_snapshot(context);
  const bool sends = direction == Editor::Direction::kSend;
  const bool readable =
      sends ? snapshot->send_access_available() : snapshot->receive_access_available();
  if (!readable) {
    const std::string file = sends ? "postfix-send-access.cf" : "postfix-receive-access.cf";
    return refuse(context, named(context.config_file(file)) + " cannot be read; see `" +
                               context.program + " config check`");
  }
  const auto rules = sends ? snapshot->send_access_rules() : snapshot->receive_access_rules();
  Json json = Json::array();
  for (const AccessRule& rule : rules) {
    json.push_back(
        {{"address", rule.key}, {"action", to_string(rule.action)}, {"line", rule.line}});
    if (!context.json) {
      std::cout << "* " << shown(rule.key) << " (" << to_string(rule.action) << ")\n";
    }
  }
  if (context.json) {
    std::cout << text_of(json);
  } else if (rules.empty()) {
    std::cout << "Everyone is allowed to " << (sends ? "send" : "receive") << " mails\n";
  }
  return kDone;
}

}  // namespace

int email_restrict(const Context& context) {
  const std::string& verb = context.arguments[0];
  if (verb != "add" && verb != "del" && verb != "list") {
    return wrong_usage(
        context, "Unknown or missing command " + named(verb) + " - specify 'add', 'del' or 'list'");
  }
  const std::string& what = context.arguments[1];
  if (what != "send" && what != "receive") {
    return wrong_usage(context, "Unknown or missing second parameter " + named(what) +
                                    " - specify 'send' or 'receive'");
  }
  const auto direction = what == "send" ? Editor::Direction::kSend : Editor::Direction::kReceive;
  if (verb == "list") {
    if (context.arguments.size() == 2) return list(context, direction);
    return wrong_usage(context, named(context.arguments[2]) + " is one argument too many; write `" +
                                    context.program + " email restrict list " + what + "`");
  }
  const std::string address =
      context.arguments.size() > 2 ? context.arguments[2] : ask_line("Provide a username: ");
  if (address.empty()) {
    return refuse(context, "User '' must not be empty; write user@example.com");
  }
  return run_edit(context, {{"address", address}, {"direction", what}},
                  {always([&](Editor& editor) {
                    return verb == "add" ? editor.restrict(direction, address)
                                         : editor.unrestrict(direction, address);
                  })});
}

}  // namespace mailctl
