// A MemoryTree that forgets, behind a turnstile: every operation is counted, and the one that was
// chosen fails or takes the power with it.
//
// Tested by tests/unit/base/forgetful_filesystem_test.cc.
#include <cerrno>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "mail/base/forgetful.h"
#include "mail/base/mutex.h"
#include "memory_tree.h"

namespace mail {

namespace {
constexpr std::size_t kOperations =
    static_cast<std::size_t>(ForgetfulFilesystem::Operation::kSyncDirectory) + 1;
}

class ForgetfulFilesystem::Faults {
 public:
  explicit Faults(std::uint64_t seed) : random_(seed) {}

  /// What happens to the operation that begins now.
  struct Fate {
    Status status;             // what the caller is told
    bool happens = true;       // whether it is done nevertheless
    bool is_injected = false;  // failed by `fail_at`
  };
  Fate begin(Operation operation) {
    const MutexLock lock(mutex_);
    ++counts_[static_cast<std::size_t>(operation)];
    if (is_dark_) return {power_is_gone(), false};
    if (left_ > 0 && --left_ == 0) {
      struck_ = true;
      return strike(operation);
    }
    if (times_ > 0) {
      --times_;
      return {*failure_, false, true};
    }
    if (is_full_ && needs_room(operation)) return no_room();
    return {absl::OkStatus()};
  }

  void arm(std::uint64_t k, std::optional<Status> failure, std::uint64_t times = 1) {
    const MutexLock lock(mutex_);
    failing_ = times;
    times_ = 0;
    left_ = k;
    failure_ = std::move(failure);
    fills_ = is_full_ = false;
    struck_ = false;
  }
  void arm_full_disk(std::uint64_t k) {
    arm(k, std::nullopt);
    const MutexLock lock(mutex_);
    fills_ = true;
  }
  void power_cut(MemoryTree& tree) {
    const MutexLock lock(mutex_);
    tree.power_cut(random_);
    is_dark_ = false;
    left_ = 0;
  }
  bool struck() const {
    const MutexLock lock(mutex_);
    return struck_;
  }
  std::uint64_t count(std::optional<Operation> operation) const {
    const MutexLock lock(mutex_);
    if (operation) return counts_[static_cast<std::size_t>(*operation)];
    std::uint64_t all = 0;
    for (const std::uint64_t count : counts_) all += count;
    return all;
  }
  void reset_counts() {
    const MutexLock lock(mutex_);
    counts_.fill(0);
  }
  std::uint64_t draw(std::uint64_t below) {
    const MutexLock lock(mutex_);
    return below == 0 ? 0 : random_() % below;
  }

 private:
  static Status power_is_gone() { return unavailable("the power is gone"); }
  static Fate no_room() { return {errno_status(ENOSPC, "no room"), false, true}; }
  static bool needs_room(Operation operation) {
    return operation == Operation::kAppend || operation == Operation::kCreate ||
           operation == Operation::kMakeDirectory || operation == Operation::kLink;
  }
  Fate strike(Operation operation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (failure_) {
      times_ = failing_ - 1;
      return {*failure_, false, true};
    }
    if (fills_) {
      is_full_ = true;
      if (needs_room(operation)) return no_room();
      return {absl::OkStatus()};
    }
    is_dark_ = true;
    return {power_is_gone(), random_() % 2 == 0};
  }

  mutable Mutex mutex_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  std::array<std::uint64_t, kOperations> counts_ ABSL_GUARDED_BY(mutex_) = {};
  std::uint64_t left_ ABSL_GUARDED_BY(mutex_) = 0;         // operations until it strikes; 0: never
  std::optional<Status> failure_ ABSL_GUARDED_BY(mutex_);  // none: the power goes,
  std::uint64_t failing_ ABSL_GUARDED_BY(mutex_) = 1;      // so many in a row,
  std::uint64_t times_ ABSL_GUARDED_BY(mutex_) = 0;        // of which so many are left
  bool fills_ ABSL_GUARDED_BY(mutex_) = false;             // or the disk is full
  bool is_full_ ABSL_GUARDED_BY(mutex_) = false;
  bool struck_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_dark_ ABSL_GUARDED_BY(mutex_) = false;
};

namespace {

/// Runs `call` unless fate forbids it; its result unless fate has another.
template <class Fate, class Call>
auto run(const Fate& fate, Call call) -> decltype(call()) {
  if (!fate.happens) return fate.status;
  auto result = call();
  if (!fate.status.ok()) return fate.status;
  return result;
}

}  // namespace

class ForgetfulFilesystem::FaultyFile final : public File {
 public:
  FaultyFile(std::unique_ptr<File> file, std::shared_ptr<Faults> faults)
      : file_(std::move(file)), faults_(std::move(faults)) {}

  StatusOr<FileInfo> info() override {
    return run(faults_->begin(Operation::kInfo), [&] { return file_->info(); });
  }
  StatusOr<std::size_t> read_at(std::uint64_t offset, std::span<char> to) override {
    return run(faults_->begin(Operation::kRead), [&] { return file_->read_at(offset, to); });
  }
  Status append(std::span<const std::string_view> pieces) override {
    const Faults::Fate fate = faults_->begin(Operation::kAppend);
    if (fate.status.ok()) return file_->append(pieces);
    std::string part;
    for (const std::string_view piece : pieces) part += piece;
    part.resize(faults_->draw(part.size() + 1));
    // The caller hears of the fault; what this returns cannot make it worse.
    if (fate.happens || fate.is_injected) file_->File::append(part).IgnoreError();
    return fate.status;
  }
  Status truncate(std::uint64_t size) override {
    return run(faults_->begin(Operation::kTruncate), [&] { return file_->truncate(size); });
  }
  Status sync() override {
    const Faults::Fate fate = faults_->begin(Operation::kSync);
    if (fate.is_injected) MemoryTree::lose_unsynced(*file_);
    return run(fate, [&] { return file_->sync(); });
  }
  Status set_modified(WallTime time) override {
    return run(faults_->begin(Operation::kSetAttributes),
               [&] { return file_->set_modified(time); });
  }
  Status set_owner(std::uint32_t owner, std::uint32_t group) override {
    return run(faults_->begin(Operation::kSetAttributes),
               [&] { return file_->set_owner(owner, group); });
  }
  StatusOr<bool> try_lock() override {
    return run(faults_->begin(Operation::kInfo), [&] { return file_->try_lock(); });
  }

