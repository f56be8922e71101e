// A connection that a proxy forwards: who is the client?
#pragma once

#include "server/connection.h"

namespace mail::server {

/// Reads the PROXY header that such a connection begins with; from then on `connection.peer()` is
/// the client. False, and said in the log: the connection ends. Nobody but a trusted proxy may
/// connect where headers are expected, or he could say that he comes from a trusted network.
Task<bool> hear_proxy(Connection& connection);

}  // namespace mail::server
