// One connection as a service sees it: its transport, the world around it, and a name for the log.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mail/server/service.h"
#include "mail/store/store.h"
#include "server/login_watch.h"
#include "server/shared.h"

namespace mail::server {

struct Connection {
  World& world;
  std::shared_ptr<Shared> shared;
  Protocol protocol;
  std::unique_ptr<Transport> transport;
  std::string id;  // "smtp-17": in every log line of this connection
  /// The client that a trusted proxy speaks for.
  std::optional<Endpoint> vouched = std::nullopt;
  /// Told by the transport, once, while something else was waited for; `drive` tends to it next.
  bool was_woken = false;
  bool was_stopped = false;
  bool was_revoked = false;
  /// Until when the peer must have logged in or brought mail for somebody here.
  std::optional<TimePoint> proof_deadline = {};

  /// It has: it is not shed when connections are short.
  void establish() {
    proof_deadline.reset();
    transport->set_established();
  }

  /// Who logged in, and whether that still holds (attack B13).
  std::optional<LoginWatch> login_watch = {};

  /// After an accepted login: `drive` ends the session when the login is revoked, at once if that
  /// happened while it was being checked.
  void watch_login(const directory::Login& login);
  bool is_login_revoked() const;
  /// When it ends by itself (an app password that expires), unless `drive` has ended it.
  std::optional<TimePoint> login_ends() const {
    if (!login_watch || was_revoked) return std::nullopt;
    return login_watch->ends();
  }
  /// Where this account's mail is.
  store::AccountPlace place_of(const std::string& address) const;

  const ServiceOptions& options() const { return shared->options(); }

  /// Whose connection this is.
  const Endpoint& peer() const { return vouched ? *vouched : transport->peer(); }

  void log(Logger::Level level, std::string_view sentence,
           std::initializer_list<Logger::Field> fields = {}) const {
    log(level, sentence, std::span<const Logger::Field>(fields.begin(), fields.size()));
  }
  void log(Logger::Level level, std::string_view sentence,
           std::span<const Logger::Field> fields) const {
    std::vector<Logger::Field> all;
    all.reserve(fields.size() + 2);
    all.push_back({"connection", id});
    all.push_back({"peer", peer().address});
    all.insert(all.end(), fields.begin(), fields.end());
    world.logger.log(level, sentence, all);
  }
};

/// Lets time pass, whatever the peer does meanwhile; shorter when the server stops. Wake and stop
/// are kept for `drive`.
Task<void> pause(Connection& connection, Duration duration);

}  // namespace mail::server
