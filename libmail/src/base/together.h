#pragma once

#include <cstddef>
#include <functional>

#include "mail/base/status.h"

namespace mail {

/// Threads that wait for the disk for one caller, the caller's own among them.
inline constexpr std::size_t kTogether = 8;

/// Makes the calls 0 to `count` - 1, each once, several at the same time. The failure of the first
/// that failed; the others are made nevertheless.
Status run_together(std::size_t count, const std::function<Status(std::size_t)>& call);

}  // namespace mail
