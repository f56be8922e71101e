// Where a server's directory and certificate come from, at the start and when they change.
// Tested by tests/unit/net/server_test.cc.
#include <algorithm>

#include <unistd.h>

#include "mail/base/memory_filesystem.h"
#include "mail/crypto/password.h"
#include "mail/directory/fingerprint.h"
#include "mail/directory/hostname.h"
#include "mail/server/logins.h"
#include "net/report.h"
#include "net/server_state.h"

namespace mail {
namespace {

std::optional<FileInfo> mark_of(Filesystem& files, const std::string& path) {
  const auto target = files.resolve_links(path);
  if (!target.ok()) return std::nullopt;
  const auto info = files.info(*target);
  return info.ok() ? std::optional(*info) : std::nullopt;
}

/// A line of postfix-accounts.cf. In a test server a password that cannot stand there in the clear
/// is hashed; the others are not, since that takes longer than the whole start.
StatusOr<std::string> account_line(const ServerOptions::Account& account) {
  if (account.password.find_first_of(std::string_view("|\r\n\0", 4)) == std::string::npos) {
    return cat(account.address, "|{PLAIN}", account.password, "\n");
  }
  MAIL_ASSIGN_OR_RETURN(const std::string hash, crypto::hash_password(account.password));
  return cat(account.address, "|", hash, "\n");
}

/// In a test server a wrong line is the caller's mistake, not some user's.
Status first_error(std::span<const directory::Diagnostic> diagnostics) {
  for (const auto& diagnostic : diagnostics) {
    if (diagnostic.severity == directory::Diagnostic::Severity::kError) {
      return invalid(to_string(diagnostic));
    }
  }
  return absl::OkStatus();
}

}  // namespace

Status Server::State::make_test_config() {
  // Without a folder, `environment` is all there is.
  MemoryFilesystem no_files;
  settings = directory::Settings::read(no_files, "/", options.environment);
  MAIL_RETURN_IF_ERROR(first_error(settings.diagnostics()));
  directory_options = settings.directory_options(options.hostname);
  directory_options.hostname = options.hostname;
  directory::Snapshot::Texts texts;
  texts.accounts.emplace();
  for (const auto& account : options.accounts) {
    MAIL_ASSIGN_OR_RETURN(const std::string line, account_line(account));
    *texts.accounts += line;
  }
  if (!options.aliases.empty()) texts.virtual_aliases = options.aliases;
  auto snapshot = directory::Snapshot::from_texts(texts, directory_options);
  MAIL_RETURN_IF_ERROR(first_error(snapshot->diagnostics()));
  current = std::make_unique<directory::Current>(std::move(snapshot));
  const std::string names[] = {options.hostname, "localhost", "127.0.0.1", "::1"};
  MAIL_ASSIGN_OR_RETURN(auto identity, net::make_identity(names, clock.wall()));
  return certificate.use(std::move(identity), net::TlsLevel::kModern);
}

Status Server::State::read_config() {
  const auto folder = files.resolve_links(options.config);
  if (!folder.ok()) {
    return not_found("the config folder '", options.config,
                     "' cannot be found: make it, or name another one (",
                     message_of(folder.status()), ")");
  }
  settings = directory::Settings::read(files, options.config, options.environment);
  log_diagnostics(settings.diagnostics(), {});
  directory_options =
      settings.directory_options(directory::full_hostname(files, net::machine_name()));
  if (directory_options.hostname.find('.') == std::string::npos) {
    logger.warning("the host name has no domain, other servers may refuse it",
                   {{"hostname", directory_options.hostname},
                    {"fix", "set OVERRIDE_HOSTNAME=mail.example.com"}});
  }
  MAIL_ASSIGN_OR_RETURN(const auto plan, net::plan_certificates(settings, options.config,
                                                                directory_options.hostname));
  choose_watched(plan);
  // Before the files are read: a change in between is then seen as one.
  marks = take_marks();
  current = std::make_unique<directory::Current>(
      directory::Snapshot::build(files, options.config, directory_options));
  const auto snapshot = current->get();
  log_diagnostics(snapshot->diagnostics(), {});
  if (snapshot->accounts().empty()) {
    logger.warning(
        "there is no account yet",
        {{"fix", cat("add one: mailctl --config ", options.config, " email add ADDRESS")}});
  }
  if (settings.text("SSL_TYPE").empty()) {
    logger.warning("TLS is off, passwords cross the network in the clear",
                   {{"fix", "set SSL_TYPE=letsencrypt, manual, custom or self-signed"}});
  }
  MAIL_RETURN_IF_ERROR(certificate.load(plan, directory_options.hostname, clock.wall()));
  log_complaints();
  return absl::OkStatus();
}

std::vector<std::optional<FileInfo>> Server::State::take_marks() const {
  std::vector<std::optional<FileInfo>> all;
  for (const std::string& path : watched) all.push_back(mark_of(files, path));
  return all;
}

void Server::State::choose_watched(const net::CertificatePlan& plan) {
  watched.clear();
  for (const std::string_view name : directory::snapshot_files()) {
    watched.push_back(cat(options.config, "/", name));
  }
  for (const std::string_view name : directory::settings_files()) {
    watched.push_back(cat(options.config, "/", name));
  }
  for (std::string& path : net::watched_paths(files, plan)) watched.push_back(std::move(path));
}

void Server::State::log_complaints() {
  for (const std::string& complaint : certificate.complaints()) {
    logger.warning("a certificate is left out", {{"reason", complaint}});
  }
}

void Server::State::log_diagnostics(std::span<const directory::Diagnostic> diagnostics,
                                    std::span<const directory::Diagnostic> known) {
  for (const auto& diagnostic : diagnostics) {
    if (std::find(known.begin(), known.end(), diagnostic) != known.end()) continue;
    const bool is_error = diagnostic.severity == directory::Diagnostic::Severity::kError;
    const std::string line = diagnostic.line == 0 ? "" : cat(diagnostic.line);
    logger.log(is_error ? Logger::Level::kError : Logger::Level::kWarning,
               "something is wrong in the config folder",
               std::array{Logger::Field{"file", diagnostic.file}, Logger::Field{"line", line},
                          Logger::Field{"problem", diagnostic.text},
                          Logger::Field{"fix", diagnostic.fix}});
  }
}

std::string Server::State::answer(const std::string& command) {
  if (command == "reload") {
    reload();
    return net::ok_json();
  }
  if (command != "status") {
    return net::error_json(cat("'", command, "' is not known; there are status and reload"));
  }
  const auto snapshot = current->get();
  net::ServerReport report;
  {
    const std::lock_guard lock(mutex);
    report.hostname = directory_options.hostname;
  }
  report.pid = getpid();
  report.uptime_seconds = std::chrono::duration_cast<seconds>(clock.now() - started).count();
  report.connections = network->connections();
  report.accounts = snapshot->accounts().size();
  report.aliases = snapshot->aliases().size();
  for (const auto& diagnostic : snapshot->diagnostics()) {
    report.diagnostics.push_back(to_string(diagnostic));
  }
  report.listeners = listeners();
  return net::status_json(report);
}

}  // namespace mail
