// Ports that are the system itself.
#pragma once

#include <chrono>
#include <ctime>
#include <string>

#include <unistd.h>

#include "mail/base/ports.h"
#include "mail/crypto/random.h"

namespace mail::net {

class SystemClock final : public Clock {
 public:
  TimePoint now() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  }
  WallTime wall() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
  /// As TZ and /etc/localtime say.
  std::chrono::minutes utc_offset(WallTime time) const override {
    const std::time_t whole = std::chrono::floor<seconds>(time).time_since_epoch().count();
    std::tm local{};
    if (localtime_r(&whole, &local) == nullptr) return std::chrono::minutes(0);
    return std::chrono::duration_cast<std::chrono::minutes>(seconds(local.tm_gmtoff));
  }
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> to) override { crypto::fill_random(to); }
};

/// What the machine calls itself.
inline std::string machine_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

/// For an owner who gave none.
class NullLogger final : public Logger {
 public:
  void log(Level, std::string_view, std::span<const Field>) override {}
};

}  // namespace mail::net
