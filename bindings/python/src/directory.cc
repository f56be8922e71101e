// The directory for Python: a snapshot, read once and never changed.
// Tested by tests/python/directory_test.py.
#include "mail/directory.h"
#include "bindings.h"
#include "mail/crypto/password.h"
#include "mail/directory/editor.h"

namespace mail::python {
namespace {

using directory::Snapshot;
using SharedSnapshot = std::shared_ptr<const Snapshot>;

SharedSnapshot read_folder(const std::string& folder, const std::string& hostname) {
  const py::gil_scoped_release free;
  Filesystem& files = real_filesystem();
  const auto found = files.resolve_links(folder);
  if (!found.ok()) {
    throw Failure{not_found("the config folder '", folder, "' cannot be found (",
                            message_of(found.status()), ")")};
  }
  const auto settings = directory::Settings::read(files, folder, {});
  const std::string full = directory::full_hostname(files, hostname);
  return Snapshot::build(files, folder, settings.directory_options(full));
}

py::tuple resolve(const Snapshot& snapshot, const std::string& address) {
  directory::Resolution resolution;
  {
    const py::gil_scoped_release free;
    resolution = snapshot.resolve(address);
  }
  py::list recipients;
  for (const auto& recipient : resolution.recipients) {
    recipients.append(py::make_tuple(to_str(recipient.address), to_string(recipient.kind),
                                     to_str(recipient.final_address)));
  }
  py::list undeliverable;
  for (const auto& target : resolution.undeliverable) undeliverable.append(to_str(target));
  py::list path;
  for (const auto& step : resolution.path) {
    path.append(py::make_tuple(to_string(step.rule), to_str(step.from), to_str(step.to), step.file,
                               step.line));
  }
  return py::make_tuple(to_string(resolution.verdict), recipients, undeliverable, path);
}

py::list accounts(const Snapshot& snapshot) {
  py::list all;
  for (const auto& account : snapshot.accounts()) all.append(to_str(account.address));
  return all;
}

py::list aliases(const Snapshot& snapshot) {
  py::list all;
  for (const auto& alias : snapshot.aliases()) {
    all.append(py::make_tuple(to_str(alias.key), to_str(alias.targets), alias.line));
  }
  return all;
}

py::list diagnostics(const Snapshot& snapshot) {
  py::list all;
  for (const auto& diagnostic : snapshot.diagnostics()) {
    const bool is_error = diagnostic.severity == directory::Diagnostic::Severity::kError;
    all.append(py::make_tuple(is_error, diagnostic.file, diagnostic.line, to_str(diagnostic.text),
                              to_str(diagnostic.fix)));
  }
  return all;
}

/// "accepted", "refused" or "unavailable", the account, and the reason.
py::tuple authenticate(const Snapshot& snapshot, const std::string& login,
                       const std::string& password) {
  directory::Login answer;
  {
    const py::gil_scoped_release free;
    answer = directory::authenticate(snapshot, login, password);
  }
  const char* verdict = "refused";
  switch (answer.verdict) {
    case directory::LoginVerdict::kAccepted: verdict = "accepted"; break;
    case directory::LoginVerdict::kRefused: break;
    case directory::LoginVerdict::kUnavailable: verdict = "unavailable"; break;
  }
  return py::make_tuple(verdict, to_str(answer.address), to_str(answer.reason));
}

/// Octets, grace and messages; None for no such account.
py::object quota(const Snapshot& snapshot, const std::string& address) {
  const directory::Account* account = snapshot.find_login(address);
  if (account == nullptr) return py::none();
  const directory::Quota quota = snapshot.quota_of(*account);
  return py::make_tuple(quota.octets, quota.grace_octets, quota.messages);
}

py::list masters(const Snapshot& snapshot) {
  py::list all;
  for (const auto& master : snapshot.masters()) all.append(to_str(master.address));
  return all;
}

bool is_suspended(const Snapshot& snapshot, const std::string& address) {
  const directory::Account* account = snapshot.find_login(address);
  return account != nullptr && directory::is_suspended(account->password);
}

std::string hash_password(const std::string& password, const std::string& scheme) {
  const auto known = crypto::parse_password_scheme(scheme);
  if (!known) throw Failure{invalid("'", scheme, "' is no scheme for new passwords")};
  const py::gil_scoped_release free;
  return value_of(crypto::hash_password(password, *known));
}

using directory::Editor;

class PythonEditor {
 public:
  explicit PythonEditor(const std::string& folder) : editor_(real_filesystem(), folder) {}
  Editor& editor() { return editor_; }

 private:
  Editor editor_;
};

/// One edit without the GIL: it waits for the disk.
template <class... Given>
auto edit(Status (Editor::*change)(Given...)) {
  return [change](PythonEditor& self, std::decay_t<Given>... given) {
    const py::gil_scoped_release free;
    check((self.editor().*change)(given...));
  };
}
template <class... Given>
auto edit(StatusOr<bool> (Editor::*change)(Given...)) {
  return [change](PythonEditor& self, std::decay_t<Given>... given) {
    const py::gil_scoped_release free;
    return value_of((self.editor().*change)(given...));
  };
}

void restrict(PythonEditor& self, std::string_view address, bool sends, bool lifts) {
  const py::gil_scoped_release free;
  const auto direction = sends ? Editor::Direction::kSend : Editor::Direction::kReceive;
  check(lifts ? self.editor().unrestrict(direction, address)
              : self.editor().restrict(direction, address));
}

void define_editor(py::module_& module) {
  py::class_<PythonEditor>(module, "Editor")
      .def(py::init<const std::string&>())
      .def("add_account", edit(&Editor::add_account))
      .def("update_account", edit(&Editor::update_account))
      .def("delete_account", edit(&Editor::delete_account))
      .def("suspend_account", edit(&Editor::suspend_account))
      .def("resume_account", edit(&Editor::resume_account))
      .def("add_alias", edit(&Editor::add_alias))
      .def("delete_alias", edit(&Editor::delete_alias))
      .def("add_forward", edit(&Editor::add_forward))
      .def("set_quota", edit(&Editor::set_quota))
      .def("delete_quota", edit(&Editor::delete_quota))
      .def("add_master", edit(&Editor::add_master))
      .def("update_master", edit(&Editor::update_master))
      .def("delete_master", edit(&Editor::delete_master))
      .def("restrict", & restrict);
  module.def("hash_password", &hash_password);
}

}  // namespace

void define_directory(py::module_& module) {
  py::class_<Snapshot, std::shared_ptr<Snapshot>>(module, "Snapshot")
      .def("resolve", &resolve)
      .def("accounts", &accounts)
      .def("aliases", &aliases)
      .def("diagnostics", &diagnostics)
      .def("authenticate", &authenticate)
      .def("quota", &quota)
      .def("masters", &masters)
      .def("is_suspended", &is_suspended);
  define_editor(module);
  // pybind11 knows no holder of a const type; a Snapshot has no function that could change it.
  module.def("read_directory", [](const std::string& folder, const std::string& hostname) {
    return std::const_pointer_cast<Snapshot>(read_folder(folder, hostname));
  });
}

}  // namespace mail::python
