// One account's mail for Python, on the store that maild itself uses: the same files, locks and
// flushes, so both may work on a folder at once.
//
// A child of a fork opens the store anew at its first call: a store names files by its process, and
// what the parent's threads were about in it is unknown.
// Tested by tests/python/maildir_test.py, tests/python/fork_test.py.
#include "mail/store/maildir.h"

#include <map>
#include <mutex>

#include <unistd.h>

#include "bindings.h"
#include "mail/base/ascii.h"
#include "mail/crypto/random.h"

namespace mail::python {
namespace {

using store::Mailbox;
using store::Uid;

class SystemClock final : public Clock {
 public:
  TimePoint now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  }
  WallTime wall() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> to) override { crypto::fill_random(to); }
};

/// A store, the account in it, and the folders that were opened. They live and go together.
struct Opened {
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<store::Store> store;
  std::shared_ptr<store::Account> account;
  std::map<std::string, std::shared_ptr<Mailbox>, std::less<>> folders;
};

std::vector<Uid> uids_of(const std::vector<std::uint32_t>& numbers) {
  std::vector<Uid> uids;
  uids.reserve(numbers.size());
  for (const std::uint32_t number : numbers) {
    if (number == 0) throw Failure{invalid("no message has the UID 0")};
    uids.push_back(Uid{number});
  }
  return uids;
}

/// UID, flags, when it was received, octets.
using Row = std::tuple<std::uint32_t, std::vector<std::string>, double, std::uint64_t>;

Row row_of(const store::MessageInfo& info, const std::vector<std::string>& keywords) {
  return {store::number(info.uid), flag_names(info.flags, keywords), seconds_of(info.internal_date),
          info.size};
}

std::map<std::uint32_t, std::uint32_t> pairs_of(const store::UidPairs& pairs) {
  std::map<std::uint32_t, std::uint32_t> found;
  for (const auto& [from, to] : pairs) found[store::number(from)] = store::number(to);
  return found;
}

/// Safe from any thread, as the store is.
class PythonMaildir {
 public:
  PythonMaildir(std::string root, std::string address, std::string directory, std::string hostname,
                bool create)
      : root_(std::move(root)),
        place_{ascii::to_lower(address), std::move(directory)},
        hostname_(std::move(hostname)) {
    const Blocking call;
    const std::lock_guard lock(mutex_);
    // A store makes what is missing: a slip of the pen would be a mailbox.
    if (!create) check_exists();
    open();
  }
  PythonMaildir(const PythonMaildir&) = delete;
  PythonMaildir& operator=(const PythonMaildir&) = delete;
  ~PythonMaildir() {
    if (getpid() != process_) {
      (void)opened_.release();
      return;
    }
    const Blocking call;
    opened_.reset();
  }

  std::vector<std::tuple<std::string, bool, bool>> folders() {
    const Blocking call;
    std::vector<std::tuple<std::string, bool, bool>> rows;
    for (const auto& folder : value_of(account()->folders())) {
      rows.emplace_back(folder.name, folder.is_selectable, folder.has_children);
    }
    return rows;
  }
  void create_folder(const std::string& name) {
    const Blocking call;
    check(account()->create_folder(name).status());
  }
  void delete_folder(const std::string& name) {
    const Blocking call;
    check(account()->delete_folder(name));
    forget_folders();
  }
  void rename_folder(const std::string& from, const std::string& to) {
    const Blocking call;
    check(account()->rename_folder(from, to));
    forget_folders();
  }
  std::vector<std::string> subscriptions() {
    const Blocking call;
    return value_of(account()->subscriptions());
  }
  void subscribe(const std::string& name) {
    const Blocking call;
    check(account()->subscribe(name));
  }
  void unsubscribe(const std::string& name) {
    const Blocking call;
    check(account()->unsubscribe(name));
  }

