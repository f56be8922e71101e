// Flags and times of stored messages, as Python sees them.
// Tested by tests/python/maildir_test.py and tests/python/server_test.py.
#include <algorithm>
#include <chrono>

#include "bindings.h"

namespace mail::python {
namespace {

struct SystemFlagName {
  store::SystemFlag flag;
  const char* name;
};
constexpr SystemFlagName kSystemFlags[] = {{store::kAnswered, "\\Answered"},
                                           {store::kFlagged, "\\Flagged"},
                                           {store::kDeleted, "\\Deleted"},
                                           {store::kSeen, "\\Seen"},
                                           {store::kDraft, "\\Draft"}};

}  // namespace

store::NamedFlags named_flags(const std::vector<std::string>& names) {
  store::NamedFlags flags;
  for (const std::string& name : names) {
    const auto* const found =
        std::find_if(std::begin(kSystemFlags), std::end(kSystemFlags),
                     [&](const SystemFlagName& known) { return name == known.name; });
    if (found != std::end(kSystemFlags)) {
      flags.system |= found->flag;
    } else if (name.starts_with('\\')) {
      throw Failure{invalid("the flag ", name,
                            " does not exist: \\Answered, \\Flagged, \\Deleted, \\Seen and \\Draft "
                            "do, and words without a backslash")};
    } else {
      flags.keywords.push_back(name);
    }
  }
  return flags;
}

std::vector<std::string> flag_names(const store::Flags& flags,
                                    const std::vector<std::string>& keywords) {
  std::vector<std::string> names;
  for (const auto& [flag, name] : kSystemFlags) {
    if (flags.has(flag)) names.emplace_back(name);
  }
  for (std::size_t i = 0; i < keywords.size() && i < 64; ++i) {
    if ((flags.keywords >> i & 1) != 0) names.push_back(keywords[i]);
  }
  return names;
}

double seconds_of(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

std::optional<WallTime> wall_time(const std::optional<double>& seconds) {
  if (!seconds) return std::nullopt;
  // Far beyond every calendar, and within what a WallTime can hold.
  constexpr double kEnd = 253'402'300'800;  // the year 10000
  if (!(*seconds > -kEnd && *seconds < kEnd)) {
    throw Failure{
        invalid(*seconds > 0 ? "a time so late" : "a time so early", " cannot be stored")};
  }
  return WallTime(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(*seconds)));
}

}  // namespace mail::python
