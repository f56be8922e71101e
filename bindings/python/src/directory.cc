// The directory for Python: a snapshot, read once and never changed.
// Tested by tests/python/directory_test.py.
#include "mail/directory.h"
#include "bindings.h"
#include "mail/base/ascii.h"
#include "mail/directory/attributes.h"

namespace mail::python {
namespace {

using directory::Snapshot;
using SharedSnapshot = std::shared_ptr<const Snapshot>;

SharedSnapshot read_folder(const std::string& folder, const std::string& hostname) {
  const Blocking call;
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
    const Blocking call;
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

/// "SHA512-CRYPT", of "{SHA512-CRYPT}$6$…"; docker-mailserver's files may leave it out. The hash
/// itself is nobody's business.
std::string scheme_of(std::string_view stored) {
  stored = directory::without_suspension(stored);
  const std::size_t end = stored.starts_with('{') ? stored.find('}') : std::string_view::npos;
  if (end == std::string_view::npos) return "SHA512-CRYPT";
  return ascii::to_upper(stored.substr(1, end - 1));
}

py::tuple quota_of(const Snapshot& snapshot, const directory::Account& account) {
  const directory::Quota quota = snapshot.quota_of(account);
  return py::make_tuple(quota.octets, quota.grace_octets, quota.messages, quota.file, quota.line);
}

py::tuple account_of(const Snapshot& snapshot, const directory::Account& account) {
  return py::make_tuple(to_str(account.address), scheme_of(account.password),
                        directory::is_suspended(account.password), to_str(account.extra),
                        quota_of(snapshot, account), account.line);
}

py::list accounts(const Snapshot& snapshot) {
  py::list all;
  for (const auto& account : snapshot.accounts()) all.append(account_of(snapshot, account));
  return all;
}

/// None for no such account.
py::object account(const Snapshot& snapshot, const std::string& address) {
  for (const directory::Account* const found :
       {snapshot.find_login(address), snapshot.find_mailbox(address)}) {
    if (found != nullptr && ascii::equal_ignoring_case(found->address, address)) {
      return account_of(snapshot, *found);
    }
  }
  return py::none();
}

/// Where an account's mail is: empty where it is in the usual place.
std::string mail_place(const Snapshot& snapshot, const std::string& address,
                       const std::string& mail_root) {
  const directory::Account* const found = snapshot.find_mailbox(address);
  return found == nullptr ? "" : directory::attributes_of(*found, mail_root).mail;
}

py::object rule_of(const directory::AccessRule* rule) {
  if (rule == nullptr) return py::none();
  return py::make_tuple(to_str(rule->key), to_string(rule->action), rule->code, rule->enhanced,
                        to_str(rule->text), rule->line);
}

py::list access_rules(const Snapshot& snapshot, bool sends) {
  py::list all;
  for (const auto& rule : sends ? snapshot.send_access_rules() : snapshot.receive_access_rules()) {
    all.append(rule_of(&rule));
  }
  return all;
}

py::object access(const Snapshot& snapshot, const std::string& address, bool sends) {
  return rule_of(sends ? snapshot.send_access(address) : snapshot.receive_access(address));
}

py::tuple relay_of(const Snapshot& snapshot, const directory::RelayRoute& route) {
  const auto* const credentials =
      route.opts_out ? nullptr : snapshot.relay_credentials(route.key, route.host.text);
  return py::make_tuple(to_str(route.key), route.opts_out ? "" : route.host.host,
                        route.opts_out ? 0 : route.host.port, route.host.looks_up_mx,
                        credentials == nullptr ? py::object(py::none()) : to_str(credentials->user),
                        route.line);
}

py::list relays(const Snapshot& snapshot) {
  py::list all;
  for (const auto& route : snapshot.relay_routes()) all.append(relay_of(snapshot, route));
  return all;
}

py::object relay(const Snapshot& snapshot, const std::string& sender) {
  const auto* const route = snapshot.relay_route(sender);
  if (route == nullptr) return py::none();
  return relay_of(snapshot, *route);
}

py::list aliases(const Snapshot& snapshot) {
  py::list all;
  for (const auto& alias : snapshot.aliases()) {
    all.append(py::make_tuple(to_str(alias.key), to_str(alias.targets), alias.line));
  }
  return all;
}

py::list app_passwords(const Snapshot& snapshot, const std::string& address) {
  py::list all;
  for (const auto* const entry : snapshot.app_passwords_of(ascii::to_lower(address))) {
    all.append(py::make_tuple(
        entry->address, to_str(entry->label), entry->scope.text(),
        entry->expires ? py::object(py::float_(seconds_of(*entry->expires))) : py::none(),
        entry->line));
  }
  return all;
}

/// What a login is for, now; nothing for an empty name.
std::optional<directory::LoginAttempt> attempt_of(const std::string& service) {
  using directory::LoginService;
  if (service.empty()) return std::nullopt;
  for (const auto known : {LoginService::kImap, LoginService::kPop3, LoginService::kSmtp}) {
    if (service == to_string(known)) {
      return directory::LoginAttempt{
          known, std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
    }
  }
  throw Failure{invalid("'", service, "' is no service: imap, pop3 and smtp are")};
}

/// "accepted", "refused" or "unavailable", the account, and the reason.
py::tuple authenticate(const Snapshot& snapshot, const std::string& login,
                       const std::string& password, const std::string& service) {
  const auto attempt = attempt_of(service);
  directory::Login answer;
  {
    const Blocking call;
    answer = directory::authenticate(snapshot, login, password, attempt);
  }
  const char* verdict = "refused";
  switch (answer.verdict) {
    case directory::LoginVerdict::kAccepted: verdict = "accepted"; break;
    case directory::LoginVerdict::kRefused: break;
    case directory::LoginVerdict::kUnavailable: verdict = "unavailable"; break;
  }
  return py::make_tuple(verdict, to_str(answer.address), to_str(answer.reason));
}

py::list masters(const Snapshot& snapshot) {
  py::list all;
  for (const auto& master : snapshot.masters()) all.append(to_str(master.address));
  return all;
}

}  // namespace

py::list diagnostics_of(std::span<const directory::Diagnostic> diagnostics) {
  py::list all;
  for (const auto& diagnostic : diagnostics) {
    const bool is_error = diagnostic.severity == directory::Diagnostic::Severity::kError;
    all.append(py::make_tuple(is_error, diagnostic.file, diagnostic.line, to_str(diagnostic.text),
                              to_str(diagnostic.fix)));
  }
  return all;
}

void define_directory(py::module_& module) {
  py::class_<Snapshot, std::shared_ptr<Snapshot>>(module, "Snapshot")
      .def("resolve", &resolve)
      .def("accounts", &accounts)
      .def("aliases", &aliases)
      .def("diagnostics",
           [](const Snapshot& snapshot) { return diagnostics_of(snapshot.diagnostics()); })
      .def("authenticate", &authenticate)
      .def("account", &account)
      .def("app_passwords", &app_passwords)
      .def("masters", &masters)
      .def("mail_place", &mail_place)
      .def("access_rules", &access_rules)
      .def("access", &access)
      .def("relays", &relays)
      .def("relay", &relay)
      .def("domains", [](const Snapshot& snapshot) { return snapshot.managed_domains(); });
  // pybind11 knows no holder of a const type; a Snapshot has no function that could change it.
  module.def("read_directory", [](const std::string& folder, const std::string& hostname) {
    return std::const_pointer_cast<Snapshot>(read_folder(folder, hostname));
  });
}

}  // namespace mail::python
