// Two kinds of time that must not be mixed: a monotonic one for deadlines, a wall one for dates.
#pragma once

#include <chrono>

namespace mail {

using Duration = std::chrono::microseconds;

/// Monotonic: never jumps, has no meaning outside this process. Deadlines and timeouts.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// Seconds and microseconds since 1970-01-01T00:00:00Z. Dates in messages, files and logs.
using WallTime = std::chrono::sys_time<Duration>;

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace mail
