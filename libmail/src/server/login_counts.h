// How often each user is logged in, by service and address: a broken client in a loop, or a stolen
// password, shall not take the connections of everybody.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "mail/base/absl.h"

namespace mail::server {

/// Safe from any thread; outlives its leases.
class LoginCounts {
 public:
  /// Gives the place back when it goes.
  class Lease {
   public:
    Lease() = default;
    explicit operator bool() const { return counts_ != nullptr; }

   private:
    friend class LoginCounts;
    struct Leave {
      std::string key;
      void operator()(LoginCounts* counts) const { counts->leave(key); }
    };
    std::unique_ptr<LoginCounts, Leave> counts_;
  };

  /// An empty lease: the user has `limit` (0: none) connections of that service from that address.
  Lease admit(std::string_view service, std::string_view user, std::string_view address,
              std::size_t limit) {
    Lease::Leave leave{cat(service, " ", address, " ", user)};
    const std::lock_guard lock(mutex_);
    std::size_t& here = counts_[leave.key];
    Lease lease;
    if (limit != 0 && here >= limit) return lease;
    ++here;
    lease.counts_ = {this, std::move(leave)};
    return lease;
  }

 private:
  void leave(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto entry = counts_.find(key);
    if (--entry->second == 0) counts_.erase(entry);
  }

  std::mutex mutex_;
  StringMap<std::size_t> counts_;
};

}  // namespace mail::server