 private:
  const std::unique_ptr<File> file_;
  const std::shared_ptr<Faults> faults_;
};

ForgetfulFilesystem::ForgetfulFilesystem(std::uint64_t seed, std::function<WallTime()> now)
    : tree_(std::make_shared<MemoryTree>(std::move(now), true)),
      faults_(std::make_shared<Faults>(seed)) {}
ForgetfulFilesystem::~ForgetfulFilesystem() = default;

void ForgetfulFilesystem::fail_at(std::uint64_t k, Status status, std::uint64_t times) {
  faults_->arm(k, std::move(status), times);
}
void ForgetfulFilesystem::fill_at(std::uint64_t k) { faults_->arm_full_disk(k); }
void ForgetfulFilesystem::cut_power_at(std::uint64_t k) { faults_->arm(k, std::nullopt); }
bool ForgetfulFilesystem::struck() const { return faults_->struck(); }
void ForgetfulFilesystem::power_cut() { faults_->power_cut(*tree_); }
void ForgetfulFilesystem::sync_all() { tree_->sync_all(); }
std::uint64_t ForgetfulFilesystem::operations() const { return faults_->count(std::nullopt); }
std::uint64_t ForgetfulFilesystem::count(Operation operation) const {
  return faults_->count(operation);
}
void ForgetfulFilesystem::reset_counts() { faults_->reset_counts(); }

StatusOr<std::unique_ptr<File>> ForgetfulFilesystem::guarded(
    StatusOr<std::unique_ptr<File>> file) const {
  if (!file.ok()) return file;
  return std::unique_ptr<File>(new FaultyFile(std::move(file).value(), faults_));
}

StatusOr<std::unique_ptr<File>> ForgetfulFilesystem::open(const std::string& path) {
  return guarded(run(faults_->begin(Operation::kOpen), [&] { return tree_->open(path); }));
}
StatusOr<std::unique_ptr<File>> ForgetfulFilesystem::create(const std::string& path,
                                                            std::uint32_t mode) {
  return guarded(
      run(faults_->begin(Operation::kCreate), [&] { return tree_->create(path, mode, true); }));
}
StatusOr<std::unique_ptr<File>> ForgetfulFilesystem::open_append(const std::string& path,
                                                                 std::uint32_t mode) {
  return guarded(
      run(faults_->begin(Operation::kOpen), [&] { return tree_->create(path, mode, false); }));
}
StatusOr<FileInfo> ForgetfulFilesystem::info(const std::string& path) {
  return run(faults_->begin(Operation::kInfo), [&] { return tree_->info(path); });
}
StatusOr<std::vector<DirectoryEntry>> ForgetfulFilesystem::list(const std::string& path) {
  return run(faults_->begin(Operation::kList), [&] { return tree_->list(path); });
}
StatusOr<std::string> ForgetfulFilesystem::resolve_links(const std::string& path) {
  return run(faults_->begin(Operation::kInfo), [&] { return tree_->resolve_links(path); });
}
Status ForgetfulFilesystem::make_directory(const std::string& path, std::uint32_t mode) {
  return run(faults_->begin(Operation::kMakeDirectory),
             [&] { return tree_->make_directory(path, mode); });
}
Status ForgetfulFilesystem::rename(const std::string& from, const std::string& to) {
  return run(faults_->begin(Operation::kRename), [&] { return tree_->rename(from, to); });
}
Status ForgetfulFilesystem::link(const std::string& from, const std::string& to) {
  return run(faults_->begin(Operation::kLink), [&] { return tree_->link(from, to); });
}
Status ForgetfulFilesystem::unlink(const std::string& path) {
  return run(faults_->begin(Operation::kUnlink), [&] { return tree_->unlink(path); });
}
Status ForgetfulFilesystem::remove_directory(const std::string& path) {
  return run(faults_->begin(Operation::kRemoveDirectory),
             [&] { return tree_->remove_directory(path); });
}
Status ForgetfulFilesystem::set_owner(const std::string& path, std::uint32_t owner,
                                      std::uint32_t group) {
  return run(faults_->begin(Operation::kSetAttributes),
             [&] { return tree_->set_owner(path, owner, group); });
}
Status ForgetfulFilesystem::sync_directory(const std::string& path) {
  return run(faults_->begin(Operation::kSyncDirectory),
             [&] { return tree_->sync_directory(path); });
}

Status ForgetfulFilesystem::in_any_order(std::size_t count,
                                         const std::function<Status(std::size_t)>& call) {
  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) {
    order[i] = i;
    std::swap(order[i], order[faults_->draw(i + 1)]);
  }
  Status status;
  for (const std::size_t i : order) status.Update(call(i));
  return status;
}
Status ForgetfulFilesystem::sync_all(std::span<File* const> files) {
  return in_any_order(files.size(), [files](std::size_t i) { return files[i]->sync(); });
}
Status ForgetfulFilesystem::sync_directories(std::span<const std::string> paths) {
  return in_any_order(paths.size(),
                      [this, paths](std::size_t i) { return sync_directory(paths[i]); });
}

}  // namespace mail
