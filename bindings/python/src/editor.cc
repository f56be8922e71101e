// Edits of a config folder for Python: one at a time, or gathered in a transaction.
//
// A child of a fork has a copy of a transaction that its parent is in the middle of. The lock is
// the parent's, and so is the end: in the child every call fails with words. Tested by
// tests/python/directory_test.py, tests/python/fork_test.py.
#include "mail/directory/editor.h"

#include <mutex>
#include <optional>

#include <unistd.h>

#include "bindings.h"
#include "mail/crypto/password.h"

namespace mail::python {
namespace {

using directory::Editor;
using directory::Transaction;

/// An Editor, which is safe from any thread.
class PythonEditor {
 public:
  explicit PythonEditor(const std::string& folder) : editor_(real_filesystem(), folder) {}

  template <class Call>
  auto run(Call call) {
    const Blocking blocking;
    return call(editor_);
  }

 private:
  Editor editor_;
};

/// A Transaction, which is not: one thread after the other.
class PythonTransaction {
 public:
  explicit PythonTransaction(const std::string& folder) : process_(getpid()) {
    const Blocking blocking;
    const Editor editor(real_filesystem(), folder);
    transaction_.emplace(value_of(editor.begin()));
  }

  template <class Call>
  auto run(Call call) {
    if (getpid() != process_) {
      throw Failure{failed_precondition("this transaction was begun in process ", process_,
                                        ", which forked this one; it ends there")};
    }
    const Blocking blocking;
    const std::lock_guard lock(mutex_);
    if (!transaction_) throw Failure{failed_precondition("this transaction has ended")};
    return call(*transaction_);
  }

  void commit() {
    run([](Transaction& transaction) { check(transaction.commit()); });
  }

  /// Nothing has changed, whatever was done; after `commit` it does nothing.
  void abandon() {
    if (getpid() != process_) return;
    const Blocking blocking;
    const std::lock_guard lock(mutex_);
    transaction_.reset();
  }

 private:
  const pid_t process_;
  std::mutex mutex_;
  std::optional<Transaction> transaction_;
};

void check_or(Status status) { check(std::move(status)); }
bool check_or(StatusOr<bool> result) { return value_of(std::move(result)); }

/// A method of Editor as a method of either class. The arguments are copies: the caller's text may
/// go once the GIL is free.
template <class Self, class Result, class... Given>
auto edit(Result (Editor::*change)(Given...)) {
  return [change](Self& self, std::conditional_t<std::is_same_v<Given, std::string_view>,
                                                 std::string, Given>... given) {
    return self.run([&](Editor& editor) { return check_or((editor.*change)(given...)); });
  };
}

Editor::Direction direction(bool sends) {
  return sends ? Editor::Direction::kSend : Editor::Direction::kReceive;
}

template <class Self>
void define_edits(py::class_<Self>& made) {
  made.def("add_account", edit<Self>(&Editor::add_account))
      .def("update_account", edit<Self>(&Editor::update_account))
      .def("delete_account", edit<Self>(&Editor::delete_account))
      .def("suspend_account", edit<Self>(&Editor::suspend_account))
      .def("resume_account", edit<Self>(&Editor::resume_account))
      .def("add_alias", edit<Self>(&Editor::add_alias))
      .def("delete_alias", edit<Self>(&Editor::delete_alias))
      .def("add_forward", edit<Self>(&Editor::add_forward))
      .def("set_quota", edit<Self>(&Editor::set_quota))
      .def("delete_quota", edit<Self>(&Editor::delete_quota))
      .def("add_master", edit<Self>(&Editor::add_master))
      .def("update_master", edit<Self>(&Editor::update_master))
      .def("delete_master", edit<Self>(&Editor::delete_master))
      .def("set_relay", edit<Self>(&Editor::set_relay))
      .def("exclude_from_relay", edit<Self>(&Editor::exclude_from_relay))
      .def("set_relay_credentials", edit<Self>(&Editor::set_relay_credentials))
      .def("delete_relay", edit<Self>(&Editor::delete_relay))
      .def("rename", edit<Self>(&Editor::rename))
      .def("delete_app_password", edit<Self>(&Editor::delete_app_password))
      .def("add_app_password",
           [](Self& self, const std::string& address, const std::string& label,
              const std::string& stored, const std::string& services,
              const std::optional<double>& expires) {
             const auto scope = directory::LoginScope::parse(services);
             if (!scope) {
               throw Failure{invalid("'", services, "' are no services: imap, pop3 and smtp are")};
             }
             const directory::AppPassword entry{.address = address,
                                                .label = label,
                                                .password = stored,
                                                .scope = *scope,
                                                .expires = wall_time(expires)};
             self.run([&](Editor& editor) { check(editor.add_app_password(entry)); });
           })
      .def("restrict",
           [](Self& self, const std::string& address, bool sends) {
             self.run([&](Editor& editor) { check(editor.restrict(direction(sends), address)); });
           })
      .def("unrestrict", [](Self& self, const std::string& address, bool sends) {
        self.run([&](Editor& editor) { check(editor.unrestrict(direction(sends), address)); });
      });
}

std::string hash_password(const std::string& password, const std::string& scheme) {
  const auto known = crypto::parse_password_scheme(scheme);
  if (!known) throw Failure{invalid("'", scheme, "' is no scheme for new passwords")};
  const Blocking call;
  return value_of(crypto::hash_password(password, *known));
}

}  // namespace

void define_editor(py::module_& module) {
  py::class_<PythonEditor> editor(module, "Editor");
  editor.def(py::init<const std::string&>());
  define_edits(editor);
  py::class_<PythonTransaction> transaction(module, "Transaction");
  transaction.def(py::init<const std::string&>())
      .def("commit", &PythonTransaction::commit)
      .def("abandon", &PythonTransaction::abandon);
  define_edits(transaction);
  module.def("hash_password", &hash_password);
  module.def("generate_password", &crypto::generate_password);
}

}  // namespace mail::python
