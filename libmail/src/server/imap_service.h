#pragma once

#include <optional>

#include "mail/base/session.h"
#include "mail/base/task.h"
#include "server/connection.h"

namespace mail::server {

/// IMAP with STARTTLS or under TLS from the start. `tls` is the handshake that came first, if one
/// did.
Task<void> serve_imap(Connection& connection, std::optional<TlsInfo> tls);

}  // namespace mail::server
