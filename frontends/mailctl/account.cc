// What docker-mailserver lacks: forwards beside an account, suspension, and a look at a password.
#include <iostream>

#include "context.h"
#include "mail/directory/authenticate.h"
#include "mail/directory/editor.h"
#include "password.h"

namespace mailctl {
namespace {

using mail::directory::Editor;
using mail::directory::is_suspended;

int set_suspension(const Context& context, bool suspend) {
  const auto snapshot = load_snapshot(context);
  const std::vector<std::string> addresses = unique(context.arguments);
  std::vector<Change> changes;
  for (const std::string& address : addresses) {
    const auto* account = find_account(*snapshot, address);
    if (account == nullptr) return refuse_missing_account(context, *snapshot, address);
    if (is_suspended(account->password) == suspend) continue;
    changes.push_back(always([&address, suspend](Editor& editor) {
      return suspend ? editor.suspend_account(address) : editor.resume_account(address);
    }));
  }
  return run_edit(context, {{"addresses", addresses}, {"suspended", suspend}}, changes);
}

}  // namespace

int email_forward(const Context& context) {
  const std::string& address = context.arguments[0];
  if (context.to.empty()) {
    return wrong_usage(
        context, "No recipient specified for " + named(address) + "; write --to user@example.com");
  }
  return run_edit(context, {{"address", address}, {"to", context.to}, {"keeps_copy", context.keep}},
                  {always([&](Editor& editor) {
                    return editor.add_forward(address, context.to, context.keep);
                  })});
}

int email_suspend(const Context& context) { return set_suspension(context, true); }

int email_resume(const Context& context) { return set_suspension(context, false); }

int email_password(const Context& context) {
  const std::string& address = context.arguments[0];
  if (!context.check) {
    return wrong_usage(context, "say what to do with the password of " + named(address) +
                                    ": write --check, or `" + context.program +
                                    " email update` for a new one");
  }
  const auto password = known_password(context, 1);
  if (!password.ok()) return refuse(context, password.status());
  const auto snapshot = load_snapshot(context);
  const auto login = mail::directory::authenticate(*snapshot, address, password->reveal());
  const bool matches = login.verdict == mail::directory::LoginVerdict::kAccepted;
  if (context.json) {
    std::cout << text_of({{"address", address}, {"matches", matches}, {"reason", login.reason}});
  }
  return matches ? kDone
                 : refuse_on_stderr(context, named(address) + " cannot log in so: " + login.reason);
}

}  // namespace mailctl
