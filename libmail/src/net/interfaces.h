#pragma once

#include <vector>

#include "mail/directory/networks.h"

namespace mail::net {

/// The IPv4 addresses of this machine's interfaces; none where the system does not tell.
std::vector<directory::Interface> interfaces();

}  // namespace mail::net
