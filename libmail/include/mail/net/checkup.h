// What would keep a server from working, or its users from being served: `mailctl doctor`. Looked
// at from outside, whether the server runs or not; nothing is changed, and nobody but this machine
// is asked.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/base/filesystem.h"
#include "mail/base/status.h"
#include "mail/base/time.h"
#include "mail/directory/settings.h"

namespace mail::net {

/// A value.
struct Finding {
  enum class Severity : std::uint8_t {
    kError,    // it does not work so, or not for long
    kWarning,  // it works, not as somebody will have meant it
    kNote,     // good to know
  };
  Severity severity = Severity::kNote;
  std::string
      area;  // "hostname", "ports", "permissions", "certificates", "config", "disk", "clock"
  std::string text;  // what is so, with the value
  std::string fix;   // what to do about it; empty: nothing

  bool operator==(const Finding&) const = default;
};
std::string_view to_string(Finding::Severity severity);

/// Of a file system. A value.
struct DiskRoom {
  std::uint64_t free_octets = 0, octets = 0;
  std::uint64_t free_files = 0, files = 0;  // `files` of 0: it does not count them
};
/// For whoever may write there without root's reserve. Fails: as statvfs does.
StatusOr<DiskRoom> disk_room(const std::string& folder);
/// Whether a server could listen there now, by binding for a moment. Fails: AlreadyExists when
/// another program has the port; PermissionDenied when it takes root to say.
Status check_is_free(const directory::ListenAddress& address);

/// What runs now, as the control socket tells it. A value.
struct RunningServer {
  std::string hostname;
  std::vector<directory::Listener> listeners;
};

struct CheckupOptions {
  std::string config, mail, state;     // the server's folders
  directory::Environment environment;  // its settings
  std::string machine_name;            // gethostname
  WallTime now{};
  std::optional<RunningServer> running;
  // The machine; replaced in tests.
  std::function<StatusOr<DiskRoom>(const std::string&)> room = disk_room;
  std::function<Status(const directory::ListenAddress&)> is_free = check_is_free;
};

// When room and certificates begin to worry.
inline constexpr std::uint64_t kLittleRoomPercent = 10;
inline constexpr std::uint64_t kNoRoomPercent = 2;
inline constexpr std::uint64_t kNoRoomOctets = 100 * 1024 * 1024;
inline constexpr std::chrono::days kSoonExpired{14};
/// Findings of one kind that are told one by one; behind them stands how many there are more.
inline constexpr std::size_t kFindingsOfAKind = 10;

/// In the order of the areas, errors first. Blocks on files.
std::vector<Finding> examine(Filesystem& files, const CheckupOptions& options);

}  // namespace mail::net
