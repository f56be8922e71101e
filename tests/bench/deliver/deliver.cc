// deliver_bench FOLDER [THREADS [OCTETS [SECONDS [REPEATS]]]]: durable deliveries a second by the
// store, beside what the file system does when the same threads do the same steps and nothing else
// (write under tmp/, fsync, rename into new/, fsync of new/), alternately. Medians, CPU of the
// process (not the kernel's own threads), the slowest of a hundred. Nothing is removed between:
// ext4 looks again at every inode that was freed a moment ago when it needs one.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "mail/crypto/random.h"
#include "mail/store/maildir.h"

namespace {

using Steady = std::chrono::steady_clock;
constexpr int kAccounts = 10;

class BenchClock final : public mail::Clock {
 public:
  mail::TimePoint now() const override {
    return std::chrono::time_point_cast<mail::Duration>(Steady::now());
  }
  mail::WallTime wall() const override {
    return std::chrono::time_point_cast<mail::Duration>(std::chrono::system_clock::now());
  }
};

class BenchRandom final : public mail::Random {
 public:
  void fill(std::span<std::byte> to) override {
    const std::string bytes = mail::crypto::random_bytes(to.size());
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = static_cast<std::byte>(bytes[i]);
  }
};

void check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "deliver_bench: %s\n", what);
  std::exit(1);
}

double cpu_seconds() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

struct Result {
  double per_second = 0;
  double cpu = 0;  // us a message
  double p50 = 0;  // ms
  double p99 = 0;
};

Result run(int threads, double seconds, const std::function<void(int)>& deliver) {
  std::vector<std::vector<double>> times(static_cast<std::size_t>(threads));
  const double cpu = cpu_seconds();
  const auto start = Steady::now();
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, t] {
      for (auto at = Steady::now(); std::chrono::duration<double>(at - start).count() < seconds;) {
        deliver(t % kAccounts);
        const auto after = Steady::now();
        times[static_cast<std::size_t>(t)].push_back(
            std::chrono::duration<double, std::milli>(after - at).count());
        at = after;
      }
    });
  }
  for (std::thread& thread : all) thread.join();
  const double elapsed = std::chrono::duration<double>(Steady::now() - start).count();
  std::vector<double> sorted;
  for (const auto& some : times) sorted.insert(sorted.end(), some.begin(), some.end());
  std::sort(sorted.begin(), sorted.end());
  const auto count = static_cast<double>(sorted.size());
  return {count / elapsed, (cpu_seconds() - cpu) * 1e6 / count, sorted[sorted.size() / 2],
          sorted[sorted.size() * 99 / 100]};
}

void store_raw(const std::string& folder, const std::string& bytes, long serial) {
  const std::string name = std::to_string(serial);
  const std::string temporary = folder + "/tmp/" + name;
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  check(file >= 0, "cannot create a file");
  check(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "write");
  check(::fsync(file) == 0, "fsync");
  ::close(file);
  check(::rename(temporary.c_str(), (folder + "/new/" + name).c_str()) == 0, "rename");
  const int directory = ::open((folder + "/new").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  check(directory >= 0 && ::fsync(directory) == 0, "fsync of the directory");
  ::close(directory);
}

void print(const char* name, std::vector<Result> all) {
  Result middle;
  for (double Result::* what : {&Result::per_second, &Result::cpu, &Result::p50, &Result::p99}) {
    std::sort(all.begin(), all.end(),
              [what](const Result& a, const Result& b) { return a.*what < b.*what; });
    middle.*what = all[all.size() / 2].*what;
  }
  std::printf("%-12s %8.0f/s  CPU %5.0f us  p50 %7.2f ms  p99 %7.2f ms\n", name, middle.per_second,
              middle.cpu, middle.p50, middle.p99);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: deliver_bench FOLDER [THREADS [OCTETS [SECONDS [REPEATS]]]]\n");
    return 2;
  }
  const std::string root = argv[1];
  const int threads = argc > 2 ? std::atoi(argv[2]) : 50;
  const int octets = argc > 3 ? std::atoi(argv[3]) : 10'000;
  const double seconds = argc > 4 ? std::atof(argv[4]) : 1;
  const int repeats = argc > 5 ? std::atoi(argv[5]) : 5;
  mail::Filesystem& fs = mail::real_filesystem();
  for (int i = 0; i < kAccounts; ++i) {
    for (const char* part : {"/tmp", "/new"}) {
      check(mail::make_directories(fs, mail::cat(root, "/raw/", i, part), 0700).ok(), "mkdir");
    }
  }
  check(mail::make_directories(fs, root + "/store", 0700).ok(), "mkdir");
  BenchClock clock;
  BenchRandom random;
  mail::store::MaildirOptions options;
  options.root = root + "/store";
  const auto store = mail::store::make_maildir_store(fs, clock, random, nullptr, options);
  std::string message = "Subject: x\r\n\r\n";
  while (message.size() < static_cast<std::size_t>(octets))
    message += std::string(70, 'x') + "\r\n";
  const std::string_view pieces[] = {message};
  std::atomic<long> serial = static_cast<long>(::getpid()) * 100'000'000;
  const auto by_store = [&](int account) {
    const mail::store::Target targets[] = {
        {{mail::cat("u", account, "@bench.test"), ""}, "INBOX", "Return-Path: <x@y.z>\r\n"}};
    check(store->deliver(targets, pieces, clock.wall()).ok(), "a delivery failed");
  };
  const auto raw = [&](int account) {
    store_raw(mail::cat(root, "/raw/", account), message, serial++);
  };
  for (int i = 0; i < kAccounts; ++i) by_store(i);
  std::vector<Result> bare;
  std::vector<Result> whole;
  for (int i = 0; i < repeats; ++i) {
    if (i % 2 == 0) bare.push_back(run(threads, seconds, raw));
    whole.push_back(run(threads, seconds, by_store));
    if (i % 2 == 1) bare.push_back(run(threads, seconds, raw));
  }
  print("file system", bare);
  print("store", whole);
  return 0;
}
