// maild: the server on a config folder, a mail folder and a state folder.
//
// The order of a start is fixed (docs/architecture.md): read config and keys, bind ports, drop
// privileges, and only then the first thread. Signals are blocked before it and awaited by this
// thread alone, so no handler ever interrupts anything.
// Tested by tests/live.
#include <csignal>
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

mail::Status serve(const Arguments& arguments, Log& log) {
  mail::ServerOptions options;
  options.config = arguments.config;
  options.mail = arguments.mail;
  options.state = arguments.state;
  options.environment = environment();
  options.logger = &log;
  MAIL_ASSIGN_OR_RETURN(const auto server, mail::Server::bind(std::move(options)));
  log.set_level(server->settings().text("LOG_LEVEL"));
  MAIL_RETURN_IF_ERROR(prepare_folders(arguments.mail, arguments.state));
  MAIL_RETURN_IF_ERROR(drop_privileges(arguments.mail, log));

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
