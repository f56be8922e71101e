// Settings of a config folder for Python, each with where it came from and what it means.
// Tested by tests/python/settings_test.py.
#include "mail/directory/settings.h"

#include "bindings.h"

namespace mail::python {
namespace {

using directory::SettingInfo;
using directory::Settings;
using directory::SettingType;

const char* name_of(SettingType type) {
  switch (type) {
    case SettingType::kText: return "text";
    case SettingType::kFlag: return "flag";
    case SettingType::kNumber: return "number";
    case SettingType::kChoice: return "choice";
    case SettingType::kListen: return "listen";
  }
  return "text";
}

/// Name, kind, value, is it set, its origin, default, choices, documentation; and the diagnostics.
py::tuple read_settings(const std::string& folder, const directory::Environment& environment) {
  Settings settings;
  {
    const Blocking call;
    Filesystem& files = real_filesystem();
    if (const auto found = files.resolve_links(folder); !found.ok()) {
      throw Failure{not_found("the config folder '", folder, "' cannot be found (",
                              message_of(found.status()), ")")};
    }
    settings = Settings::read(files, folder, environment);
  }
  const auto values = settings.all();
  const auto registry = directory::setting_registry();
  py::list rows;
  for (std::size_t i = 0; i < registry.size(); ++i) {
    const SettingInfo& info = registry[i];
    rows.append(py::make_tuple(info.name, name_of(info.type), to_str(values[i].second),
                               settings.is_set(info.name), to_str(settings.source(info.name)),
                               info.default_value, info.choices, info.documentation));
  }
  return py::make_tuple(rows, diagnostics_of(settings.diagnostics()));
}

}  // namespace

void define_settings(py::module_& module) { module.def("read_settings", &read_settings); }

}  // namespace mail::python
