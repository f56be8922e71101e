#pragma once

#include <optional>
#include <string_view>

#include "mail/base/absl.h"
#include "mail/base/time.h"

namespace mail::net {

/// Decides when changed files are read: at once when the writer closed or renamed them, a second
/// after the last write of one who keeps it open, and a vanished file counts as deleted when no
/// successor came for 100 ms. All files are read together, so one that is being written holds the
/// others back, for five seconds at most.
///
/// Time is a parameter; no files are touched here.
class ChangeTracker {
 public:
  static constexpr Duration kSettle = seconds(1);
  static constexpr Duration kVanish = milliseconds(100);
  static constexpr Duration kLongest = seconds(5);

  enum class Event {
    kComplete,  // closed after writing, or renamed to this name
    kWriting,   // written to, or made
    kVanished,  // removed, or renamed to another name
  };
  void note(std::string_view file, Event event, TimePoint now);
  /// When `take_due` could answer true without another event.
  std::optional<TimePoint> deadline() const;
  /// True: read the files now. The tracker then starts anew.
  bool take_due(TimePoint now);

 private:
  StringMap<TimePoint> unsettled_;
  std::optional<TimePoint> changed_;  // since when there is something to read
};

}  // namespace mail::net
