#pragma once

#include <string_view>

namespace maild {

/// Tells systemd (sd_notify(3)): "READY=1", "STOPPING=1". Does nothing without $NOTIFY_SOCKET.
void notify_supervisor(std::string_view state);

}  // namespace maild
