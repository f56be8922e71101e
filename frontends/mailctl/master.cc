// dovecot-master: who may open every mailbox, as user@example.com*NAME.
#include <functional>
#include <iostream>

#include "context.h"
#include "mail/base/ascii.h"
#include "mail/directory/editor.h"
#include "password.h"

namespace mailctl {
namespace {

using mail::directory::Editor;

int with_password(const Context& context,
                  const std::function<mail::Status(Editor&, const std::string& hash)>& edit) {
  const auto hash = new_stored_password(context, 1);
  if (!hash.ok()) return refuse(context, hash.status());
  return run_edit(context, {{"name", mail::ascii::to_lower(context.arguments[0])}},
                  {always([&](Editor& editor) { return edit(editor, *hash); })});
}

}  // namespace

int master_add(const Context& context) {
  return with_password(context, [&](Editor& editor, const std::string& hash) {
    return editor.add_master(context.arguments[0], hash);
  });
}

int master_update(const Context& context) {
  return with_password(context, [&](Editor& editor, const std::string& hash) {
    return editor.update_master(context.arguments[0], hash);
  });
}

int master_delete(const Context& context) {
  const auto snapshot = load_snapshot(context);
  std::vector<Change> changes;
  const std::vector<std::string> names = unique(context.arguments);
  for (const std::string& name : names) {
    if (snapshot->masters_available() && snapshot->find_master(name) == nullptr) {
      return refuse(context, named(name) + " does not exist; see `" + context.program +
                                 " dovecot-master list`");
    }
    changes.push_back(always([&name](Editor& editor) { return editor.delete_master(name); }));
  }
  return run_edit(context, {{"names", names}}, changes);
}

int master_list(const Context& context) {
  if (!context.json) {
    if (const int code = require_file(context, "dovecot-masters.cf"); code != kDone) return code;
  }
  const auto snapshot = load_snapshot(context);
  if (!snapshot->masters_available()) {
    return refuse(context, named(context.config_file("dovecot-masters.cf")) +
                               " cannot be read; see `" + context.program + " config check`");
  }
  Json list = Json::array();
  for (const auto& master : snapshot->masters()) {
    list.push_back({{"name", master.address}, {"line", master.line}});
    if (!context.json) std::cout << "* " << shown(master.address) << "\n\n";
  }
  if (context.json) std::cout << text_of(list);
  return kDone;
}

}  // namespace mailctl
