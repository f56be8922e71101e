// Every Status that is no success becomes an exception: libmail.Error, or the subclass of its code.
// Tested by tests/python/errors_test.py.
#include <array>

#include "bindings.h"

namespace mail::python {
namespace {

struct Kind {
  absl::StatusCode code;
  const char* word;  // Error.code
  const char* name;  // of the class; null: Error itself
  PyObject** base;   // of Python's own, beside Error; may be null
  const char* meaning;
};

const std::array kKinds = {
    Kind{absl::StatusCode::kInvalidArgument, "INVALID_ARGUMENT", "InvalidArgument",
         &PyExc_ValueError, "A value that cannot be: it stays wrong however often it is tried."},
    Kind{absl::StatusCode::kNotFound, "NOT_FOUND", "NotFound", &PyExc_LookupError,
         "No such account, folder, message, file."},
    Kind{absl::StatusCode::kAlreadyExists, "ALREADY_EXISTS", "AlreadyExists", nullptr,
         "It is there already."},
    Kind{absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED", "PermissionDenied", nullptr,
         "The system does not let this process do it."},
    Kind{absl::StatusCode::kFailedPrecondition, "FAILED_PRECONDITION", "FailedPrecondition",
         nullptr, "Not in the present state: something else must change first."},
    Kind{absl::StatusCode::kResourceExhausted, "RESOURCE_EXHAUSTED", "ResourceExhausted", nullptr,
         "A disk, a quota or a limit is full."},
    Kind{absl::StatusCode::kUnavailable, "UNAVAILABLE", "Unavailable", nullptr,
         "Not now: another program holds the lock, or a device failed. Try again."},
    Kind{absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "DeadlineExceeded", nullptr,
         "It took too long."},
    Kind{absl::StatusCode::kInternal, "INTERNAL", nullptr, nullptr, ""},
};

const Kind& kind_of(absl::StatusCode code) {
  for (const Kind& kind : kKinds) {
    if (kind.code == code) return kind;
  }
  return kKinds.back();
}

void translate(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const Failure& failure) {
    const Kind& kind = kind_of(failure.status.code());
    const py::object type =
        py::module_::import("libmail._libmail").attr(kind.name == nullptr ? "Error" : kind.name);
    const py::object error = type(to_str(message_of(failure.status)));
    error.attr("is_temporary") = is_temporary(failure.status);
    PyErr_SetObject(type.ptr(), error.ptr());
  }
}

py::object make_class(const char* name, const char* meaning, const py::object& bases) {
  PyObject* const made =
      PyErr_NewExceptionWithDoc(cat("libmail.", name).c_str(), meaning, bases.ptr(), nullptr);
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

}  // namespace

void define_errors(py::module_& module) {
  const py::object error = make_class(
      "Error",
      "What libmail says when something cannot be done: what, which value, what to do about it.\n\n"
      "`code` is a word such as 'NOT_FOUND', `is_temporary` tells whether the same call may "
      "succeed "
      "later.",
      py::reinterpret_borrow<py::object>(PyExc_Exception));
  error.attr("code") = "INTERNAL";
  error.attr("is_temporary") = false;
  module.attr("Error") = error;
  for (const Kind& kind : kKinds) {
    if (kind.name == nullptr) continue;
    const py::object made =
        kind.base == nullptr
            ? make_class(kind.name, kind.meaning, error)
            : make_class(kind.name, kind.meaning,
                         py::make_tuple(error, py::reinterpret_borrow<py::object>(*kind.base)));
    made.attr("code") = kind.word;
    module.attr(kind.name) = made;
  }
  py::register_exception_translator(translate);
}

}  // namespace mail::python
