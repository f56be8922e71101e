// The addresses that a server listens on, at the start and when LISTEN_* change.
// Tested by tests/unit/net/server_test.cc and tests/live.
#include <algorithm>
#include <array>

#include "net/helper_client.h"
#include "net/report.h"
#include "net/server_state.h"

namespace mail {
namespace {

constexpr std::array kProtocols = {server::Protocol::kSmtp,        server::Protocol::kSubmission,
                                   server::Protocol::kSubmissions, server::Protocol::kLmtp,
                                   server::Protocol::kImap,        server::Protocol::kImaps,
                                   server::Protocol::kPop3,        server::Protocol::kPop3s};

/// IANA's names for ALPN; SMTP has none there, what others use is "smtp".
std::string_view alpn_name(std::string_view listener) {
  for (const std::string_view name : {"imap", "pop3", "managesieve"}) {
    if (listener.starts_with(name)) return name;
  }
  return "smtp";
}

}  // namespace

std::span<const server::Protocol> served_protocols() { return kProtocols; }

StatusOr<net::ListeningSocket> Server::State::listen_on(const directory::ListenAddress& address) {
  auto socket = net::listen_on(address);
  const bool may_ask = options.helper != nullptr && options.helper->is_running();
  if (!may_ask || !absl::IsPermissionDenied(socket.status())) return socket;
  auto helped = options.helper->client().listen(address);
  if (!helped.ok() && absl::IsPermissionDenied(helped.status())) {
    return failed_precondition(message_of(helped.status()),
                               ": it was none of the server's ports when that started; restart it");
  }
  return helped;
}

Status Server::State::bind_listener(const directory::Listener& listener) {
  const auto protocol = std::find_if(kProtocols.begin(), kProtocols.end(), [&](auto candidate) {
    return to_string(candidate) == listener.name;
  });
  if (protocol == kProtocols.end()) {
    logger.warning("a listener of this name is not served", {{"listener", listener.name}});
    return absl::OkStatus();
  }
  if (has_implicit_tls(*protocol) && certificate.context() == nullptr) {
    return failed_precondition("the listener ", listener.name,
                               " speaks TLS, but SSL_TYPE names no certificate: set SSL_TYPE or "
                               "empty the listener's LISTEN_ setting");
  }
  Status unavailable_family;
  bool listens = false;
  for (const auto& address : listener.addresses) {
    const bool is_bound = std::any_of(bound.begin(), bound.end(), [&](const Bound& known) {
      return known.protocol == *protocol && known.wanted == address;
    });
    listens = listens || is_bound;
    if (is_bound) continue;
    auto socket = listen_on(address);
    if (socket.status().code() == absl::StatusCode::kUnavailable) {
      unavailable_family = socket.status();  // no IPv6: fine while another address works
      continue;
    }
    if (!socket.ok()) return std::move(socket).status();
    Bound fresh{*protocol, address, socket->address, std::move(socket->descriptor)};
    if (network != nullptr) accept_from(fresh);
    const std::lock_guard lock(mutex);
    bound.push_back(std::move(fresh));
    listens = true;
  }
  return listens ? absl::OkStatus() : unavailable_family;
}

void Server::State::accept_from(Bound& to) {
  net::Network::Service service;
  service.handler = [this, protocol = to.protocol](net::Loop& loop,
                                                   std::unique_ptr<Transport> transport) {
    return serve(protocol, loop, std::move(transport));
  };
  service.tls = [this] { return certificate.context(); };
  service.is_proxy = [this, protocol = to.protocol](std::string_view address) {
    return server::is_proxy(*current_shared(), protocol, address);
  };
  service.protocol = alpn_name(to_string(to.protocol));
  to.acceptor = network->listen(std::move(to.descriptor), std::move(service));
}

std::vector<directory::Listener> Server::State::listeners() const {
  const std::lock_guard lock(mutex);
  std::vector<directory::Listener> all;
  for (const server::Protocol protocol : kProtocols) {
    directory::Listener listener{std::string(to_string(protocol)), {}};
    for (const Bound& known : bound) {
      if (known.protocol == protocol) listener.addresses.push_back(known.actual);
    }
    if (!listener.addresses.empty()) all.push_back(std::move(listener));
  }
  return all;
}

Status Server::State::write_listeners() {
  if (!owns_run_folder) return absl::OkStatus();
  // Renamed into place, so nobody reads half of it; not flushed, since it says nothing after a
  // power cut.
  Filesystem& real = real_filesystem();
  const std::string path = cat(run_folder(), "/listeners.json");
  const std::string temporary = cat(path, ".new");
  (void)real.unlink(temporary);
  MAIL_ASSIGN_OR_RETURN(auto file, real.create(temporary, 0644));
  MAIL_RETURN_IF_ERROR(file->append(net::listeners_json(listeners())));
  return real.rename(temporary, path);
}

void Server::State::apply_listeners(const directory::Settings& now) {
  const auto wanted = now.listeners();
  const auto is_wanted = [&](const Bound& known) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const directory::Listener& listener) {
      return listener.name == to_string(known.protocol) &&
             std::find(listener.addresses.begin(), listener.addresses.end(), known.wanted) !=
                 listener.addresses.end();
    });
  };
  const auto before = listeners();
  // First the old ones: *:25 may become 127.0.0.1:25.
  for (auto known = bound.begin(); known != bound.end();) {
    if (is_wanted(*known)) {
      ++known;
      continue;
    }
    logger.info("listens there no more", {{"service", std::string(to_string(known->protocol))},
                                          {"address", to_string(known->actual)}});
    if (known->acceptor != nullptr) network->unlisten(*known->acceptor);
    if (!known->actual.unix_path.empty()) {
      (void)real_filesystem().unlink(known->actual.unix_path);
    }
    const std::lock_guard lock(mutex);
    known = bound.erase(known);
  }
  for (const auto& listener : wanted) {
    const std::size_t known = bound.size();
    if (const Status status = bind_listener(listener); !status.ok()) {
      logger.error("cannot listen as the settings say",
                   {{"error", std::string(message_of(status))}});
    }
    for (std::size_t i = known; i < bound.size(); ++i) {
      logger.info("listening",
                  {{"service", listener.name}, {"address", to_string(bound[i].actual)}});
    }
  }
  if (listeners() == before) return;
  if (const Status status = write_listeners(); !status.ok()) {
    logger.error("cannot write listeners.json", {{"error", std::string(message_of(status))}});
  }
}

}  // namespace mail
