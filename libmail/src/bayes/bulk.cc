// Whoever has nothing better to do prepares the next message: the helpers always, the caller when
// the message whose turn it is to be used is not ready. A window bounds how far they run ahead, and
// so the memory.
//
// Tested by tests/unit/bayes/bulk_test.cc.
#include "bayes/bulk.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace mail::bayes {
namespace {

constexpr std::size_t kWindow = 256;  // messages that are prepared ahead

class Line {
 public:
  Line(std::size_t count, const crypto::HashKey& key, const Database::Training::Load& load)
      : count_(count), key_(key), load_(load), window_(std::min(count, kWindow)) {}

  void help() {
    Worker worker(key_);
    std::unique_lock hold(mutex_);
    for (;;) {
      changed_.wait(hold, [&] { return claimed_ == count_ || may_claim(); });
      if (claimed_ == count_) return;
      prepare_one(worker, hold);
    }
  }

  Status run(const UsePrepared& use) {
    Worker worker(key_);
    std::unique_lock hold(mutex_);
    while (used_ < count_) {
      Slot& slot = window_[used_ % window_.size()];
      if (!slot.is_ready) {
        if (may_claim()) {
          prepare_one(worker, hold);
        } else {
          changed_.wait(hold, [&] { return slot.is_ready; });
        }
        continue;
      }
      StatusOr<PreparedExercise> one = std::move(slot.content);
      slot = Slot{};
      hold.unlock();
      const Status status = use(used_, std::move(one));
      hold.lock();
      ++used_;
      if (!status.ok()) claimed_ = count_;  // the helpers go home
      changed_.notify_all();
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  struct Slot {
    bool is_ready = false;
    StatusOr<PreparedExercise> content = PreparedExercise{};
  };
  struct Worker {
    explicit Worker(const crypto::HashKey& key) : preparer(key) {}
    Preparer preparer;
    std::string storage;
  };

  bool may_claim() const { return claimed_ < count_ && claimed_ < used_ + window_.size(); }

  void prepare_one(Worker& worker, std::unique_lock<std::mutex>& hold) {
    const std::size_t i = claimed_++;
    hold.unlock();
    StatusOr<PreparedExercise> content = load(worker, i);
    hold.lock();
    Slot& slot = window_[i % window_.size()];
    slot.content = std::move(content);
    slot.is_ready = true;
    if (i == used_) changed_.notify_all();
  }

  StatusOr<PreparedExercise> load(Worker& worker, std::size_t i) const {
    MAIL_ASSIGN_OR_RETURN(const Exercise exercise, load_(i, worker.storage));
    return PreparedExercise{worker.preparer.prepare(exercise.message), exercise.as};
  }

  const std::size_t count_;
  const crypto::HashKey key_;
  const Database::Training::Load& load_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Slot> window_;
  std::size_t claimed_ = 0;
  std::size_t used_ = 0;  // changed by the caller's thread alone
};

/// std::thread would throw where the system has no thread left; here the others do the work. All
/// signals are blocked in it: they belong to the program's main thread.
class Helper {
 public:
  explicit Helper(Line& line) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto body = [](void* to) -> void* {
      static_cast<Line*>(to)->help();
      return nullptr;
    };
    is_there_ = pthread_create(&handle_, nullptr, body, &line) == 0;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  Helper(Helper&& other) noexcept
      : handle_(other.handle_), is_there_(std::exchange(other.is_there_, false)) {}
  ~Helper() {
    if (is_there_) pthread_join(handle_, nullptr);
  }

 private:
  pthread_t handle_{};
  bool is_there_ = false;
};

}  // namespace

Status prepare_many(std::size_t count, const crypto::HashKey& key,
                    const Database::Training::Load& load, const UsePrepared& use,
                    std::size_t threads) {
  Line line(count, key, load);
  std::vector<Helper> helpers;
  const std::size_t wanted = std::min(threads, count);
  for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back(line);
  return line.run(use);
}

}  // namespace mail::bayes
