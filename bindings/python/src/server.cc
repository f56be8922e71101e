// mail::Server for Python. Every call that may block lets go of the GIL; no thread of the server
// ever asks for it, so none of them can be waited for in vain.
//
// fork: a child has the object but none of its threads, and locks that a thread held stay locked.
// There every call fails with words, and the end of the object leaves everything as it is.
// Tested by tests/python/server_test.py.
#include <algorithm>
#include <chrono>
#include <climits>
#include <deque>
#include <mutex>

#include <dirent.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bindings.h"
#include "mail/base/ascii.h"
#include "mail/net.h"

namespace mail::python {
namespace {

using store::Uid;

/// The last lines of the log. Safe from any thread.
class LogBuffer final : public Logger {
 public:
  static constexpr std::size_t kLines = 10'000;

  struct Line {
    double time = 0;
    Level level = Level::kInfo;
    std::string sentence;
    std::vector<std::pair<std::string, std::string>> fields;
  };

  void log(Level level, std::string_view sentence, std::span<const Field> fields) override {
    using std::chrono::system_clock;
    Line line{.time = std::chrono::duration<double>(system_clock::now().time_since_epoch()).count(),
              .level = level,
              .sentence = std::string(sentence),
              .fields = {}};
    for (const Field& field : fields) line.fields.emplace_back(field.name, field.value);
    const std::lock_guard lock(mutex_);
    if (lines_.size() == kLines) lines_.pop_front();
    lines_.push_back(std::move(line));
  }

  std::deque<Line> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Line> lines_;
};

const char* name_of(Logger::Level level) {
  switch (level) {
    case Logger::Level::kDebug: return "debug";
    case Logger::Level::kInfo: return "info";
    case Logger::Level::kWarning: return "warning";
    case Logger::Level::kError: return "error";
  }
  return "info";
}

/// 0 for what is no internet address.
std::uint16_t port_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  }
  return 0;
}

/// A misspelt name would be passed over in silence, as one of the process's environment is.
void check_names(const directory::Environment& settings) {
  for (const auto& [name, value] : settings) {
    const auto registry = directory::setting_registry();
    const bool is_known = std::any_of(registry.begin(), registry.end(),
                                      [&](const auto& row) { return row.name == name; });
    if (!is_known) throw Failure{invalid("there is no setting ", name, " (docs/settings.md)")};
  }
}

class EmbeddedServer {
 public:
  EmbeddedServer(std::vector<std::pair<std::string, std::string>> accounts, std::string aliases,
                 std::string hostname, std::string config, std::string mail, std::string state,
                 directory::Environment environment, std::size_t loops, double stop_grace)
      : process_(getpid()) {
    check_names(environment);
    ServerOptions options;
    for (auto& [address, password] : accounts) {
      options.accounts.push_back({std::move(address), std::move(password)});
    }
    options.aliases = std::move(aliases);
    options.hostname = std::move(hostname);
    options.config = std::move(config);
    options.mail = std::move(mail);
    options.state = std::move(state);
    options.environment = std::move(environment);
    options.limits.loops = loops;
    options.limits.stop_grace =
        std::chrono::duration_cast<Duration>(std::chrono::duration<double>(stop_grace));
    options.logger = &log_;
    const Blocking call;
    server_ = value_of(Server::run(std::move(options)));
  }

  EmbeddedServer(const EmbeddedServer&) = delete;
  EmbeddedServer& operator=(const EmbeddedServer&) = delete;

  ~EmbeddedServer() {
    if (getpid() != process_) {
      (void)server_.release();
      return;
    }
    if (server_ == nullptr) return;
    const Blocking call;
    server_.reset();
  }

  void stop() {
    if (getpid() != process_) return;  // nothing of it runs here
    const Blocking call;
    const std::lock_guard lock(mutex_);
    server_->stop();
  }

  /// For the child of a fork: lets go of the sockets that it inherited. A connection or a port that
  /// the parent closes is closed only when nobody else holds it.
  void forget() {
    const auto is_ours = [this](const sockaddr_storage& address) {
      for (const auto& listener : server_->listeners()) {
        for (const auto& ours : listener.addresses) {
          if (port_of(address) == ours.port && ours.port != 0) return true;
        }
      }
      return false;
    };
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
    if (getpid() == process_ || !folder) return;
    while (const dirent* const entry = readdir(folder.get())) {
      const auto number = ascii::parse_number(entry->d_name);
      sockaddr_storage address{};
      socklen_t size = sizeof address;
      if (!number || *number > INT_MAX) continue;
      const int descriptor = static_cast<int>(*number);
      if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
      if (is_ours(address)) ::close(descriptor);
    }
  }

  void reload() {
    Server& server = here();
    const Blocking call;
    server.reload();
  }

  py::list listeners() {
    py::list all;
    for (const auto& listener : here().listeners()) {
      for (const auto& address : listener.addresses) {
        const std::string& host = address.unix_path.empty() ? address.host : address.unix_path;
        all.append(py::make_tuple(listener.name, host, address.port));
      }
    }
    return all;
  }

