// What connections share beyond the World: options, numbers for the log, and one budget of memory
// for messages under way. Safe from any loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <semaphore>
#include <string>
#include <string_view>
#include <utility>

#include "mail/crypto/random.h"
#include "mail/crypto/secret.h"
#include "mail/server/service.h"
#include "server/login_counts.h"
#include "server/quota_watch.h"

namespace mail::server {

/// Passwords that are verified at the same time.
inline constexpr std::ptrdiff_t kPasswordsAtOnce = 8;

class Shared {
 public:
  explicit Shared(ServiceOptions options)
      : options_(std::move(options)),
        secret_(options_.secret.empty() ? crypto::random_bytes(32) : options_.secret),
        counters_(std::make_shared<Counters>()) {}
  /// The secret stays: a salt that changed would tell who has no account (attack B8).
  Shared(ServiceOptions options, const Shared& before)
      : options_(std::move(options)),
        secret_(before.secret_.clone()),
        counters_(before.counters_) {}

  const ServiceOptions& options() const { return options_; }
  std::uint64_t next_connection() { return ++counters_->connections; }
  LoginCounts& logins() { return counters_->logins; }
  QuotaWatch& quota_watch() { return counters_->quota_watch; }

  /// False when the budget (`ServiceOptions::message_memory`) does not allow it; then nothing is
  /// taken.
  bool take_memory(std::uint64_t octets) {
    const std::uint64_t before = counters_->memory.fetch_add(octets);
    if (before + octets <= options_.message_memory) return true;
    counters_->memory.fetch_sub(octets);
    return false;
  }
  void give_memory_back(std::uint64_t octets) { counters_->memory.fetch_sub(octets); }

  /// False when as many passwords are being verified, or wait for it, as may
  /// (`ServiceOptions::waiting_logins`).
  bool take_login_place() {
    if (counters_->waiting.fetch_add(1) < options_.waiting_logins) return true;
    counters_->waiting.fetch_sub(1);
    return false;
  }
  void give_login_place_back() { counters_->waiting.fetch_sub(1); }

  /// Around the verification of a password, on a worker: waits until fewer than
  /// `kPasswordsAtOnce` others are at it. There are more workers than processors, and a hash may
  /// take tens of megabytes.
  void begin_password() { counters_->passwords.acquire(); }
  void end_password() { counters_->passwords.release(); }

  const crypto::Secret& secret() const { return secret_; }

 private:
  /// Outlive a change of options.
  struct Counters {
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> memory{0};
    std::atomic<std::size_t> waiting{0};  // logins
    std::counting_semaphore<> passwords{kPasswordsAtOnce};
    LoginCounts logins;
    QuotaWatch quota_watch;
  };

  const ServiceOptions options_;
  const crypto::Secret secret_;
  const std::shared_ptr<Counters> counters_;
};

/// A share of the memory budget; given back when destroyed.
class MemoryLease {
 public:
  explicit MemoryLease(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  MemoryLease(const MemoryLease&) = delete;
  MemoryLease& operator=(const MemoryLease&) = delete;
  ~MemoryLease() { release(); }

  /// False when the budget is used up; what was taken before stays taken.
  bool extend(std::uint64_t octets) {
    if (!shared_->take_memory(octets)) return false;
    octets_ += octets;
    return true;
  }
  void release() { shared_->give_memory_back(std::exchange(octets_, 0)); }

 private:
  std::shared_ptr<Shared> shared_;
  std::uint64_t octets_ = 0;
};

/// The bytes of one message as they arrive, within the shared budget.
class MessageBuffer {
 public:
  explicit MessageBuffer(std::shared_ptr<Shared> shared) : lease_(std::move(shared)) {}

  /// Once the budget does not suffice the bytes are dropped and `overflowed` stays true.
  void append(std::string_view bytes) {
    if (overflowed_) return;
    if (lease_.extend(bytes.size())) {
      bytes_ += bytes;
      return;
    }
    overflowed_ = true;
    bytes_ = std::string();
    lease_.release();
  }
  bool overflowed() const { return overflowed_; }
  const std::string& bytes() const { return bytes_; }

 private:
  MemoryLease lease_;
  std::string bytes_;
  bool overflowed_ = false;
};

}  // namespace mail::server
