// The control socket's protocol: a line is asked, a line of JSON is answered, the connection ends.
//
//   status  → {"ok":true,"version":…,"hostname":…,"listeners":{…},…}
//   reload  → {"ok":true}, once the config folder as it is now is in force
//   other   → {"ok":false,"error":"…"}
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "mail/base/ports.h"

namespace mail::net {

/// Octets of a command line; a longer one is refused.
inline constexpr std::size_t kMaxControlLine = 1024;
/// For the line to come, and for the answer to go.
inline constexpr Duration kControlPatience = seconds(10);

/// Answers `command`; blocks, is called through the worker.
using ControlAnswers = std::function<std::string(const std::string& command)>;

/// One connection. `answers` outlives it.
Task<void> serve_control(Clock& clock, Worker& worker, const ControlAnswers& answers,
                         std::unique_ptr<Transport> transport);

}  // namespace mail::net
