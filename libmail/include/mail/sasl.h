// SASL (RFC 4422): how a client says who it is, apart from any protocol. PLAIN, LOGIN,
// SCRAM-SHA-256 and SCRAM-SHA-256-PLUS, server and client, as steps without I/O. docs/sasl.md.
#pragma once

#include "mail/sasl/client.h"
#include "mail/sasl/mechanism.h"
#include "mail/sasl/plain.h"
#include "mail/sasl/server.h"
