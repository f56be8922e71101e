// Tells the owner of an account when it is nearly full, and when it is no longer full.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "mail/base/mutex.h"
#include "mail/base/ports.h"
#include "mail/store/store.h"

namespace mail::server {

struct Connection;

/// Which mark of its quota an account has passed.
enum class QuotaMark {
  kNearlyFull,   // upwards, 80 %
  kAlmostFull,   // upwards, 95 %
  kNoLongerFull  // downwards, 100 %
};

/// docker-mailserver's three marks, the highest that was passed. `limit` 0: none.
std::optional<QuotaMark> passed_mark(std::uint64_t before, std::uint64_t after,
                                     std::uint64_t limit);

/// Remembers how much each account held when somebody last looked. An account is looked at while
/// its entry is locked, so what is seen one after the other happened one after the other: each
/// passing of a mark is seen by one, however many add and remove at once. Safe from any thread.
class QuotaWatch {
 public:
  struct Entry {
    Mutex mutex;
    std::optional<std::uint64_t> octets ABSL_GUARDED_BY(mutex);
  };
  std::shared_ptr<Entry> of(const std::string& address);

 private:
  Mutex mutex_;
  StringMap<std::shared_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);
};

/// One change of one account.
class QuotaObserver {
 public:
  QuotaObserver(const Connection& connection, const std::string& address);

  /// Around the change, on a worker: both block, and do nothing for an account without a quota.
  void before();
  /// Stores the warning, if a mark was passed: in INBOX, whatever the quota.
  void after();

  template <class Job>
  auto around(Job job) {
    before();
    auto result = job();
    after();
    return result;
  }

 private:
  Status warn(QuotaMark mark) const;

  const Connection& connection_;
  store::AccountPlace place_;
  std::uint64_t limit_ = 0;
  std::shared_ptr<QuotaWatch::Entry> entry_;  // none: no quota
};

}  // namespace mail::server
