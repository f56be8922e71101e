// POP3 for one connection.
#pragma once

#include <optional>

#include "server/connection.h"

namespace mail::server {

Task<void> serve_pop3(Connection& connection, std::optional<TlsInfo> tls);

}  // namespace mail::server
