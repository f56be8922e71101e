// relay: through which host the mail of a domain leaves, and as whom.
#include "context.h"
#include "mail/base/ascii.h"
#include "mail/directory/editor.h"
#include "password.h"

namespace mailctl {

using mail::directory::Editor;

int relay_add_domain(const Context& context) {
  const std::string& domain = context.arguments[0];
  const std::string& host = context.arguments[1];
  std::uint64_t port = 25;
  if (context.arguments.size() > 2) {
    const auto given = mail::ascii::parse_number(context.arguments[2], 65535);
    if (!given || *given == 0) {
      return refuse(context,
                    named(context.arguments[2]) + " is no port; write a number such as 587");
    }
    port = *given;
  }
  return run_edit(context, {{"domain", domain}, {"host", host}, {"port", port}},
                  {always([&](Editor& editor) {
                    return editor.set_relay(domain, host, static_cast<std::uint16_t>(port));
                  })});
}

int relay_add_auth(const Context& context) {
  const std::string& domain = context.arguments[0];
  const std::string& user = context.arguments[1];
  const auto password = new_password(context, 2);
  if (!password.ok()) return refuse(context, password.status());
  return run_edit(context, {{"domain", domain}, {"user", user}}, {always([&](Editor& editor) {
                    return editor.set_relay_credentials(domain, user, password->reveal());
                  })});
}

int relay_exclude_domain(const Context& context) {
  const std::string& domain = context.arguments[0];
  return run_edit(context, {{"domain", domain}},
                  {always([&](Editor& editor) { return editor.exclude_from_relay(domain); })});
}

}  // namespace mailctl
