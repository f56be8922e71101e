// commit_bench FOLDER [SECONDS [REPEATS]]: durable files a second in the two ways that
// docs/decisions/0004 compares, alternately, on the file system of FOLDER.
//
//  plain:    write tmp/, fsync, rename into new/, fsync of new/; every thread by itself.
//  journal:  write tmp/, append the octets to a journal that was written with zeros before, one
//            fdatasync for all that wait, rename into new/. Half a journal later a checkpoint
//            (syncfs) makes that half free, off the path of whoever waits, unless both are full.
//
// FOLDER is emptied at the end, never between: removing many files slows down what comes next.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kFolders = 10;
constexpr std::size_t kHalf = 64 << 20;             // octets of half a journal
constexpr std::uint64_t kOctetsPerRun = 300 << 20;  // so that a disk is not filled

void check(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::exit(1);
}

/// One descriptor, closed in the end.
class Fd {
 public:
  Fd(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    check(fd_ >= 0, path.c_str());
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { ::close(fd_); }
  int get() const { return fd_; }

 private:
  int fd_;
};

class Journal {
 public:
  explicit Journal(const std::string& path) : file_(path, O_RDWR | O_CREAT) {
    const std::string zeros(1 << 20, '\0');
    for (std::size_t at = 0; at < 2 * kHalf; at += zeros.size()) {
      check(::write(file_.get(), zeros.data(), zeros.size()) > 0, "journal");
    }
    check(::fsync(file_.get()) == 0, "journal");
    checkpointer_ = std::thread([this] { checkpoint(); });
  }
  ~Journal() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    checkpointer_.join();
  }

  /// Returns when `record` is durable.
  void commit(const std::string& record) {
    std::unique_lock lock(mutex_);
    gathered_ += record;
    const std::uint64_t mine = ++arrived_;
    while (durable_ < mine) {
      if (is_flushing_) {
        changed_.wait(lock);
        continue;
      }
      is_flushing_ = true;
      flush(lock);
      is_flushing_ = false;
      changed_.notify_all();
    }
  }

 private:
  /// What was gathered until now, as one write and one flush.
  void flush(std::unique_lock<std::mutex>& lock) {
    std::string batch;
    batch.swap(gathered_);
    const std::uint64_t upto = arrived_;
    if (position_ % kHalf + batch.size() > kHalf) {
      // The next half; its files must be on disk without the journal by now.
      const std::size_t next = position_ < kHalf ? 1 : 0;
      changed_.wait(lock, [&] { return !needs_checkpoint_[next]; });
      needs_checkpoint_[1 - next] = true;
      position_ = next * kHalf;
      changed_.notify_all();
    }
    const std::size_t at = position_;
    position_ += batch.size();
    lock.unlock();
    check(::pwrite(file_.get(), batch.data(), batch.size(), static_cast<off_t>(at)) ==
              static_cast<ssize_t>(batch.size()),
          "journal");
    check(::fdatasync(file_.get()) == 0, "journal");
    lock.lock();
    durable_ = upto;
  }
  void checkpoint() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stop_ || needs_checkpoint_[0] || needs_checkpoint_[1]; });
      if (stop_) return;
      const std::size_t half = needs_checkpoint_[0] ? 0 : 1;
      lock.unlock();
      check(::syncfs(file_.get()) == 0, "syncfs");
      lock.lock();
      needs_checkpoint_[half] = false;
      changed_.notify_all();
    }
  }

  Fd file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string gathered_;
  std::uint64_t arrived_ = 0;
  std::uint64_t durable_ = 0;
  std::size_t position_ = 0;
  bool is_flushing_ = false;
  bool needs_checkpoint_[2] = {false, false};
  bool stop_ = false;
  std::thread checkpointer_;
};

struct Run {
  bool with_journal;
  std::size_t threads;
  std::size_t octets;
};

struct Result {
  double per_second = 0;
  double cpu = 0;  // µs a file
  double p50 = 0;  // ms
  double p99 = 0;
};

double cpu_seconds() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

class Bench {
 public:
  explicit Bench(std::string root) : root_(std::move(root)) {
    for (std::size_t i = 0; i < kFolders; ++i) {
      for (const char* name : {"/tmp", "/new"}) {
        std::filesystem::create_directories(folder(i) + name);
      }
    }
    journal_ = std::make_unique<Journal>(root_ + "/journal");
  }
  ~Bench() {
    journal_.reset();
    std::filesystem::remove_all(root_);
  }

