#pragma once

#include <openssl/ssl.h>

#include "mail/base/session.h"

namespace mail::net {

/// Of a finished handshake. What cannot be had is empty. On the server's end.
ChannelBindings channel_bindings(const SSL* ssl);

/// tls-server-end-point of this certificate; empty when its signature has no digest of its own.
std::string end_point_binding(const X509* certificate);

}  // namespace mail::net
