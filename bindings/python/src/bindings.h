// What the parts of the extension share. Only here do exceptions exist: the library answers with
// Status, Python wants them thrown.
#pragma once

#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "mail/base/status.h"
#include "mail/base/time.h"
#include "mail/directory/diagnostic.h"
#include "mail/store/types.h"

namespace mail::python {

namespace py = pybind11;

/// Becomes libmail.Error, or the subclass of its code. Carries no Python object, so that it can be
/// thrown without the GIL.
struct Failure {
  Status status;
};

inline void check(Status status) {
  if (!status.ok()) throw Failure{std::move(status)};
}

template <class T>
T value_of(StatusOr<T> result) {
  if (!result.ok()) throw Failure{std::move(result).status()};
  return std::move(result).value();
}

/// Text of the outside world: octets that are no UTF-8 become lone surrogates, as in file names.
py::str to_str(std::string_view text);

/// Held by every call that may wait, and by the one thread that forks (fork.cc).
std::shared_mutex& fork_gate();

/// Around every call that may wait: other threads of Python run meanwhile, and a fork waits for its
/// end, so that a child finds no lock inside libmail held by a thread that it does not have. Never
/// nested.
class Blocking {
 public:
  Blocking() : gate_(fork_gate()) {}

 private:
  py::gil_scoped_release free_;  // taken back last: who forks holds the GIL and waits for the gate
  std::shared_lock<std::shared_mutex> gate_;
};

/// "\\Seen", "\\Flagged", … and keywords. Throws for another name with a backslash.
store::NamedFlags named_flags(const std::vector<std::string>& names);
std::vector<std::string> flag_names(const store::Flags& flags,
                                    const std::vector<std::string>& keywords);
/// Since 1970, as Python counts time.
double seconds_of(WallTime time);
std::optional<WallTime> wall_time(const std::optional<double>& seconds);

/// Is it an error, file, line, what is wrong, what to do about it.
py::list diagnostics_of(std::span<const directory::Diagnostic> diagnostics);

void define_fork(py::module_& module);
void define_errors(py::module_& module);
void define_server(py::module_& module);
void define_directory(py::module_& module);
void define_editor(py::module_& module);
void define_settings(py::module_& module);
void define_maildir(py::module_& module);
void define_message(py::module_& module);
void define_bayes(py::module_& module);
void define_smtp(py::module_& module);

}  // namespace mail::python
