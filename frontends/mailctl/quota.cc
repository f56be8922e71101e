// quota: how much mail an account may have.
#include "context.h"
#include "mail/directory/editor.h"

namespace mailctl {

using mail::directory::Editor;

int quota_set(const Context& context) {
  const auto address = account_address(context.arguments[0]);
  if (!address.ok()) return refuse(context, address.status());
  const std::string size =
      context.arguments.size() > 1 ? context.arguments[1] : ask_line("Enter quota (e.g. 10M): ");
  if (size.empty()) {
    return refuse(context,
                  "Quota must not be empty (use 0 for unlimited quota) for " + named(*address));
  }
  return run_edit(context, {{"address", *address}, {"quota", size}},
                  {always([&](Editor& editor) { return editor.set_quota(*address, size); })});
}

int quota_delete(const Context& context) {
  const auto address = account_address(context.arguments[0]);
  if (!address.ok()) return refuse(context, address.status());
  return run_edit(context, {{"address", *address}},
                  {[&](Editor& editor) { return editor.delete_quota(*address); }});
}

}  // namespace mailctl
