// Fork, with threads beside it. A child has one thread, the one that forked, and the memory of all:
// a lock that another thread held just then is held forever. So a fork waits until no thread is
// inside libmail: every call that may wait shares one gate, and the hooks that Python runs around
// os.fork() (multiprocessing and subprocess with preexec_fn use it too) close it.
//
// The threads of a Server are not Python's and do not stop for this: a child may not use its
// parent's (server.cc).
// Tested by tests/python/fork_test.py.
#include "bindings.h"

namespace mail::python {
namespace {

/// The one thing here that belongs to the process as a whole, as fork does.
std::shared_mutex*& gate() {
  static auto* mutex = new std::shared_mutex;
  return mutex;
}

}  // namespace

std::shared_mutex& fork_gate() { return *gate(); }

void define_fork(py::module_&) {
  // The GIL is kept meanwhile: calls that are under way do not need it to end.
  const py::cpp_function before([] { fork_gate().lock(); });
  const py::cpp_function in_parent([] { fork_gate().unlock(); });
  // Threads that waited at the gate are counted in it and will never leave it: another one.
  const py::cpp_function in_child([] { gate() = new std::shared_mutex; });
  py::module_::import("os").attr("register_at_fork")(py::arg("before") = before,
                                                     py::arg("after_in_parent") = in_parent,
                                                     py::arg("after_in_child") = in_child);
}

}  // namespace mail::python
