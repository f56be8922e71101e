#pragma once

#include <string>
#include <vector>

#include "mail/base/filesystem.h"

namespace mail::net {

/// What a Watcher must look at so that it sees `paths` change, also where symbolic links lead to
/// them: the paths, what they lead to, and the folders of the links on the way (certbot replaces
/// the link of a certificate, Kubernetes a link beside it).
std::vector<std::string> watch_points(Filesystem& filesystem,
                                      const std::vector<std::string>& paths);

}  // namespace mail::net
