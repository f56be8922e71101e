// What docker-mailserver lacks: forwards beside an account, suspension, and a look at a password.
#include <iostream>
#include <nlohmann/json.hpp>

#include "context.h"
#include "mail/directory/authenticate.h"
#include "mail/directory/editor.h"
#include "password.h"

namespace mailctl {
namespace {

using mail::directory::Editor;

int for_each(const Context& context,
             const std::function<mail::Status(Editor&, const std::string&)>& edit) {
  Editor editor = make_editor(context);
  int code = kDone;
  for (const std::string& address : context.arguments) {
    if (run_edit(context, [&] { return edit(editor, address); }) != kDone) code = kRefused;
  }
  return code;
}

}  // namespace

int email_forward(const Context& context) {
  if (context.to.empty()) return refuse("No recipient specified; write --to user@example.com");
  Editor editor = make_editor(context);
  return run_edit(
      context, [&] { return editor.add_forward(context.arguments[0], context.to, context.keep); });
}

int email_suspend(const Context& context) {
  return for_each(context, [](Editor& editor, const std::string& address) {
    return editor.suspend_account(address);
  });
}

int email_resume(const Context& context) {
  return for_each(context, [](Editor& editor, const std::string& address) {
    return editor.resume_account(address);
  });
}

int email_password(const Context& context) {
  if (!context.check) return refuse("write --check, or `mailctl email update` for a new password");
  const std::string& address = context.arguments[0];
  const auto password = known_password(context, 1);
  if (!password.ok()) return refuse(mail::message_of(password.status()));
  const auto snapshot = load_snapshot(context);
  const auto login = mail::directory::authenticate(*snapshot, address, password->reveal());
  const bool matches = login.verdict == mail::directory::LoginVerdict::kAccepted;
  if (context.json) {
    const nlohmann::ordered_json json = {
        {"address", address}, {"matches", matches}, {"reason", login.reason}};
    std::cout << json.dump(2) << "\n";
  }
  if (matches) return kDone;
  return context.json ? kRefused : refuse("'" + address + "' cannot log in so: " + login.reason);
}

}  // namespace mailctl