  /// UIDVALIDITY, next UID, messages, unseen, octets, highest MODSEQ.
  std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint64_t,
             std::uint64_t>
  status(const std::string& folder) {
    const Blocking call;
    const store::FolderStatus status = value_of(account()->status(folder));
    return {store::number(status.uid_validity),
            store::number(status.uid_next),
            status.messages,
            status.unseen,
            status.size,
            store::number(status.highest_modseq)};
  }

  std::vector<Row> messages(const std::string& folder) {
    const Blocking call;
    const auto found = mailbox(folder);
    found->learn_dates(*found->uids().uids);
    const auto infos = found->snapshot().messages;
    const auto keywords = found->keywords();
    std::vector<Row> rows;
    rows.reserve(infos.size());
    for (const auto& info : infos) rows.push_back(row_of(info, keywords));
    return rows;
  }
  std::optional<Row> find(const std::string& folder, std::uint32_t uid) {
    const Blocking call;
    const auto found = mailbox(folder);
    const auto info = found->find(uids_of({uid})).front();
    if (!info) return std::nullopt;
    return row_of(*info, found->keywords());
  }
  py::bytes read(const std::string& folder, std::uint32_t uid) {
    std::shared_ptr<const store::Content> content;
    {
      const Blocking call;
      content = value_of(mailbox(folder)->read(uids_of({uid}).front()));
    }
    return {content->bytes().data(), content->bytes().size()};
  }

  /// All or none; the UIDs. Each row: octets, flags, when it was received (none: now).
  std::vector<std::uint32_t> append(
      const std::string& folder,
      std::vector<std::tuple<std::string, std::vector<std::string>, std::optional<double>>> rows) {
    const Blocking call;
    std::vector<store::NewMessage> messages;
    for (auto& [bytes, flags, received] : rows) {
      messages.push_back({.bytes = std::move(bytes),
                          .flags = named_flags(flags),
                          .internal_date = wall_time(received).value_or(SystemClock().wall())});
    }
    std::vector<std::uint32_t> uids;
    for (const Uid uid : value_of(mailbox(folder)->append(messages))) {
      uids.push_back(store::number(uid));
    }
    return uids;
  }
  void deliver(const std::string& folder, const std::string& message) {
    const Blocking call;
    const auto opened = here();
    const store::Target target{.account = place_, .folder = folder, .header = {}};
    const std::string_view piece = message;
    check(opened->store->deliver({&target, 1}, {&piece, 1}, opened->clock.wall()));
  }

  std::vector<Row> change_flags(const std::string& folder, const std::vector<std::uint32_t>& uids,
                                const std::string& mode, const std::vector<std::string>& flags) {
    using Mode = store::FlagChange::Mode;
    const Blocking call;
    const store::FlagChange change{.mode = mode == "add"      ? Mode::kAdd
                                           : mode == "remove" ? Mode::kRemove
                                                              : Mode::kReplace,
                                   .flags = named_flags(flags)};
    const auto found = mailbox(folder);
    const auto infos = value_of(found->change_flags(uids_of(uids), change));
    const auto keywords = found->keywords();
    std::vector<Row> rows;
    for (const auto& info : infos) rows.push_back(row_of(info, keywords));
    return rows;
  }
  std::vector<std::uint32_t> expunge(const std::string& folder,
                                     const std::optional<std::vector<std::uint32_t>>& uids) {
    const Blocking call;
    const auto found = mailbox(folder);
    std::vector<Uid> meant;
    if (uids) {
      meant = uids_of(*uids);
    } else {
      for (const auto& info : found->snapshot().messages) meant.push_back(info.uid);
    }
    std::vector<std::uint32_t> gone;
    for (const Uid uid : value_of(found->expunge(meant))) gone.push_back(store::number(uid));
    return gone;
  }
  std::map<std::uint32_t, std::uint32_t> copy(const std::string& folder,
                                              const std::vector<std::uint32_t>& uids,
                                              const std::string& to, bool moves) {
    const Blocking call;
    const auto source = mailbox(folder);
    const auto target = mailbox(to);
    return pairs_of(value_of(moves ? source->move(uids_of(uids), *target)
                                   : source->copy(uids_of(uids), *target)));
  }

