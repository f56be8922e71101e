// The directory for Python: a snapshot, read once and never changed.
// Tested by tests/python/directory_test.py.
#include "mail/directory.h"
#include "bindings.h"

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

}  // namespace

void define_directory(py::module_& module) {
  py::class_<Snapshot, std::shared_ptr<Snapshot>>(module, "Snapshot")
      .def("resolve", &resolve)
      .def("accounts", &accounts)
      .def("aliases", &aliases)
      .def("diagnostics", &diagnostics);
  // pybind11 knows no holder of a const type; a Snapshot has no function that could change it.
  module.def("read_directory", [](const std::string& folder, const std::string& hostname) {
    return std::const_pointer_cast<Snapshot>(read_folder(folder, hostname));
  });
}

}  // namespace mail::python
