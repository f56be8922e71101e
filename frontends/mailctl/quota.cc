#include <iostream>

#include "context.h"
#include "mail/directory/editor.h"

namespace mailctl {

using mail::directory::Editor;

int quota_set(const Context& context) {
  std::string size = context.arguments.size() > 1 ? context.arguments[1] : "";
  if (context.arguments.size() < 2) {
    std::cerr << "Enter quota (e.g. 10M): " << std::flush;
    std::getline(std::cin, size);
  }
  if (size.empty()) return refuse("Quota must not be empty (use 0 for unlimited quota)");
  Editor editor = make_editor(context);
  return run_edit(context, [&] { return editor.set_quota(context.arguments[0], size); });
}

int quota_delete(const Context& context) {
  const std::string& address = context.arguments[0];
  if (address.find('@') == std::string::npos) {
    return refuse("'" + address + "' should include the domain (eg: user@example.com)");
  }
  Editor editor = make_editor(context);
  return run_edit(context, [&] { return editor.delete_quota(address).status(); });
}

}  // namespace mailctl