 private:
  void check_exists() const {
    Filesystem& files = real_filesystem();
    const std::size_t at = place_.address.rfind('@');
    const std::string directory =
        !place_.directory.empty() || at == std::string::npos
            ? place_.directory
            : cat(root_, "/", std::string_view(place_.address).substr(at + 1), "/",
                  std::string_view(place_.address).substr(0, at));
    const bool exists = !directory.empty() && files.resolve_links(directory).ok() &&
                        files.info(cat(directory, "/cur")).ok();
    if (exists) return;
    throw Failure{not_found("there is no mailbox of ", place_.address, " in ", directory,
                            "; create=True makes it")};
  }
  void open() {
    auto opened = std::make_shared<Opened>();
    store::MaildirOptions options;
    options.root = root_;
    options.hostname = hostname_;
    opened->store = store::make_maildir_store(real_filesystem(), opened->clock, opened->random,
                                              nullptr, options);
    opened->account = value_of(opened->store->account(place_));
    opened_ = std::make_unique<std::shared_ptr<Opened>>(std::move(opened));
    process_ = getpid();
  }
  std::shared_ptr<Opened> here() {
    const std::lock_guard lock(mutex_);
    if (getpid() != process_) {
      (void)opened_.release();
      open();
    }
    return *opened_;
  }
  std::shared_ptr<store::Account> account() {
    const auto opened = here();
    return {opened, opened->account.get()};
  }
  /// Opened once, looked at anew each time.
  std::shared_ptr<Mailbox> mailbox(const std::string& name) {
    const auto opened = here();
    std::shared_ptr<Mailbox> found;
    {
      const std::lock_guard lock(mutex_);
      const auto known = opened->folders.find(name);
      if (known != opened->folders.end()) found = known->second;
    }
    if (found != nullptr && found->refresh().ok()) return {opened, found.get()};
    // New here, or another program made it anew.
    found = value_of(opened->account->open(name));
    check(found->refresh());
    const std::lock_guard lock(mutex_);
    opened->folders[name] = found;
    return found;
  }
  void forget_folders() {
    const auto opened = here();
    const std::lock_guard lock(mutex_);
    opened->folders.clear();
  }

  const std::string root_;
  const store::AccountPlace place_;
  const std::string hostname_;
  std::mutex mutex_;
  pid_t process_ = 0;
  std::unique_ptr<std::shared_ptr<Opened>> opened_;  // left alone in a child of a fork
};

/// Octets and messages; nothing is made.
std::pair<std::uint64_t, std::uint64_t> usage(const std::string& root, const std::string& address,
                                              const std::string& directory) {
  const Blocking call;
  const auto used = value_of(
      store::maildir_usage(real_filesystem(), root, {ascii::to_lower(address), directory}));
  return {used.octets, used.messages};
}

}  // namespace

void define_maildir(py::module_& module) {
  module.def("maildir_usage", &usage);
  py::class_<PythonMaildir>(module, "Maildir")
      .def(py::init<std::string, std::string, std::string, std::string, bool>())
      .def("folders", &PythonMaildir::folders)
      .def("create_folder", &PythonMaildir::create_folder)
      .def("delete_folder", &PythonMaildir::delete_folder)
      .def("rename_folder", &PythonMaildir::rename_folder)
      .def("subscriptions", &PythonMaildir::subscriptions)
      .def("subscribe", &PythonMaildir::subscribe)
      .def("unsubscribe", &PythonMaildir::unsubscribe)
      .def("status", &PythonMaildir::status)
      .def("messages", &PythonMaildir::messages)
      .def("find", &PythonMaildir::find)
      .def("read", &PythonMaildir::read)
      .def("append", &PythonMaildir::append)
      .def("deliver", &PythonMaildir::deliver)
      .def("change_flags", &PythonMaildir::change_flags)
      .def("expunge", &PythonMaildir::expunge)
      .def("copy", &PythonMaildir::copy);
}

}  // namespace mail::python
