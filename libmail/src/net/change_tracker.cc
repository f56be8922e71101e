// Tested by tests/unit/net/change_tracker_test.cc.
#include "net/change_tracker.h"

#include <algorithm>
#include <string>

namespace mail::net {

void ChangeTracker::note(std::string_view file, Event event, TimePoint now) {
  switch (event) {
    case Event::kComplete:
      unsettled_.erase(std::string(file));
      if (!changed_) changed_ = now;
      return;
    case Event::kWriting: unsettled_[std::string(file)] = now + kSettle; return;
    case Event::kVanished: unsettled_[std::string(file)] = now + kVanish; return;
  }
}

std::optional<TimePoint> ChangeTracker::deadline() const {
  std::optional<TimePoint> first;
  for (const auto& [file, time] : unsettled_) first = std::min(first.value_or(time), time);
  if (!changed_) return first;
  if (!first) return changed_;
  return std::min(*first, *changed_ + kLongest);
}

bool ChangeTracker::take_due(TimePoint now) {
  for (auto entry = unsettled_.begin(); entry != unsettled_.end();) {
    const auto here = entry++;
    if (here->second > now) continue;
    if (!changed_) changed_ = here->second;
    unsettled_.erase(here);
  }
  if (!changed_ || (!unsettled_.empty() && now < *changed_ + kLongest)) return false;
  changed_.reset();
  return true;
}

}  // namespace mail::net