  std::string hostname() { return here().hostname(); }
  std::string authority() { return here().authority(); }
  std::size_t connections() { return here().connections(); }
  // pybind11 knows no holder of a const type; a Snapshot has no function that could change it.
  std::shared_ptr<directory::Snapshot> directory() {
    return std::const_pointer_cast<directory::Snapshot>(here().directory());
  }

  py::list messages(const std::string& address, const std::string& folder) {
    std::vector<store::MessageInfo> infos;
    std::vector<std::shared_ptr<const store::Content>> contents;
    std::vector<std::string> keywords;
    {
      Server& server = here();
      const Blocking call;
      const auto mailbox = value_of(account(server, address)->open(folder));
      check(mailbox->refresh());
      mailbox->learn_dates(*mailbox->uids().uids);
      for (const auto& info : mailbox->snapshot().messages) {
        auto content = mailbox->read(info.uid);
        if (content.status().code() == absl::StatusCode::kNotFound) continue;  // just expunged
        contents.push_back(value_of(std::move(content)));
        infos.push_back(info);
      }
      keywords = mailbox->keywords();
    }
    py::list all;
    for (std::size_t i = 0; i < infos.size(); ++i) {
      const auto bytes = contents[i]->bytes();
      all.append(py::make_tuple(store::number(infos[i].uid), flag_names(infos[i].flags, keywords),
                                seconds_of(infos[i].internal_date),
                                py::bytes(bytes.data(), bytes.size())));
    }
    return all;
  }

  /// The UID.
  std::uint32_t append(const std::string& address, std::string bytes, const std::string& folder,
                       const std::vector<std::string>& flags) {
    Server& server = here();
    const Blocking call;
    const auto target = account(server, address);
    if (const Status made = target->create_folder(folder).status();
        made.code() != absl::StatusCode::kAlreadyExists && folder != "INBOX") {
      check(made);
    }
    const auto mailbox = value_of(target->open(folder));
    const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    const store::NewMessage message{
        .bytes = std::move(bytes), .flags = named_flags(flags), .internal_date = now};
    return store::number(value_of(mailbox->append({&message, 1})).front());
  }

  std::vector<std::string> folders(const std::string& address) {
    Server& server = here();
    const Blocking call;
    std::vector<std::string> names;
    for (auto& folder : value_of(account(server, address)->folders())) {
      if (folder.is_selectable) names.push_back(std::move(folder.name));
    }
    return names;
  }

  py::list log() {
    (void)here();  // a lock that was held at the fork is held forever
    py::list all;
    for (const auto& line : log_.lines()) {
      py::dict fields;
      for (const auto& [name, value] : line.fields) fields[py::str(name)] = to_str(value);
      all.append(py::make_tuple(line.time, name_of(line.level), line.sentence, fields));
    }
    return all;
  }

 private:
  Server& here() {
    if (getpid() != process_) {
      throw Failure{failed_precondition("this server runs in process ", process_,
                                        ", which forked this one: its threads are not here. Start "
                                        "a server of your own")};
    }
    return *server_;
  }

  static std::shared_ptr<store::Account> account(Server& server, const std::string& address) {
    const auto directory = server.directory();
    const auto* const found = directory->find_mailbox(address);
    if (found == nullptr) {
      std::string known;
      for (const auto& one :
           directory->accounts().first(std::min<std::size_t>(directory->accounts().size(), 5))) {
        append_pieces(known, {known.empty() ? "" : ", ", one.address});
      }
      throw Failure{not_found("there is no account ", address, "; there is ",
                              known.empty() ? "none at all" : known)};
    }
    return value_of(server.store().account({.address = found->address, .directory = {}}));
  }

  const pid_t process_;
  LogBuffer log_;  // outlives the server
  std::mutex mutex_;
  std::unique_ptr<Server> server_;
};

}  // namespace

void define_server(py::module_& module) {
  py::class_<EmbeddedServer>(module, "Server")
      .def(py::init<std::vector<std::pair<std::string, std::string>>, std::string, std::string,
                    std::string, std::string, std::string, directory::Environment, std::size_t,
                    double>())
      .def("stop", &EmbeddedServer::stop)
      .def("forget", &EmbeddedServer::forget)
      .def("reload", &EmbeddedServer::reload)
      .def("listeners", &EmbeddedServer::listeners)
      .def("hostname", &EmbeddedServer::hostname)
      .def("authority", &EmbeddedServer::authority)
      .def("connections", &EmbeddedServer::connections)
      .def("directory", &EmbeddedServer::directory)
      .def("messages", &EmbeddedServer::messages)
      .def("append", &EmbeddedServer::append)
      .def("folders", &EmbeddedServer::folders)
      .def("log", &EmbeddedServer::log);
}

}  // namespace mail::python
