#pragma once

#include <string>

#include "mail/base/filesystem.h"
#include "mail/base/ports.h"

namespace mail::net {

/// `<state>/login-secret`, 32 random octets, made when it is missing (mode 0600): what the salts of
/// names without account are made of, so that they outlive a restart (attack B8). Empty, and a
/// warning, when it can neither be read nor written. Blocks on files.
std::string login_secret(Filesystem& filesystem, const std::string& state, Logger& logger);

}  // namespace mail::net
