// What the parts of the extension share. Only here do exceptions exist: the library answers with
// Status, Python wants them thrown.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "mail/base/status.h"

namespace mail::python {

namespace py = pybind11;

/// Becomes libmail.Error. Carries no Python object, so that it can be thrown without the GIL.
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

void define_server(py::module_& module);
void define_directory(py::module_& module);
void define_message(py::module_& module);
void define_bayes(py::module_& module);
void define_smtp(py::module_& module);

}  // namespace mail::python
