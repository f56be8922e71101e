// relay: through which host the mail of a domain leaves, and as whom.
#include <optional>

#include "context.h"
#include "mail/base/ascii.h"
#include "mail/directory/editor.h"
#include "password.h"

namespace mailctl {

using mail::directory::Editor;

int relay_add_domain(const Context& context) {
  std::uint64_t port = 25;
  if (context.arguments.size() > 2) {
    const auto given = mail::ascii::parse_number(context.arguments[2], 65535);
    if (!given || *given == 0) {
      return refuse("'" + context.arguments[2] + "' is no port; write a number such as 587");
    }
    port = *given;
  }
  Editor editor = make_editor(context);
  return run_edit(context, [&] {
    return editor.set_relay(context.arguments[0], context.arguments[1],
                            static_cast<std::uint16_t>(port));
  });
}

int relay_add_auth(const Context& context) {
  const auto password = new_password(context, 2);
  if (!password.ok()) return refuse(mail::message_of(password.status()));
  Editor editor = make_editor(context);
  return run_edit(context, [&] {
    return editor.set_relay_credentials(context.arguments[0], context.arguments[1],
                                        password->reveal());
  });
}

int relay_exclude_domain(const Context& context) {
  Editor editor = make_editor(context);
  return run_edit(context, [&] { return editor.exclude_from_relay(context.arguments[0]); });
}

}  // namespace mailctl
