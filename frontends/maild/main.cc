// maild: the server on a config folder, a mail folder and a state folder.
//
// The order of a start is fixed (docs/architecture.md): read config and keys, bind ports, fork the
// helper, drop privileges, and only then the first thread. Signals are blocked before it and
// awaited by this thread alone, so no handler ever interrupts anything. Tested by tests/live.
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>

#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "log.h"
#include "mail/net.h"
#include "notify.h"
#include "privileges.h"

extern char** environ;

namespace maild {
namespace {

constexpr char kDmsConfig[] = "/tmp/docker-mailserver";

struct Arguments {
  std::string config;
  std::string mail = "/var/mail";
  std::string state = "/var/mail-state";
};

mail::directory::Environment environment() {
  mail::directory::Environment pairs;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      pairs.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return pairs;
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

/// Until the end is asked for.
void wait_for_end(mail::Server& server, Log& log) {
  const sigset_t signals = handled_signals();
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) break;
    log.info("reload asked for by signal");
    server.reload();
  }
}

void follow(Log& log, const mail::directory::Settings& settings) {
  log.set_level(settings.text("LOG_LEVEL"));
  log.set_format(settings.text("LOG_FORMAT"));
}

/// TZ of the settings becomes the process's, while there is one thread only.
void set_time_zone(const mail::directory::Settings& settings, Log& log) {
  const std::string zone(settings.text("TZ"));
  if (zone.empty()) return;
  // A name is a file of the zone database; a rule such as CET-1CEST has a digit and needs none.
  const bool is_rule = zone.find_first_of("0123456789,<") != std::string::npos;
  std::error_code ignored;
  if (zone != "UTC" && !is_rule &&
      !std::filesystem::exists("/usr/share/zoneinfo/" + zone, ignored)) {
    log.warning("the time zone cannot be found, times are in UTC",
                {{"TZ", zone}, {"fix", "install tzdata, or correct the name"}});
  }
  setenv("TZ", zone.c_str(), 1);
  tzset();
}

/// For files that only root reads, and for low ports of later.
mail::Status start_helper(mail::net::Helper& helper, const mail::Server& server, Owner owner) {
  if (geteuid() != 0) return {};
  mail::net::HelperRights rights;
  rights.paths = server.protected_paths();
  rights.ports = {24, 25, 110, 143, 465, 587, 993, 995};
  for (const auto& listener : server.listeners()) {
    for (const auto& address : listener.addresses) rights.ports.push_back(address.port);
  }
  rights.user = owner.user;
  rights.group = owner.group;
  return helper.start(rights);
}

mail::Status serve(const Arguments& arguments, Log& log) {
  mail::ServerOptions options;
  options.config = arguments.config;
  options.mail = arguments.mail;
  options.state = arguments.state;
  options.environment = environment();
  options.logger = &log;
  options.settings_changed = [&log](const mail::directory::Settings& now) { follow(log, now); };
  // Once more than the server itself, so that its first line has the right form already.
  const auto settings =
      mail::directory::Settings::read(mail::real_filesystem(), options.config, options.environment);
  set_time_zone(settings, log);
  follow(log, settings);
  mail::net::Helper helper;
  options.helper = &helper;
  MAIL_ASSIGN_OR_RETURN(const auto server, mail::Server::bind(std::move(options)));
  MAIL_ASSIGN_OR_RETURN(const Owner owner,
                        prepare_folders(arguments.mail, arguments.state, settings));
  MAIL_RETURN_IF_ERROR(start_helper(helper, *server, owner));
  MAIL_RETURN_IF_ERROR(drop_privileges(owner, log));

  const sigset_t signals = handled_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  MAIL_RETURN_IF_ERROR(server->start());
  for (const auto& listener : server->listeners()) {
    for (const auto& address : listener.addresses) {
      log.info("listening", {{"service", listener.name}, {"address", to_string(address)}});
    }
  }
  log.info(mail::cat("maild " MAIL_VERSION ": ", server->hostname(), " is up and running"));
  notify_supervisor("READY=1");
  wait_for_end(*server, log);
  notify_supervisor("STOPPING=1");
  log.info("stopping", {{"connections", mail::cat(server->connections())}});
  server->stop();
  log.info("stopped");
  return {};
}

int run(int argc, char** argv) {
  // Each arena keeps its own free memory; a few threads that mostly wait do not need one each.
  mallopt(M_ARENA_MAX, 2);
  Arguments arguments;
  std::error_code ignored;
  arguments.config = std::filesystem::is_directory(kDmsConfig, ignored) ? kDmsConfig : "/etc/maild";
  CLI::App app("maild: a mail server on plain config files and Maildir", "maild");
  app.set_version_flag("--version", "maild " MAIL_VERSION);
  app.add_option("--config", arguments.config, "folder of the config files")->capture_default_str();
  app.add_option("--mail", arguments.mail, "folder of the mail")->capture_default_str();
  app.add_option("--state", arguments.state, "folder of the server's state")->capture_default_str();
  bool foreground = true;
  app.add_flag("--foreground", foreground, "stay in the foreground (always so)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  // The helper knows paths by their whole names.
  for (std::string* folder : {&arguments.config, &arguments.mail, &arguments.state}) {
    *folder = std::filesystem::absolute(*folder, ignored).lexically_normal().string();
    while (folder->size() > 1 && folder->ends_with('/')) folder->pop_back();
  }
  raise_file_limit();
  Log log;
  if (const mail::Status status = serve(arguments, log); !status.ok()) {
    log.error("maild cannot run", {{"error", std::string(mail::message_of(status))}});
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace maild

int main(int argc, char** argv) { return maild::run(argc, argv); }
