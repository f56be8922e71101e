#pragma once

#include <optional>

#include "mail/base/session.h"
#include "mail/base/task.h"
#include "server/connection.h"

namespace mail::server {

/// Port 25, submission and submissions. `tls` is the handshake that came first, if one did.
Task<void> serve_smtp(Connection& connection, std::optional<TlsInfo> tls);

}  // namespace mail::server
