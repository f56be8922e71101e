// The extension libmail._libmail: thin, so that everything a Python programmer reads is Python
// (bindings/python/libmail). It hands out tuples and bytes; the classes are made there.
//
// Python's own ssl module brings OpenSSL, whose symbols have the same names as BoringSSL's. Both
// live in one process as long as neither is loaded into the global scope; where a host program did
// that all the same, the import is refused instead of crashing in the first handshake.
// Tested by tests/python.
#include <cstring>

#include <dlfcn.h>

#include "bindings.h"

namespace mail::python {
namespace {

const void* library_of(const char* symbol) {
  Dl_info info{};
  void* const address = dlsym(RTLD_DEFAULT, symbol);
  return address != nullptr && dladdr(address, &info) != 0 ? info.dli_fbase : nullptr;
}

/// Both names mean functions of BoringSSL to us, the second exists nowhere else.
void check_tls_library() {
  const char* const pairs[][2] = {{"SSL_CTX_new", "SSL_set_shed_handshake_config"},
                                  {"EVP_DigestInit_ex", "EVP_AEAD_CTX_init"}};
  for (const auto& [shared_name, our_name] : pairs) {
    if (library_of(shared_name) != library_of(our_name)) {
      throw py::import_error(
          cat("libmail needs BoringSSL's ", shared_name,
              ", but this process has loaded OpenSSL into its global scope (by LD_PRELOAD, by "
              "RTLD_GLOBAL, or by linking it to the program). See docs/embedding.md"));
    }
  }
}

}  // namespace

py::str to_str(std::string_view text) {
  PyObject* const made =
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape");
  if (made == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(made);
}

}  // namespace mail::python

PYBIND11_MODULE(_libmail, module) {
  using namespace mail::python;
  module.doc() = "The compiled part of libmail: use libmail.";
  check_tls_library();
  define_errors(module);
  define_fork(module);
  define_server(module);
  define_directory(module);
  define_editor(module);
  define_settings(module);
  define_maildir(module);
  define_message(module);
  define_bayes(module);
  define_smtp(module);
}
