// Threads for as long as the calls take: they cost some microseconds each, a flush of a disk costs
// hundreds, and nobody has to own them. Where the system has no thread left, the caller does more.
//
// Tested by tests/unit/base/together_test.cc.
#include "together.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <vector>

namespace mail {
namespace {

class Calls {
 public:
  Calls(std::size_t count, const std::function<Status(std::size_t)>& call)
      : call_(call), statuses_(count) {}

  void work() {
    for (std::size_t i = next_++; i < statuses_.size(); i = next_++) statuses_[i] = call_(i);
  }
  Status first_failure() const {
    const auto failed = std::find_if(statuses_.begin(), statuses_.end(),
                                     [](const Status& status) { return !status.ok(); });
    return failed == statuses_.end() ? absl::OkStatus() : *failed;
  }

 private:
  const std::function<Status(std::size_t)>& call_;
  std::vector<Status> statuses_;  // each written by one thread
  std::atomic<std::size_t> next_ = 0;
};

void* work(void* calls) {
  static_cast<Calls*>(calls)->work();
  return nullptr;
}

}  // namespace

Status run_together(std::size_t count, const std::function<Status(std::size_t)>& call) {
  if (count == 0) return absl::OkStatus();
  if (count == 1) return call(0);
  Calls calls(count, call);
  std::array<pthread_t, kTogether - 1> helpers{};
  std::size_t started = 0;
  // Signals belong to the threads that the program made: a new one inherits the mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (started < std::min(count, kTogether) - 1 &&
         pthread_create(&helpers[started], nullptr, work, &calls) == 0) {
    ++started;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  calls.work();
  for (std::size_t i = 0; i < started; ++i) pthread_join(helpers[i], nullptr);
  return calls.first_failure();
}

}  // namespace mail
