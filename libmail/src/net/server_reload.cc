// What changes while the server runs: the directory, certificates, settings, listeners. Connections
// that are open keep what they began with; new ones get what is in force.
// Tested by tests/unit/net/server_test.cc and tests/live.
#include <algorithm>

#include "mail/directory/hostname.h"
#include "mail/server/logins.h"
#include "net/helper_client.h"
#include "net/server_state.h"
#include "net/watch_points.h"

namespace mail {
namespace {

/// The file is there and cannot be read: its settings are not known, not gone.
bool is_unreadable(const directory::Settings& settings) {
  return std::any_of(settings.diagnostics().begin(), settings.diagnostics().end(),
                     [](const directory::Diagnostic& diagnostic) {
                       return diagnostic.file == "mailserver.env" && diagnostic.line == 0 &&
                              diagnostic.severity == directory::Diagnostic::Severity::kError;
                     });
}

}  // namespace

void Server::State::watch_config() {
  net::Watcher::AddWatch add_watch;
  if (options.helper != nullptr) {
    add_watch = [&client = options.helper->client()](int inotify, const std::string& folder,
                                                     std::uint32_t mask) {
      return client.watch(inotify, folder, mask);
    };
  }
  watcher = std::make_unique<net::Watcher>(
      net::watch_points(files, watched),
      [this](bool certain) { return reload_after_change(certain); }, clock, std::move(add_watch));
  network->adopt(watcher->open(), [this](net::Loop& loop, std::unique_ptr<Transport> transport) {
    return watcher->run(loop.worker(), std::move(transport));
  });
  // What changed between reading and watching would otherwise wait for the next change.
  reload_after_change(false);
}

std::vector<std::string> Server::State::reload_after_change(bool certain) {
  bool is_due = certain;
  if (!certain) {
    const std::lock_guard lock(reload_mutex);
    is_due = take_marks() != marks;
  }
  if (is_due) reload();
  const std::lock_guard lock(reload_mutex);
  return net::watch_points(files, watched);
}

void Server::State::reload() {
  if (!has_config() || network == nullptr) return;
  const std::lock_guard lock(reload_mutex);
  choose_watched(certificate.plan());
  marks = take_marks();
  auto now = directory::Settings::read(files, options.config, options.environment);
  log_diagnostics(now.diagnostics(), settings.diagnostics());
  if (is_unreadable(now)) now = settings;
  const bool is_changed = now != settings;
  if (is_changed) {
    auto changed = now.directory_options(directory::full_hostname(files, net::machine_name()));
    const std::lock_guard state_lock(mutex);
    directory_options = std::move(changed);
  }
  const auto before = current->get();
  auto after = directory::Snapshot::build(files, options.config, directory_options, before.get());
  log_diagnostics(after->diagnostics(), before->diagnostics());
  logger.info("config folder read", {{"accounts", cat(after->accounts().size())},
                                     {"aliases", cat(after->aliases().size())},
                                     {"diagnostics", cat(after->diagnostics().size())}});
  current->set(after);
  if (events != nullptr) server::publish_changed_logins(*events, *before, *after);
  apply_certificates(now);
  if (is_changed) apply_settings(std::move(now));
}

void Server::State::apply_certificates(const directory::Settings& now) {
  const auto complain = [this](const Status& status) {
    logger.error("the certificates cannot be used, the old ones stay in force",
                 {{"error", std::string(message_of(status))}});
  };
  const auto plan = net::plan_certificates(now, options.config, directory_options.hostname);
  if (!plan.ok()) return complain(plan.status());
  const auto before = certificate.context();
  if (*plan != certificate.plan()) {
    const Status loaded = certificate.load(*plan, directory_options.hostname, clock.wall());
    if (!loaded.ok()) return complain(loaded);
    choose_watched(*plan);
    marks = take_marks();
  } else if (const auto renewed = certificate.reload(); !renewed.ok()) {
    return complain(renewed.status());
  }
  if (certificate.context() == before) return;
  logger.info("certificates renewed");
  log_complaints();
}

void Server::State::apply_settings(directory::Settings now) {
  {
    const std::lock_guard lock(mutex);
    settings = std::move(now);
    auto services = service_options();
    if (services.ok()) {
      shared = server::make_shared_state(std::move(services).value(), *shared);
    } else {
      logger.error("the services keep their old settings",
                   {{"error", std::string(message_of(services.status()))}});
    }
  }
  network->set_limits(limits());
  apply_listeners(settings);
  logger.info("settings applied");
  if (options.settings_changed) options.settings_changed(settings);
}

}  // namespace mail
