// The parts of the library joined to a server. `bind` does what may need privileges (keys, low
// ports) and starts no thread, so that its caller can drop them and confine itself in between;
// `start` does the rest. Tested by tests/unit/net/server_test.cc.
#include "mail/net/server.h"

#include "mail/store/maildir.h"
#include "mail/store/memory.h"
#include "net/interfaces.h"
#include "net/login_secret.h"
#include "net/report.h"
#include "net/server_state.h"
#include "net/upkeep.h"

namespace mail {
namespace {

server::SaslScram scram_setting(std::string_view text) {
  if (text == "on") return server::SaslScram::kOn;
  return text == "off" ? server::SaslScram::kOff : server::SaslScram::kAuto;
}

/// PROXY_PROTOCOL: names of services.
std::vector<server::Protocol> protocols_of(std::span<const std::string> names) {
  std::vector<server::Protocol> all;
  for (const server::Protocol protocol : served_protocols()) {
    const auto is_same = [&](const std::string& name) { return name == to_string(protocol); };
    if (std::any_of(names.begin(), names.end(), is_same)) all.push_back(protocol);
  }
  return all;
}

}  // namespace

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Server::~Server() { stop(); }

StatusOr<std::unique_ptr<Server>> Server::bind(ServerOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  MAIL_RETURN_IF_ERROR(state->has_config() ? state->read_config() : state->make_test_config());
  for (const auto& listener : state->settings.listeners()) {
    if (!state->has_config()) break;
    MAIL_RETURN_IF_ERROR(state->bind_listener(listener));
  }
  if (!state->has_config()) {
    for (const server::Protocol protocol : served_protocols()) {
      const directory::ListenAddress any{.host = "127.0.0.1", .port = 0, .unix_path = {}};
      MAIL_RETURN_IF_ERROR(state->bind_listener({std::string(to_string(protocol)), {any}}));
    }
  }
  MAIL_RETURN_IF_ERROR(state->make_services());
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

// The connection's World lives in this frame: its worker is the one of the connection's loop.
Task<void> Server::State::serve(server::Protocol protocol, net::Loop& loop,
                                std::unique_ptr<Transport> transport) {
  server::World world{clock, random, loop.worker(), logger, *events, *store, *current};
  Task<void> serving = server::serve(world, current_shared(), protocol, std::move(transport));
  co_await serving;
}

StatusOr<std::unique_ptr<Server>> Server::run(ServerOptions options) {
  MAIL_ASSIGN_OR_RETURN(auto server, bind(std::move(options)));
  MAIL_RETURN_IF_ERROR(server->start());
  return server;
}

Status Server::start() {
  State& state = *state_;
  if (state.network != nullptr) return failed_precondition("this server was started before");
  state.started = state.clock.now();
  net::Limits limits = state.limits();
  // A test server has few clients and should cost the same on a machine with a hundred cores.
  if (limits.loops == 0 && !state.has_config()) limits.loops = 1;
  MAIL_ASSIGN_OR_RETURN(state.network, net::Network::start(limits, state.logger));
  for (State::Bound& bound : state.bound) state.accept_from(bound);
  state.tend_mail();
  if (state.has_config()) state.watch_config();
  if (!state.options.state.empty()) return state.open_control();
  return absl::OkStatus();
}

Status Server::State::make_services() {
  events = server::make_local_event_bus();
  if (options.mail.empty()) {
    store = store::make_memory_store(clock, events.get());
  } else {
    store::MaildirOptions maildir;
    maildir.root = options.mail;
    maildir.hostname = net::machine_name();
    maildir.late_names = !settings.flag("FLAGS_AT_ONCE");
    mail_watch = std::make_unique<net::MailWatch>(clock);
    store = store::make_maildir_store(real_filesystem(), clock, random, events.get(), maildir,
                                      mail_watch.get());
  }
  MAIL_ASSIGN_OR_RETURN(auto services, service_options());
  shared = server::make_shared_state(std::move(services));
  return absl::OkStatus();
}

void Server::State::tend_mail() {
  if (mail_watch == nullptr) return;
  network->adopt(
      net::never_readable(), [this](net::Loop& loop, std::unique_ptr<Transport> transport) {
        return net::tend_store(*store, *events, clock, loop.worker(), std::move(transport));
      });
  if (!mail_watch->is_open()) return;
  network->adopt(mail_watch->descriptor(),
                 [this](net::Loop&, std::unique_ptr<Transport> transport) {
                   return mail_watch->run(std::move(transport));
                 });
}

StatusOr<server::ServiceOptions> Server::State::service_options() const {
  server::ServiceOptions services;
  services.hostname = directory_options.hostname;
  services.mail_folder = options.mail;
  services.trusted_networks = settings.trusted_networks(net::interfaces());
  services.has_tls = certificate.context() != nullptr;
  services.allows_cleartext_auth = has_config() && settings.text("SSL_TYPE").empty();
  services.message_size = settings.number("POSTFIX_MESSAGE_SIZE_LIMIT");
  services.dedupe_recipients = settings.flag("DEDUPE_RECIPIENTS");
  services.delivered_to = settings.flag("DELIVERED_TO");
  services.withheld_extensions =
      smtp::parse_extension_list(settings.text("SMTPD_DISCARD_EHLO_KEYWORDS"));
  auto trusted = parse_ip_networks(settings.text("SMTPD_AUTHORIZED_XCLIENT_HOSTS"));
  if (!trusted.ok()) {
    return invalid("SMTPD_AUTHORIZED_XCLIENT_HOSTS: ", message_of(trusted.status()));
  }
  services.xclient_networks = std::move(*trusted);
  services.proxied = protocols_of(settings.proxied_services());
  services.proxy_networks = directory::Networks::parse(settings.text("PROXY_TRUSTED_NETWORKS"))
                                .value_or(directory::Networks());
  services.proxy_timeout = seconds(settings.number("PROXY_TIMEOUT"));
  services.folders = directory::parse_folders(settings.text("FOLDERS")).value_or(services.folders);
  services.sasl_scram = scram_setting(settings.text("SASL_SCRAM"));
  if (!options.state.empty()) {
    services.secret = net::login_secret(real_filesystem(), options.state, logger);
  }
  services.connections_per_user = settings.number("MAIL_MAX_USERIP_CONNECTIONS");
  return services;
}

net::Limits Server::State::limits() const {
  net::Limits limits = options.limits;
  if (settings.is_set("MAX_CONNECTIONS")) limits.connections = settings.number("MAX_CONNECTIONS");
  if (settings.is_set("SMTPD_CLIENT_CONNECTION_COUNT_LIMIT")) {
    limits.connections_per_address = settings.number("SMTPD_CLIENT_CONNECTION_COUNT_LIMIT");
  }
  return limits;
}

std::shared_ptr<server::Shared> Server::State::current_shared() const {
  const std::lock_guard lock(mutex);
  return shared;
}

Status Server::State::open_control() {
  MAIL_RETURN_IF_ERROR(make_directories(real_filesystem(), run_folder(), 0755));
  MAIL_ASSIGN_OR_RETURN(auto socket, net::listen_on_control(cat(run_folder(), "/control.sock")));
  owns_run_folder = true;
  answers = [this](const std::string& command) { return answer(command); };
  net::Network::Service service;
  service.handler = [this](net::Loop& loop, std::unique_ptr<Transport> transport) {
    return net::serve_control(clock, loop.worker(), answers, std::move(transport));
  };
  service.counts = false;
  network->listen(std::move(socket), std::move(service));
  return write_listeners();
}

void Server::stop() {
  State& state = *state_;
  if (state.network == nullptr) return;
  const auto remove = [&state](std::string_view name) {
    if (state.owns_run_folder) (void)real_filesystem().unlink(cat(state.run_folder(), name));
  };
  remove("/listeners.json");
  state.network->stop(state.options.limits.stop_grace);
  // Now nobody changes anything any more.
  state.store->tend();
  remove("/control.sock");
  for (const auto& listener : state.listeners()) {
    for (const auto& address : listener.addresses) {
      if (!address.unix_path.empty()) (void)real_filesystem().unlink(address.unix_path);
    }
  }
  state.owns_run_folder = false;
}

void Server::reload() { state_->reload(); }

std::vector<directory::Listener> Server::listeners() const { return state_->listeners(); }

std::uint16_t Server::port(std::string_view name) const {
  for (const auto& listener : state_->listeners()) {
    if (listener.name == name) return listener.addresses.front().port;
  }
  return 0;
}

std::string Server::hostname() const {
  const std::lock_guard lock(state_->mutex);
  return state_->directory_options.hostname;
}

directory::Settings Server::settings() const {
  const std::lock_guard lock(state_->mutex);
  return state_->settings;
}

std::vector<std::string> Server::protected_paths() const {
  std::vector<std::string> paths;
  if (!state_->has_config()) return paths;
  paths.push_back(state_->options.config);
  for (std::string& path : net::secret_paths(state_->certificate.plan())) {
    paths.push_back(std::move(path));
  }
  for (const auto& [name, value] : state_->options.environment) {
    if (name.ends_with("__FILE")) paths.push_back(value);
  }
  return paths;
}

std::shared_ptr<const directory::Snapshot> Server::directory() const {
  return state_->current->get();
}

store::Store& Server::store() { return *state_->store; }

std::string Server::authority() const { return state_->certificate.authority(); }

std::size_t Server::connections() const {
  return state_->network == nullptr ? 0 : state_->network->connections();
}

}  // namespace mail