  Result run(const Run& run, double seconds) {
    const std::string bytes(run.octets, 'x');
    const std::uint64_t most = std::max<std::uint64_t>(kOctetsPerRun / run.octets, run.threads);
    std::atomic<std::uint64_t> begun{0};
    std::vector<std::vector<double>> times(run.threads);
    const double cpu = cpu_seconds();
    const auto start = Clock::now();
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < run.threads; ++t) {
      threads.emplace_back([&, t] {
        while (begun++ < most) {
          const auto before = Clock::now();
          if (std::chrono::duration<double>(before - start).count() > seconds) break;
          store(run, folder(t % kFolders), bytes);
          times[t].push_back(
              std::chrono::duration<double, std::milli>(Clock::now() - before).count());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    std::vector<double> all;
    for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end());
    const auto count = static_cast<double>(all.size());
    return {count / elapsed, (cpu_seconds() - cpu) * 1e6 / count, all[all.size() / 2],
            all[all.size() * 99 / 100]};
  }

 private:
  std::string folder(std::size_t i) const { return root_ + "/u" + std::to_string(i); }

  void store(const Run& run, const std::string& folder, const std::string& bytes) {
    const std::string name = std::to_string(++serial_);
    const std::string temporary = folder + "/tmp/" + name;
    {
      const Fd file(temporary, O_WRONLY | O_CREAT | O_EXCL);
      check(::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()),
            "write");
      if (!run.with_journal) check(::fdatasync(file.get()) == 0, "fdatasync");
    }
    if (run.with_journal) journal_->commit(temporary + bytes);
    check(::rename(temporary.c_str(), (folder + "/new/" + name).c_str()) == 0, "rename");
    if (run.with_journal) return;
    const Fd directory(folder + "/new", O_RDONLY | O_DIRECTORY);
    check(::fsync(directory.get()) == 0, "fsync");
  }

  const std::string root_;
  std::unique_ptr<Journal> journal_;
  std::atomic<std::uint64_t> serial_{0};
};

Result median(std::vector<Result> all) {
  Result result;
  for (double Result::* what : {&Result::per_second, &Result::cpu, &Result::p50, &Result::p99}) {
    std::sort(all.begin(), all.end(),
              [what](const Result& a, const Result& b) { return a.*what < b.*what; });
    result.*what = all[all.size() / 2].*what;
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: commit_bench FOLDER [SECONDS [REPEATS]]\n");
    return 2;
  }
  const double seconds = argc > 2 ? std::atof(argv[2]) : 0.5;
  const int repeats = argc > 3 ? std::atoi(argv[3]) : 5;
  Bench bench(std::string(argv[1]) + "/commit_bench");
  std::vector<Run> runs;
  for (const std::size_t octets : {1'000, 10'000, 100'000, 1'000'000}) {
    for (const std::size_t threads : {1, 10, 50, 200}) {
      runs.push_back({false, threads, octets});
      runs.push_back({true, threads, octets});
    }
  }
  std::vector<std::vector<Result>> results(runs.size());
  for (int i = 0; i < repeats; ++i) {
    for (std::size_t r = 0; r < runs.size(); ++r) {
      // The other way first, every other time.
      const std::size_t which = i % 2 == 0 ? r : r ^ 1;
      results[which].push_back(bench.run(runs[which], seconds));
    }
  }
  std::printf("%8s %8s %8s %10s %14s %8s %8s %8s\n", "octets", "threads", "way", "files/s",
              "(least-most)", "CPU us", "p50 ms", "p99 ms");
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const Result middle = median(results[r]);
    double least = middle.per_second;
    double most = middle.per_second;
    for (const Result& result : results[r]) {
      least = std::min(least, result.per_second);
      most = std::max(most, result.per_second);
    }
    std::printf("%8zu %8zu %8s %10.0f %7.0f-%-6.0f %8.0f %8.2f %8.2f\n", runs[r].octets,
                runs[r].threads, runs[r].with_journal ? "journal" : "plain", middle.per_second,
                least, most, middle.cpu, middle.p50, middle.p99);
  }
  return 0;
}
