// Ports that are the system itself.
#pragma once

#include <chrono>

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
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> to) override { crypto::fill_random(to); }
};

/// For an owner who gave none.
class NullLogger final : public Logger {
 public:
  void log(Level, std::string_view, std::span<const Field>) override {}
};

}  // namespace mail::net
