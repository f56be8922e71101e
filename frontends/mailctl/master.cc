// dovecot-master: who may open every mailbox, as user@example.com*NAME.
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>

#include "context.h"
#include "mail/directory/editor.h"
#include "password.h"

namespace mailctl {
namespace {

using mail::directory::Editor;

int with_password(const Context& context,
                  const std::function<mail::Status(Editor&, const std::string& hash)>& edit) {
  const auto hash = new_stored_password(context, 1);
  if (!hash.ok()) return refuse(mail::message_of(hash.status()));
  Editor editor = make_editor(context);
  return run_edit(context, [&] { return edit(editor, *hash); });
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
  Editor editor = make_editor(context);
  int code = kDone;
  for (const std::string& name : context.arguments) {
    if (run_edit(context, [&] { return editor.delete_master(name); }) != kDone) code = kRefused;
  }
  return code;
}

int master_list(const Context& context) {
  if (!context.json) {
    if (const int code = require_file(context, "dovecot-masters.cf"); code != kDone) return code;
  }
  const auto snapshot = load_snapshot(context);
  auto list = nlohmann::ordered_json::array();
  for (const auto& master : snapshot->masters()) {
    list.push_back({{"name", master.address}, {"line", master.line}});
    if (!context.json) std::cout << "* " << master.address << "\n\n";
  }
  if (context.json) std::cout << list.dump(2) << "\n";
  return kDone;
}

}  // namespace mailctl
