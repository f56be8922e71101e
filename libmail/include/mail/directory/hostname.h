#pragma once

#include <string>
#include <string_view>

#include "mail/base/filesystem.h"

namespace mail::directory {

/// The full name of a machine that calls itself `own_name` (gethostname): as it is when it has a
/// dot, else the first name in /etc/hosts that begins with it and a dot, else as it is. Never asks
/// DNS: a server must start, and find the same name, without a network.
std::string full_hostname(Filesystem& filesystem, std::string_view own_name);

}  // namespace mail::directory
