// The Worker port on virtual time.
#pragma once

#include <cstdint>
#include <functional>

#include "mail/base/ports.h"
#include "sim/random.h"
#include "sim/scheduler.h"

namespace mail::sim {

/// Runs each job whole, on the only thread there is, after a random delay, and resumes its caller
/// after another: so jobs of different connections overtake each other, and the world moves on
/// between a job and the news of it.
class SimWorker final : public Worker {
 public:
  struct Delays {
    Duration least{20};
    Duration most{4'000};
  };

  SimWorker(Scheduler& scheduler, Dice dice, Delays delays)
      : scheduler_(scheduler), dice_(dice), delays_(delays) {}
  SimWorker(Scheduler& scheduler, Dice dice) : SimWorker(scheduler, dice, Delays()) {}

  Task<void> run(std::function<void()> job) override;

  /// Called before and after each job.
  void set_around_job(std::function<void()> before, std::function<void()> after) {
    before_ = std::move(before);
    after_ = std::move(after);
  }
  std::uint64_t jobs() const { return jobs_; }

 private:
  struct Awaiter;

  Scheduler& scheduler_;
  Dice dice_;
  const Delays delays_;
  std::uint64_t jobs_ = 0;
  std::function<void()> before_;
  std::function<void()> after_;
};

}  // namespace mail::sim
